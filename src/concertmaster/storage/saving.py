"""Saving: one version of a workflow is made, and the row of the workflow says what it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, update

from concertmaster.domain import document
from concertmaster.domain.access import Actor
from concertmaster.domain.draft_request import draft_moved
from concertmaster.domain.errors import NotFound, PreconditionFailed
from concertmaster.domain.interfaces import FromDraft, Origin, StoredWorkflow
from concertmaster.domain.workflow import Workflow
from concertmaster.storage.audit import record
from concertmaster.storage.draft_rows import DraftRows, read_row
from concertmaster.storage.encoding import to_micros
from concertmaster.storage.tables import workflow_versions, workflows
from concertmaster.storage.version_rows import HIGHEST_VERSION, head_of, last_version, stored_from, version_of


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """See `WorkflowStore.save`."""

    publish: bool
    expected_version: int | None
    draft: FromDraft | None

    @property
    def label(self) -> str | None:
        """The name of the version."""
        return None if self.draft is None else self.draft.label

    @property
    def origin(self) -> Origin:
        """What the version is for."""
        return "save" if self.draft is None else self.draft.origin


class Saving:
    """One save, prepared on the loop and carried out in the writer's thread."""

    def __init__(self, workflow: Workflow, options: SaveOptions, *, actor: Actor, at: datetime) -> None:
        self._workflow = workflow
        self._options = options
        self._actor = actor
        self._hash = document.content_hash(workflow)
        self._text = document.canonical_json(workflow)
        self.at = at

    def store(self, connection: Connection, drafts: DraftRows) -> tuple[StoredWorkflow, bool]:
        """Returns the version and whether it is new; the caller holds the key of the workflow."""
        name, options = self._workflow.name, self._options
        found = connection.execute(head_of(name).with_for_update()).one_or_none()
        alive = found if found is not None and found.deleted_at is None else None
        self._demand_expected(None if alive is None else alive.version)
        row = read_row(connection, name)
        draft = options.draft
        if draft is not None and (alive is None or row.revision != draft.revision):
            raise draft_moved(name, row.revision, draft.revision)
        newest = None if alive is None else version_of(connection, name, alive.version)
        stored, is_new = self._stored(connection, found, alive, newest)
        if options.origin == "save":
            if draft is not None:
                drafts.become(connection, row, stored, by=self._actor, at=self.at)
            elif is_new:
                before = None if newest is None else newest.document
                drafts.follow(connection, name, before, stored, by=self._actor, at=self.at)
        return stored, is_new

    def _stored(self, connection: Connection, found: Any, alive: Any, newest: Any) -> tuple[StoredWorkflow, bool]:
        name, options = self._workflow.name, self._options
        if newest is not None and newest.hash == self._hash:
            return self._keep(connection, stored_from(alive, newest)), False
        last = 0 if found is None else last_version(connection, name)
        if options.origin == "test":
            tested = version_of(connection, name, last)
            if tested is not None and tested.hash == self._hash:
                return stored_from(alive, tested), False
        # A deleted workflow's numbers are not used again: executions still name them.
        version = last + 1
        published = version if options.publish else (None if alive is None else alive.published)
        self._insert_version(connection, version)
        if options.origin == "save":
            write_head(connection, self._workflow, version, published, at=self.at, exists=found is not None)
        self._audit(connection, "workflow.save", version)
        stored = StoredWorkflow(name, version, published, self._hash, self._text, self.at, self._actor.name)
        return stored, True

    def _demand_expected(self, newest: int | None) -> None:
        expected, name = self._options.expected_version, self._workflow.name
        if expected is not None and newest != expected:
            raise PreconditionFailed(
                "workflow.changed",
                f"Workflow {name} has been saved meanwhile: you changed version {expected}, the newest is "
                f"{newest}; load that one and make your change again",
                newest=newest,
            )

    def _keep(self, connection: Connection, known: StoredWorkflow) -> StoredWorkflow:
        """Unchanged content: at most it is published and named now."""
        options = self._options
        if options.label is not None:
            write_label(connection, known.name, known.version, options.label)
        if not options.publish or known.published == known.version:
            return known
        publish_head(connection, known.name, known.version, at=self.at)
        self._audit(connection, "workflow.publish", known.version)
        return replace(known, published=known.version)

    def _insert_version(self, connection: Connection, version: int) -> None:
        connection.execute(
            insert(workflow_versions).values(
                workflow=self._workflow.name,
                version=version,
                hash=self._hash,
                document=self._text,
                node_count=len(self._workflow.nodes),
                created_at=to_micros(self.at),
                created_by=self._actor.name,
                label=self._options.label,
                origin=self._options.origin,
            )
        )

    def _audit(self, connection: Connection, action: str, version: int) -> None:
        options = self._options
        about: dict[str, Any] = {"version": version, "published": options.publish}
        if options.label is not None:
            about["label"] = options.label
        if options.origin != "save":
            about["origin"] = options.origin
        record(connection, self._actor, action, f"workflow:{self._workflow.name}", at=self.at, data=about)


def write_head(
    connection: Connection, workflow: Workflow, version: int, published: int | None, *, at: datetime, exists: bool
) -> None:
    """Make a version the newest."""
    values: dict[str, Any] = {
        "version": version,
        "published": published,
        "title": workflow.title,
        "description": workflow.description,
        "labels": orjson.dumps(dict(workflow.labels)).decode(),
        "node_count": len(workflow.nodes),
        "updated_at": to_micros(at),
        "deleted_at": None,
    }
    if exists:
        connection.execute(update(workflows).where(workflows.c.name == workflow.name).values(**values))
    else:
        connection.execute(insert(workflows).values(name=workflow.name, **values))


def publish_head(connection: Connection, name: str, version: int, *, at: datetime) -> None:
    """Make a version the published one."""
    statement = update(workflows).where(workflows.c.name == name)
    connection.execute(statement.values(published=version, updated_at=to_micros(at)))


def write_label(connection: Connection, name: str, version: int, label: str | None) -> None:
    """Name a version.

    Raises:
        NotFound: `workflow.version_not_found`.
    """
    own = workflow_versions.c
    statement = update(workflow_versions).where(own.workflow == name, own.version == version).values(label=label)
    if version > HIGHEST_VERSION or connection.execute(statement).rowcount == 0:
        raise NotFound("workflow.version_not_found", f"Workflow {name} has no version {version}")
