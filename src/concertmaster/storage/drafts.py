"""Drafts: the document that is edited, and what changed in it; each request is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, select

from concertmaster.domain.access import Actor
from concertmaster.domain.draft_ops import Change, apply, diff
from concertmaster.domain.draft_request import MAX_DRAFT_BYTES
from concertmaster.domain.errors import NotFound, UserError
from concertmaster.domain.interfaces import Batch, Draft, Edited
from concertmaster.storage.audit import record
from concertmaster.storage.database import Database
from concertmaster.storage.draft_rows import (
    BATCHES_KEPT,
    DraftRow,
    DraftRows,
    base_of,
    batches_after,
    document_of,
    draft_from,
    draft_of,
    read_row,
)
from concertmaster.storage.encoding import utc_now
from concertmaster.storage.tables import workflows
from concertmaster.storage.version_rows import version_of

T = TypeVar("T")


class SqlDraftStore:
    """`DraftStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._rows = DraftRows(database)
        self._now = now

    async def get(self, name: str) -> Draft:
        """See `DraftStore`."""

        def find(connection: Connection) -> Draft:
            head = _head(connection, name)
            return draft_from(connection, read_row(connection, name), head)

        return await self._database.read(find)

    async def batches(self, name: str, after: int, *, limit: int) -> list[Batch]:
        """See `DraftStore`."""

        def find(connection: Connection) -> list[Batch]:
            _head(connection, name)
            return batches_after(connection, read_row(connection, name), after, limit=limit)

        return await self._database.read(find)

    async def edit(self, name: str, changes: Sequence[Change], *, client: str, revision: int, actor: Actor) -> Edited:
        """See `DraftStore`."""
        at = self._now()

        def store(connection: Connection, row: DraftRow, head: Any) -> Edited:
            since = batches_after(connection, row, revision, limit=BATCHES_KEPT)
            known = self._rows.known(connection, name, [change.id for change in changes])
            # One that stands in the request twice counts once.
            fresh = {change.id: change for change in reversed(changes) if change.id not in known}
            todo = [change for change in changes if fresh.get(change.id) is change]
            before = document_of(connection, row, head) if todo else "{}"
            done = apply(orjson.loads(before), todo)
            if done.changed:
                row = self._rows.edit(
                    connection,
                    row,
                    document=_fitting(name, done.document, before),
                    base=base_of(row, head),
                    changes=done.changed,
                    by=actor,
                    at=at,
                    client=client,
                )
            if noted := [change.id for change in (*done.changed, *done.unneeded)]:
                self._rows.write(connection, self._rows.note(connection, row, noted))
            failed = {conflict.change.id for conflict in done.conflicts}
            applied = dict.fromkeys(change.id for change in changes if change.id not in failed)
            return Edited(row.revision, tuple(applied), done.conflicts, [one for one in since if one.client != client])

        return await self._write(name, store)

    async def discard(self, name: str, *, actor: Actor) -> Draft:
        """See `DraftStore`."""

        def store(connection: Connection, row: DraftRow, head: Any) -> Draft:
            # A draft without a document is the newest version, and so is this one again.
            return self._replace(connection, row, head, replace(row, document=None, base_version=None), actor)

        return await self._write(name, store)

    async def restore(self, name: str, version: int, *, actor: Actor) -> Draft:
        """See `DraftStore`."""

        def store(connection: Connection, row: DraftRow, head: Any) -> Draft:
            found = version_of(connection, name, version)
            if found is None:
                raise _no_version(name, version)
            document = None if version == head.version else orjson.dumps(draft_of(found.document)).decode()
            base = None if document is None else head.version
            record(connection, actor, "draft.restore", f"workflow:{name}", at=self._now(), data={"version": version})
            return self._replace(connection, row, head, replace(row, document=document, base_version=base), actor)

        return await self._write(name, store)

    async def rebase(self, name: str, version: int, *, actor: Actor) -> Draft:
        """See `DraftStore`."""

        def store(connection: Connection, row: DraftRow, head: Any) -> Draft:
            if version_of(connection, name, version) is None:
                raise _no_version(name, version)
            # A draft without a document is the newest version, which nothing is newer than.
            if row.document is not None and row.base_version != version:
                row = replace(row, base_version=version)
                self._rows.write(connection, row)
                record(connection, actor, "draft.rebase", f"workflow:{name}", at=self._now(), data={"version": version})
            return draft_from(connection, row, head)

        return await self._write(name, store)

    def _replace(self, connection: Connection, row: DraftRow, head: Any, wanted: DraftRow, actor: Actor) -> Draft:
        """Give the draft another document, as one change of the whole."""
        before = orjson.loads(document_of(connection, row, head))
        after = orjson.loads(document_of(connection, wanted, head))
        if diff(before, after):
            wanted = self._rows.edit(
                connection,
                row,
                document=wanted.document,
                base=wanted.base_version,
                changes=[Change("", before, after)],
                by=actor,
                at=self._now(),
            )
        if wanted.there or wanted.revision:
            self._rows.write(connection, wanted)
        return draft_from(connection, replace(wanted, there=wanted.there or wanted.revision > 0), head)

    async def _write(self, name: str, store: Callable[[Connection, DraftRow, Any], T]) -> T:
        def locked(connection: Connection) -> T:
            # The same key as a save of the workflow: neither sees half of the other.
            self._database.dialect.lock_keys(connection, [f"workflow:{name}"])
            return store(connection, read_row(connection, name), _head(connection, name))

        return await self._database.write(locked)


def _head(connection: Connection, name: str) -> Any:
    """The row of a workflow that is not deleted."""
    own = workflows.c
    head = connection.execute(select(own.version, own.published, own.deleted_at).where(own.name == name)).one_or_none()
    if head is None or head.deleted_at is not None:
        raise NotFound("workflow.not_found", f"There is no workflow {name}; save it once, then it has a draft")
    return head


def _no_version(name: str, version: int) -> NotFound:
    return NotFound("workflow.version_not_found", f"Workflow {name} has no version {version}")


def _fitting(name: str, document: dict[str, Any], before: str) -> str:
    text = orjson.dumps(document).decode()
    # One that is too large already can at least become smaller.
    if len(text) > MAX_DRAFT_BYTES and len(text) > len(before):
        limit = MAX_DRAFT_BYTES // 2**20
        raise UserError(
            "draft.too_large",
            f"The draft of {name} would be larger than {limit} MiB; keep data in files that the workflow reads",
        )
    return text
