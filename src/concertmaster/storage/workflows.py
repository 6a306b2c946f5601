"""Workflows and their versions. A version never changes; the row of the workflow says which one is what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, desc, insert, or_, select, tuple_, update

from concertmaster.domain import document
from concertmaster.domain.access import Actor
from concertmaster.domain.errors import NotFound, PreconditionFailed
from concertmaster.domain.interfaces import Page, StoredWorkflow, VersionLine, WorkflowLine
from concertmaster.domain.recent import Recent
from concertmaster.domain.workflow import Workflow
from concertmaster.storage.audit import record
from concertmaster.storage.cursors import read_cursor, write_cursor
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros, utc_now
from concertmaster.storage.pins import remove_pins
from concertmaster.storage.remembered import KEPT, Remembered
from concertmaster.storage.tables import workflow_versions, workflows
from concertmaster.storage.trigger_sync import Plan, TriggerSync

# What the column holds.
_HIGHEST_VERSION = 2**31 - 1
_LINE = (
    workflows.c.name,
    workflows.c.title,
    workflows.c.description,
    workflows.c.labels,
    workflows.c.version,
    workflows.c.published,
    workflows.c.node_count,
    workflows.c.updated_at,
)
_TEXTS_ASKED_FOR = 200
_VERSION = (
    workflow_versions.c.version,
    workflow_versions.c.hash,
    workflow_versions.c.document,
    workflow_versions.c.created_at,
)


class SqlWorkflowStore:
    """`WorkflowStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, plan: Plan, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._triggers = TriggerSync(database.dialect, plan)
        self._remembered = Remembered[StoredWorkflow](keep=not database.shared)
        # A version never changes, whoever writes.
        self._versions = Recent[tuple[str, int], Any](KEPT)

    async def save(
        self, workflow: Workflow, *, publish: bool, expected_version: int | None, actor: Actor
    ) -> tuple[StoredWorkflow, bool]:
        """See `WorkflowStore`."""
        saving = _Saving(workflow, publish=publish, expected_version=expected_version, actor=actor, at=self._now())

        def store(connection: Connection) -> tuple[StoredWorkflow, bool]:
            # A first version has no row yet that could be locked.
            self._database.dialect.lock_keys(connection, [f"workflow:{workflow.name}"])
            stored, is_new = saving.store(connection)
            if publish:
                self._triggers.publish(connection, workflow, stored.version, at=saving.at)
            return stored, is_new

        try:
            return await self._database.write(store)
        finally:
            self._remembered.forget()

    async def get(self, name: str, version: int | None = None) -> StoredWorkflow:
        """See `WorkflowStore`. A version of a deleted workflow can still be read by its number."""

        def find(connection: Connection) -> StoredWorkflow:
            head = connection.execute(_head(name)).one_or_none()
            if head is None or (version is None and head.deleted_at is not None):
                raise _missing(name) if head is None else _deleted(name)
            number = version or head.version
            row = self._versions.get((name, number)) or _version(connection, name, number)
            if row is None:
                raise NotFound("workflow.version_not_found", f"Workflow {name} has no version {version}")
            self._versions.put((name, number), row)
            return _stored(head, row)

        # Every start of an execution asks for the same few versions.
        return await self._remembered.get((name, version), lambda: self._database.read(find))

    async def list(self, *, before: str | None = None, limit: int = 100) -> Page[WorkflowLine]:
        """See `WorkflowStore`; newest change first."""
        key = tuple_(workflows.c.updated_at, workflows.c.name)
        query = select(*_LINE).where(workflows.c.deleted_at.is_(None))
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
            select(workflows.c.name, workflows.c.published, workflows.c.deleted_at, *_VERSION)
            .join(workflow_versions, own.workflow == workflows.c.name)
            .where(workflows.c.deleted_at.is_(None), wanted, holds)
            .order_by(workflows.c.name, own.version)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_stored(row, row) for row in rows]

    async def versions(self, name: str, *, before: str | None = None, limit: int = 100) -> Page[VersionLine]:
        """Versions of a workflow, newest first.

        Raises:
            NotFound: `workflow.not_found`.
        """
        own = workflow_versions.c
        query = select(own.version, own.hash, own.created_at, own.node_count).where(own.workflow == name)
        if before is not None:
            query = query.where(own.version < min(read_cursor(before, int)[0], _HIGHEST_VERSION))
        query = query.order_by(desc(own.version)).limit(limit + 1)

        def find(connection: Connection) -> Page[VersionLine]:
            head = connection.execute(_head(name)).one_or_none()
            if head is None or head.deleted_at is not None:
                raise _missing(name)
            rows = connection.execute(query).all()
            lines = [
                VersionLine(version, hash_, version == head.published, from_micros(created_at), node_count)
                for version, hash_, created_at, node_count in rows[:limit]
            ]
            return Page(lines, write_cursor(lines[-1].version) if len(rows) > limit else None)

        return await self._database.read(find)

    async def delete(self, name: str, *, actor: Actor) -> None:
        """See `WorkflowStore`.

        Raises:
            NotFound: `workflow.not_found`.
        """
        at = self._now()

        def remove(connection: Connection) -> None:
            statement = (
                update(workflows)
                .where(workflows.c.name == name, workflows.c.deleted_at.is_(None))
                .values(deleted_at=to_micros(at), published=None)
            )
            if connection.execute(statement).rowcount == 0:
                raise _missing(name)
            self._triggers.remove(connection, name)
            remove_pins(connection, name)
            record(connection, actor, "workflow.delete", f"workflow:{name}", at=at)

        try:
            await self._database.write(remove)
        finally:
            self._remembered.forget()


class _Saving:
    """One save, prepared on the loop and carried out in the writer's thread."""

    def __init__(
        self, workflow: Workflow, *, publish: bool, expected_version: int | None, actor: Actor, at: datetime
    ) -> None:
        self._workflow = workflow
        self._publish = publish
        self._expected = expected_version
        self._actor = actor
        self.at = at
        self._hash = document.content_hash(workflow)
        self._text = document.canonical_json(workflow)

    def store(self, connection: Connection) -> tuple[StoredWorkflow, bool]:
        name = self._workflow.name
        head = connection.execute(_head(name).with_for_update()).one_or_none()
        alive = head if head is not None and head.deleted_at is None else None
        newest = None if alive is None else alive.version
        if self._expected is not None and newest != self._expected:
            raise PreconditionFailed(
                "workflow.changed",
                f"Workflow {name} has been saved meanwhile: you changed version {self._expected}, the newest is "
                f"{newest}; load that one and make your change again",
                newest=newest,
            )
        if alive is not None:
            known = _version(connection, name, alive.version)
            if known is not None and known.hash == self._hash:
                return self._keep(connection, _stored(alive, known)), False
        # A deleted workflow's numbers are not used again: executions still name them.
        version = 1 if head is None else head.version + 1
        published = version if self._publish else (None if alive is None else alive.published)
        self._insert_version(connection, version)
        self._write_head(connection, version, published, exists=head is not None)
        self._audit(connection, "workflow.save", version)
        return StoredWorkflow(name, version, published, self._hash, self._text, self.at), True

    def _keep(self, connection: Connection, known: StoredWorkflow) -> StoredWorkflow:
        """Unchanged content: at most it is published now."""
        if not self._publish or known.published == known.version:
            return known
        statement = update(workflows).where(workflows.c.name == known.name)
        connection.execute(statement.values(published=known.version, updated_at=to_micros(self.at)))
        self._audit(connection, "workflow.publish", known.version)
        return StoredWorkflow(known.name, known.version, known.version, known.hash, known.document, known.created_at)

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
            )
        )

    def _write_head(self, connection: Connection, version: int, published: int | None, *, exists: bool) -> None:
        workflow = self._workflow
        values: dict[str, Any] = {
            "version": version,
            "published": published,
            "title": workflow.title,
            "description": workflow.description,
            "labels": orjson.dumps(dict(workflow.labels)).decode(),
            "node_count": len(workflow.nodes),
            "updated_at": to_micros(self.at),
            "deleted_at": None,
        }
        if exists:
            connection.execute(update(workflows).where(workflows.c.name == workflow.name).values(**values))
        else:
            connection.execute(insert(workflows).values(name=workflow.name, **values))

    def _audit(self, connection: Connection, action: str, version: int) -> None:
        about = {"version": version, "published": self._publish}
        record(connection, self._actor, action, f"workflow:{self._workflow.name}", at=self.at, data=about)


def _head(name: str) -> Any:
    return select(*_LINE, workflows.c.deleted_at).where(workflows.c.name == name)


def _version(connection: Connection, name: str, version: int) -> Any:
    own = workflow_versions.c
    if version > _HIGHEST_VERSION:
        return None
    return connection.execute(select(*_VERSION).where(own.workflow == name, own.version == version)).one_or_none()


def _stored(head: Any, version: Any) -> StoredWorkflow:
    return StoredWorkflow(
        name=head.name,
        version=version.version,
        published=head.published,
        hash=version.hash,
        document=version.document,
        created_at=from_micros(version.created_at),
        deleted=head.deleted_at is not None,
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


def _missing(name: str) -> NotFound:
    return NotFound("workflow.not_found", f"There is no workflow {name}")


def _deleted(name: str) -> NotFound:
    return NotFound("workflow.not_found", f"The workflow {name} was deleted; save it again to go on with it")
