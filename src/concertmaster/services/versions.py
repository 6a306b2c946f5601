"""Versions of workflows: their history, their names, and which one is published."""

from __future__ import annotations

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Invalid, UserError
from concertmaster.domain.interfaces import Page, VersionLine, WorkflowStore
from concertmaster.domain.problems import has_errors
from concertmaster.services.workflows import WorkflowService, count_errors

MAX_LABEL = 200


class VersionService:
    """Use cases around versions that are there."""

    def __init__(self, store: WorkflowStore, workflows: WorkflowService) -> None:
        self._store = store
        self._workflows = workflows

    async def list(
        self, actor: Actor, name: str, *, before: str | None = None, limit: int = 100, everything: bool = False
    ) -> Page[VersionLine]:
        """The history of a workflow, newest first; with `everything` versions of test runs, too."""
        demand(actor, "workflow:read")
        return await self._store.versions(name, before=before, limit=limit, everything=everything)

    async def label(self, actor: Actor, name: str, version: int, label: str | None) -> VersionLine:
        """Name a version; None, or nothing, takes the name away.

        Raises:
            NotFound: the workflow or the version.
            UserError: `version.label`.
        """
        demand(actor, "workflow:write")
        demand_label(label)
        return await self._store.label(name, version, label or None, actor=actor)

    async def publish(self, actor: Actor, name: str, version: int) -> VersionLine:
        """Make a version that is there the one that executions use.

        Raises:
            NotFound: the workflow or the version.
            Invalid: `workflow.invalid`, it has errors by now.
        """
        demand(actor, "workflow:write")
        found = await self._workflows.get(actor, name, version=version)
        if has_errors(found.problems):
            raise Invalid("workflow.invalid", count_errors(found.problems), found.problems)
        line = await self._store.publish(found.workflow, version, actor=actor)
        self._workflows.on_published()
        return line


def demand_label(label: str | None) -> None:
    """Raise unless it can be the name of a version.

    Raises:
        UserError: `version.label`.
    """
    if label is not None and len(label) > MAX_LABEL:
        raise UserError("version.label", f"A label has at most {MAX_LABEL} characters; shorten it")
