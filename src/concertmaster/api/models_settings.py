"""The JSON of settings as they are in force, and of the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Setting(_Model):
    """A setting of this process."""

    name: str = Field(description="As in the environment")
    value: str = Field(description="As it can be written; empty for a secret")
    secret: bool
    is_set: bool = Field(description="It has a value; of a secret that is all that is told")
    origin: Literal["default", "file", "environment", "command line"]
    help: str


class SettingList(_Model):
    """All settings, in the order of their page."""

    items: list[Setting]


class AuditEntry(_Model):
    """Who did what; never a secret."""

    at: datetime
    actor: str = Field(description="Who asked: a person, a token, a trigger")
    action: str
    target: str = Field(description="What it was done to, as `kind:name`")
    data: dict[str, Any]


class AuditPage(_Model):
    """A page of the audit, newest first."""

    items: list[AuditEntry]
    next: str | None
