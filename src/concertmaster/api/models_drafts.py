"""The JSON of drafts, the versions made of them, and of who has a workflow open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from concertmaster.api.models import JsonObject, Workflow
from concertmaster.domain.interfaces import Origin

# What every database can hold in a number.
_REVISION = Field(ge=0, le=2**63 - 1)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Operation(_Model):
    """A change of one place: `path` is a JSON pointer into the document, `before` and `after` what it held and holds.

    Either is left out for a place that does not exist. The edges of a graph are a set: the place of one is
    `/edges/<its text>`, and holds true.
    """

    id: str
    path: str
    before: Any = None
    after: Any = None


class DraftConflict(_Model):
    """An operation that was not applied; `theirs` is what its place holds, left out when it does not exist."""

    id: str
    path: str
    before: Any = None
    mine: Any = None
    theirs: Any = None


class DraftOperation(_Model):
    """An operation that was applied: who did it in which revision; `client` is `server` for what nobody edited."""

    revision: int
    client: str
    actor: str
    at: datetime
    op: Operation


class Draft(_Model):
    """What is edited of a workflow; `changed` is whether it differs from the version it was made from."""

    workflow: str
    document: JsonObject
    revision: int
    base_version: int
    newest_version: int
    published_version: int | None
    changed: bool
    updated_at: datetime
    updated_by: str


class EditDraft(_Model):
    """Operations of a client that knows the draft up to a revision."""

    client: str
    revision: int = _REVISION
    ops: list[Operation]


class EditedDraft(_Model):
    """`applied` are ids; `ops` are those of other clients since the revision that was named."""

    revision: int
    applied: list[str]
    conflicts: list[DraftConflict]
    ops: list[DraftOperation]


class DraftOperationList(_Model):
    """Operations, oldest first; `next` is for `after`, null at the end."""

    items: list[DraftOperation]
    next: int | None


class DraftBase(_Model):
    """The version that a draft is counted from."""

    version: int = Field(ge=1, le=2**63 - 1)


class MakeVersion(_Model):
    """A version of the draft of this revision; `test` for one that is only to be run."""

    revision: int = _REVISION
    publish: bool = False
    label: str | None = None
    origin: Origin = "save"


class MadeVersion(Workflow):
    """A version with what its line of the history says."""

    created_by: str
    label: str | None
    origin: Origin


class WorkflowVersion(_Model):
    """One line of a workflow's history; `origin` is `test` for one that was made to be run once."""

    version: int
    hash: str
    published: bool
    created_at: datetime
    node_count: int
    created_by: str
    label: str | None
    origin: Origin


class VersionList(_Model):
    """A page; `next` is the cursor for `before`."""

    items: list[WorkflowVersion]
    next: str | None


class LabelVersion(_Model):
    """A name for a version; null takes it away."""

    label: str | None


class Presence(_Model):
    """Where a client is: the selected node, and the containers that are open, from the outermost."""

    client: str
    node: str | None = Field(default=None, max_length=200)
    path: list[str] = Field(default=[], max_length=64)


class Leave(_Model):
    """The client that closes the workflow."""

    client: str


class Person(_Model):
    """A client that has the workflow open."""

    client: str
    name: str
    node: str | None
    path: list[str]
    at: datetime


class PeopleList(_Model):
    """Who has the workflow open."""

    people: list[Person]
