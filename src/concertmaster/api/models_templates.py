"""The JSON of templates: whole workflows that come with the package."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TemplateNode(_Model):
    """A node of a small picture of a workflow."""

    id: str
    title: str
    type: str = Field(description="Its node type, without version")


class TemplateSummary(_Model):
    """A template, as the gallery shows it."""

    name: str
    title: str
    description: str
    categories: list[str]
    shows: list[str] = Field(description="What can be learnt from it")
    triggers: list[str] = Field(description="Types of its triggers: it starts by itself once it is used")
    files: list[str] = Field(description="Paths of its sample files in the workspace")
    nodes: list[TemplateNode] = Field(description="The outer nodes; what is in a loop's body is left out")
    edges: list[str] = Field(description="As in the document: `source.outlet -> target.port`")


class TemplateList(_Model):
    """All templates, in the order of the gallery."""

    items: list[TemplateSummary]


class TemplateDetail(TemplateSummary):
    """A template, as it can be looked at before it is used."""

    document: dict[str, Any]
    yaml: str = Field(description="The same as it was written")


class TemplateFile(_Model):
    """What became of a sample file; `kept`: another file is there and was left alone."""

    path: str
    state: Literal["written", "there", "kept"]


class TemplateUse(_Model):
    """The workflow that was made of a template."""

    workflow: str
    version: int
    files: list[TemplateFile]
