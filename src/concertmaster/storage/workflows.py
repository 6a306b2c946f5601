"""Workflows and their versions. A version never changes; the row of the workflow says which one is what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, desc, or_, select, tuple_, update

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import NotFound
from concertmaster.domain.interfaces import FromDraft, Page, StoredWorkflow, VersionLine, WorkflowLine
from concertmaster.domain.recent import Looks, Recent
from concertmaster.domain.workflow import Workflow
from concertmaster.storage.audit import record
from concertmaster.storage.cursors import read_cursor, write_cursor
from concertmaster.storage.database import Database
from concertmaster.storage.draft_rows import DraftRows
from concertmaster.storage.encoding import from_micros, to_micros, utc_now
from concertmaster.storage.pins import remove_pins
from concertmaster.storage.remembered import KEPT, Remembered
from concertmaster.storage.saving import SaveOptions, Saving, publish_head, write_head, write_label
from concertmaster.storage.tables import workflow_versions, workflows
from concertmaster.storage.trigger_sync import Plan, TriggerSync
from concertmaster.storage.version_rows import (
    HIGHEST_VERSION,
    HISTORY,
    LINE,
    VERSION,
    deleted,
    head_of,
    history_line,
    line_of,
    living,
    missing,
    stored_from,
    version_of,
)

_TEXTS_ASKED_FOR = 200
_OWN = workflow_versions.c
T = TypeVar("T")


class SqlWorkflowStore:
    """`WorkflowStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, plan: Plan, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._triggers = TriggerSync(database.dialect, plan)
        self._drafts = DraftRows(database)
        self._remembered = Remembered[StoredWorkflow](keep=not database.shared)
        # A version never changes, whoever writes.
        self._versions = Recent[tuple[str, int], Any](KEPT)
        self.looks: Mapping[str, Looks] = {"workflow_heads": self._remembered, "versions": self._versions}

    async def save(
        self,
        workflow: Workflow,
        *,
        publish: bool,
        expected_version: int | None,
        actor: Actor,
        draft: FromDraft | None = None,
    ) -> tuple[StoredWorkflow, bool]:
        """See `WorkflowStore`."""
        options = SaveOptions(publish, expected_version, draft)
        saving = Saving(workflow, options, actor=actor, at=self._now())

        def store(connection: Connection) -> tuple[StoredWorkflow, bool]:
            # A first version has no row yet that could be locked.
            self._lock(connection, workflow.name)
            stored, is_new = saving.store(connection, self._drafts)
            if publish:
                self._triggers.publish(connection, workflow, stored.version, at=saving.at)
            if is_new or publish:
                self._tell(connection, workflow.name, stored.version, actor)
            return stored, is_new

        return await self._write(store)

    async def get(self, name: str, version: int | None = None) -> StoredWorkflow:
        """See `WorkflowStore`. A version of a deleted workflow can still be read by its number."""

        def find(connection: Connection) -> StoredWorkflow:
            head = connection.execute(head_of(name)).one_or_none()
            if head is None or (version is None and head.deleted_at is not None):
                raise missing(name) if head is None else deleted(name)
            number = version or head.version
            row = self._versions.get((name, number)) or version_of(connection, name, number)
            if row is None:
                raise NotFound("workflow.version_not_found", f"Workflow {name} has no version {version}")
            self._versions.put((name, number), row)
            return stored_from(head, row)

        # Every start of an execution asks for the same few versions.
        return await self._remembered.get((name, version), lambda: self._database.read(find))

    async def list(self, *, before: str | None = None, limit: int = 100) -> Page[WorkflowLine]:
        """See `WorkflowStore`; newest change first."""
        key = tuple_(workflows.c.updated_at, workflows.c.name)
        query = select(*LINE).where(workflows.c.deleted_at.is_(None))
        if before is not None:
            query = query.where(key < tuple_(*read_cursor(before, int, str)))
        query = query.order_by(desc(workflows.c.updated_at), desc(workflows.c.name)).limit(limit + 1)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        following = rows[limit - 1] if len(rows) > limit else None
        cursor = None if following is None else write_cursor(following.updated_at, following.name)
        return Page([_line(row) for row in rows[:limit]], cursor)

    async def naming(self, texts: Sequence[str]) -> list[StoredWorkflow]:
        """See `WorkflowStore`; reads every document, so it is for people and not for runs."""
        if not texts:
            return []
        own = workflow_versions.c
        # SQLite has a bound on the depth of a condition; beyond it every document is given.
        some = texts if len(texts) <= _TEXTS_ASKED_FOR else [""]
        holds = or_(*(own.document.contains(text, autoescape=True) for text in some))
        wanted = or_(own.version == workflows.c.version, own.version == workflows.c.published)
        query = (
            select(workflows.c.name, workflows.c.published, workflows.c.deleted_at, *VERSION)
            .join(workflow_versions, own.workflow == workflows.c.name)
            .where(workflows.c.deleted_at.is_(None), wanted, holds)
            .order_by(workflows.c.name, own.version)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [stored_from(row, row) for row in rows]

    async def versions(
        self, name: str, *, before: str | None = None, limit: int = 100, everything: bool = False
    ) -> Page[VersionLine]:
        """Versions of a workflow, newest first.

        Raises:
            NotFound: `workflow.not_found`.
        """
        query = select(*HISTORY).where(_OWN.workflow == name)
        if not everything:
            query = query.where(_OWN.origin == "save")
        if before is not None:
            query = query.where(_OWN.version < min(read_cursor(before, int)[0], HIGHEST_VERSION))
        query = query.order_by(desc(_OWN.version)).limit(limit + 1)

        def find(connection: Connection) -> Page[VersionLine]:
            head = living(connection, name)
            rows = connection.execute(query).all()
            lines = [history_line(row, head) for row in rows[:limit]]
            return Page(lines, write_cursor(lines[-1].version) if len(rows) > limit else None)

        return await self._database.read(find)

    async def line(self, name: str, version: int) -> VersionLine:
        """See `WorkflowStore`."""
        return await self._database.read(lambda connection: line_of(connection, name, version))

    async def publish(self, workflow: Workflow, version: int, *, actor: Actor) -> VersionLine:
        """See `WorkflowStore`."""
        name, at = workflow.name, self._now()

        def store(connection: Connection) -> VersionLine:
            self._lock(connection, name)
            line = line_of(connection, name, version)
            if line.published:
                return line
            head = living(connection, name)
            if line.origin == "test":
                # Somebody wants it: it is one of the workflow's versions from now on.
                connection.execute(
                    update(workflow_versions)
                    .where(_OWN.workflow == name, _OWN.version == version)
                    .values(origin="save")
                )
            if version > head.version:
                before = version_of(connection, name, head.version)
                stored = stored_from(head, version_of(connection, name, version))
                write_head(connection, workflow, version, version, at=at, exists=True)
                self._drafts.follow(connection, name, before.document, stored, by=actor, at=at)
            else:
                publish_head(connection, name, version, at=at)
            self._triggers.publish(connection, workflow, version, at=at)
            about = {"version": version, "published": True}
            record(connection, actor, "workflow.publish", f"workflow:{name}", at=at, data=about)
            self._tell(connection, name, version, actor)
            return line_of(connection, name, version)

        return await self._write(store)

    async def label(self, name: str, version: int, label: str | None, *, actor: Actor) -> VersionLine:
        """See `WorkflowStore`."""
        at = self._now()

        def store(connection: Connection) -> VersionLine:
            self._lock(connection, name)
            living(connection, name)
            write_label(connection, name, version, label)
            about = {"version": version, "label": label}
            record(connection, actor, "workflow.label", f"workflow:{name}", at=at, data=about)
            return line_of(connection, name, version)

        return await self._write(store)

    async def delete(self, name: str, *, actor: Actor) -> None:
        """See `WorkflowStore`.

        Raises:
            NotFound: `workflow.not_found`.
        """
        at = self._now()

        def remove(connection: Connection) -> None:
            self._lock(connection, name)
            statement = (
                update(workflows)
                .where(workflows.c.name == name, workflows.c.deleted_at.is_(None))
                .values(deleted_at=to_micros(at), published=None)
            )
            if connection.execute(statement).rowcount == 0:
                raise missing(name)
            self._triggers.remove(connection, name)
            self._drafts.remove(connection, name, by=actor, at=at)
            remove_pins(connection, name)
            record(connection, actor, "workflow.delete", f"workflow:{name}", at=at)

        await self._write(remove)

    async def _write(self, function: Callable[[Connection], T]) -> T:
        try:
            return await self._database.write(function)
        finally:
            self._remembered.forget()

    def _lock(self, connection: Connection, name: str) -> None:
        self._database.dialect.lock_keys(connection, [f"workflow:{name}"])

    def _tell(self, connection: Connection, name: str, version: int, actor: Actor) -> None:
        """Those who have the workflow open hear of the version."""
        line = line_of(connection, name, version)
        self._database.writer.notices.versions.append(
            {
                "workflow": name,
                "version": version,
                "published": line.published,
                "label": line.label,
                "by": actor.name,
                "origin": line.origin,
            }
        )


def _line(row: Any) -> WorkflowLine:
    return WorkflowLine(
        name=row.name,
        title=row.title,
        description=row.description,
        labels=orjson.loads(row.labels),
        version=row.version,
        published=row.published,
        node_count=row.node_count,
        updated_at=from_micros(row.updated_at),
    )
