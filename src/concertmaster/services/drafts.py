"""Drafts: edit, discard, restore, and versions made of them. Who follows one is told by `workflow_feed.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.draft_request import demand_changes, demand_client, draft_moved
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import (
    Batch,
    Draft,
    DraftStore,
    Edited,
    FromDraft,
    Origin,
    VersionLine,
    WorkflowStore,
)
from concertmaster.services.documents import beside
from concertmaster.services.versions import demand_label
from concertmaster.services.workflows import WorkflowService, WorkflowVersion


class DraftService:
    """Use cases around drafts and the versions that are made from them."""

    def __init__(self, drafts: DraftStore, store: WorkflowStore, workflows: WorkflowService) -> None:
        self._drafts = drafts
        self._store = store
        self._workflows = workflows

    async def get(self, actor: Actor, name: str) -> Draft:
        """The draft of a workflow; without edits the newest version."""
        demand(actor, "workflow:read")
        return await self._drafts.get(name)

    async def edit(
        self, actor: Actor, name: str, given: Sequence[Mapping[str, Any]], *, client: str, revision: int
    ) -> Edited:
        """Apply changes; those that cannot be are told, the others are durable when this returns.

        Args:
            given: `{id, path, before?, after?}` each, at most `MAX_CHANGES`.
            client: told by the client, to tell its changes from those of others.
            revision: the newest one that the client knows.
        Raises:
            Invalid, UserError, Conflict: see `demand_changes` and `DraftStore.edit`.
        """
        demand(actor, "workflow:write")
        client = demand_client(client)
        changes = await beside(lambda: demand_changes(given), len(given) * 1_000)
        return await self._drafts.edit(name, changes, client=client, revision=revision, actor=actor)

    async def batches(self, actor: Actor, name: str, *, after: int, limit: int) -> tuple[Sequence[Batch], int | None]:
        """What changed after a revision, oldest first, and the revision to go on from when there is more."""
        demand(actor, "workflow:read")
        found = await self._drafts.batches(name, after, limit=limit + 1)
        page = found[:limit]
        return page, page[-1].revision if len(found) > limit else None

    async def discard(self, actor: Actor, name: str) -> Draft:
        """Make the draft the newest version."""
        demand(actor, "workflow:write")
        return await self._drafts.discard(name, actor=actor)

    async def restore(self, actor: Actor, name: str, version: int) -> Draft:
        """Put the content of a version into the draft."""
        demand(actor, "workflow:write")
        return await self._drafts.restore(name, version, actor=actor)

    async def rebase(self, actor: Actor, name: str, version: int) -> Draft:
        """Count the draft from a version whose changes it holds, so that it is not behind it any more."""
        demand(actor, "workflow:write")
        return await self._drafts.rebase(name, version, actor=actor)

    async def save(
        self, actor: Actor, name: str, *, revision: int, publish: bool, label: str | None, origin: Origin
    ) -> tuple[WorkflowVersion, VersionLine, bool]:
        """Make a version of the draft; unchanged content keeps the newest version.

        Args:
            revision: that of the draft that the caller has seen.
            origin: `test` for one that a test run needs: it is not the newest, and the draft goes on from where it is.
        Returns:
            The version, its line of the history, and whether it is new.
        Raises:
            Conflict: `draft.moved`.
            Invalid: the draft does not parse, or has errors and was to be published.
            UserError: `draft.test_published`, `version.label`.
        """
        demand(actor, "workflow:write")
        demand_label(label)
        if publish and origin == "test":
            raise UserError(
                "draft.test_published",
                "A version for a test run is not published; publish it by its number, or save with origin 'save'",
            )
        draft = await self._drafts.get(name)
        if draft.revision != revision:
            raise draft_moved(name, draft.revision, revision)
        saved, is_new = await self._workflows.save(
            actor,
            draft.document.encode(),
            format="json",
            publish=publish,
            name=name,
            draft=FromDraft(revision, label, origin),
        )
        return saved, await self._store.line(name, saved.stored.version), is_new
