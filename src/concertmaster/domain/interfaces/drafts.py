"""The store of drafts: what is edited of a workflow before it is a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from concertmaster.domain.access import Actor
from concertmaster.domain.draft_ops import Change, Collision


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft of a workflow; without edits it is the newest version.

    Attributes:
        document: JSON text, which may be no valid workflow.
        revision: how often it changed; never restarts.
        base_version: the version it was made from.
        changed: whether it differs from that.
    """

    workflow: str
    document: str
    revision: int
    base_version: int
    newest_version: int
    published_version: int | None
    changed: bool
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What changed a draft at once; `changes` is the JSON text of a list of `Change.as_json`."""

    revision: int
    client: str
    actor: str
    at: datetime
    changes: str


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of a request.

    Attributes:
        revision: that of the draft now.
        applied: ids of the changes that are in the draft, or were once.
        others: what other clients changed since the revision that the request named.
    """

    revision: int
    applied: Sequence[str]
    conflicts: Sequence[Collision]
    others: Sequence[Batch]


class DraftStore(Protocol):
    """Drafts and their last batches. All raise NotFound `workflow.not_found`."""

    async def get(self, name: str) -> Draft: ...

    async def edit(self, name: str, changes: Sequence[Change], *, client: str, revision: int, actor: Actor) -> Edited:
        """Apply changes in one transaction; durable when it returns.

        Raises:
            Conflict: `draft.ahead`, there is no such revision yet; `draft.too_many_conflicts`.
            UserError: `draft.too_old`, it is not known any more what changed since; `draft.too_large`.
        """
        ...

    async def batches(self, name: str, after: int, *, limit: int) -> list[Batch]:
        """The batches after a revision, oldest first. Raises `draft.ahead`, `draft.too_old` as `edit` does."""
        ...

    async def discard(self, name: str, *, actor: Actor) -> Draft:
        """Make it the newest version."""
        ...

    async def restore(self, name: str, version: int, *, actor: Actor) -> Draft:
        """Put the content of a version into it. Raises NotFound `workflow.version_not_found`."""
        ...

    async def rebase(self, name: str, version: int, *, actor: Actor) -> Draft:
        """Count it from this version from now on, whose changes its document holds.

        Raises:
            NotFound: `workflow.version_not_found`.
        """
        ...
