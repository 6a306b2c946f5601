"""Rows of drafts, changed inside the transactions of the stores of drafts and of workflows.

Whoever calls this holds the key `workflow:<name>`: two changes of one draft are one after the other, in any process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from concertmaster.domain.access import Actor
from concertmaster.domain.draft_ops import MISSING, Change, complete, diff
from concertmaster.domain.draft_request import SERVER
from concertmaster.domain.errors import Conflict, UserError
from concertmaster.domain.interfaces import Batch, Draft
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros
from concertmaster.storage.tables import workflow_versions
from concertmaster.storage.tables_drafts import draft_batches, draft_changes, drafts

# Whoever was away for longer fetches the draft again.
BATCHES_KEPT = 1_000
BYTES_KEPT = 2 * 2**20
IDS_KEPT = 50_000
_own = drafts.c


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A row of `drafts`, in the order of its columns; see there. `there`: it is in the table."""

    workflow: str
    revision: int = 0
    base_version: int | None = None
    floor: int = 0
    kept_bytes: int = 0
    kept_ids: int = 0
    updated_at: int = 0
    updated_by: str = ""
    document: str | None = None
    there: bool = False


class DraftRows:
    """Used in the writer's thread, in its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert_ids = database.dialect.bulk(
            "INSERT INTO draft_changes (workflow, id, revision) {rows}", "text", "text", "bigint"
        )
        self._find_ids = database.dialect.bulk(
            "SELECT d.id FROM draft_changes AS d JOIN ({rows}) AS v ON d.workflow = v.column1 AND d.id = v.column2",
            *("text", "text"),
        )

    def known(self, connection: Connection, name: str, ids: Sequence[str]) -> set[str]:
        """Which of these changes were done."""
        return {row[0] for row in self._find_ids.fetch(connection, [(name, id_) for id_ in ids])}

    def edit(
        self,
        connection: Connection,
        row: DraftRow,
        *,
        document: str | None,
        base: int | None,
        changes: Sequence[Change],
        by: Actor,
        at: datetime,
        client: str = SERVER,
    ) -> DraftRow:
        """Add a batch that leads to a document; None for the newest version's."""
        text = orjson.dumps([change.as_json() for change in changes]).decode()
        size = len(text.encode())
        moved = replace(
            row,
            revision=row.revision + 1,
            base_version=base,
            kept_bytes=row.kept_bytes + size,
            updated_at=to_micros(at),
            updated_by=by.name,
            document=document,
        )
        connection.execute(
            insert(draft_batches).values(
                workflow=row.workflow,
                revision=moved.revision,
                client=client,
                actor=by.name,
                at=to_micros(at),
                size_bytes=size,
                changes=text,
            )
        )
        self._database.writer.notices.drafts[row.workflow] = None
        return moved

    def note(self, connection: Connection, row: DraftRow, ids: Sequence[str]) -> DraftRow:
        """These changes are done with the revision of the row."""
        self._insert_ids.run(connection, [(row.workflow, id_, row.revision) for id_ in ids])
        return replace(row, kept_ids=row.kept_ids + len(ids))

    def write(self, connection: Connection, row: DraftRow) -> None:
        """Store the row, and drop what is too much to keep."""
        while row.floor < row.revision and (
            row.revision - row.floor > BATCHES_KEPT or row.kept_bytes > BYTES_KEPT or row.kept_ids > IDS_KEPT
        ):
            row = _drop_oldest(connection, row)
        if row.kept_ids > IDS_KEPT:
            # All of them came without changing anything.
            connection.execute(delete(draft_changes).where(draft_changes.c.workflow == row.workflow))
            row = replace(row, kept_ids=0)
        values: dict[str, Any] = {
            column.name: getattr(row, column.name) for column in drafts.columns if column.name != "workflow"
        }
        if row.there:
            connection.execute(update(drafts).where(_own.workflow == row.workflow).values(**values))
        else:
            connection.execute(insert(drafts).values(workflow=row.workflow, **values))

    def follow(
        self, connection: Connection, name: str, before: str | None, stored: Any, *, by: Actor, at: datetime
    ) -> None:
        """A version was saved, and not from the draft: one without changes of its own becomes it.

        Args:
            before: the document of the version that was the newest.
            stored: the new `StoredWorkflow`.
        """
        row = read_row(connection, name)
        if not row.there and before is None:
            return
        if row.document is not None and is_changed(connection, row):
            return
        held = row.document or before
        old = MISSING if held is None else draft_of(held)
        whole = Change("", old, draft_of(stored.document))
        self.write(
            connection,
            self.edit(connection, row, document=None, base=None, changes=[whole], by=by, at=at),
        )

    def become(self, connection: Connection, row: DraftRow, stored: Any, *, by: Actor, at: datetime) -> None:
        """The draft was saved as this version: it takes the version's canonical form."""
        changes = [] if row.document is None else diff(orjson.loads(row.document), draft_of(stored.document))
        if changes:
            row = self.edit(connection, row, document=None, base=None, changes=changes, by=by, at=at)
        if row.there:
            self.write(connection, replace(row, document=None, base_version=None))

    def remove(self, connection: Connection, name: str, *, by: Actor, at: datetime) -> None:
        """The workflow was deleted. Its numbers go on when it is saved again."""
        row = read_row(connection, name)
        for table in (draft_batches, draft_changes):
            connection.execute(delete(table).where(table.c.workflow == name))
        next_ = row.revision + 1
        self.write(
            connection,
            DraftRow(name, next_, floor=next_, updated_at=to_micros(at), updated_by=by.name, there=row.there),
        )
        self._database.writer.notices.drafts[name] = None


def read_row(connection: Connection, name: str) -> DraftRow:
    """The row, or what it would be."""
    found = connection.execute(select(*drafts.columns).where(_own.workflow == name)).one_or_none()
    return DraftRow(name) if found is None else DraftRow(*found, there=True)


def text_of(connection: Connection, name: str, version: int) -> str:
    """The document of a version that is there."""
    own = workflow_versions.c
    return connection.execute(select(own.document).where(own.workflow == name, own.version == version)).scalar_one()


def is_changed(connection: Connection, row: DraftRow) -> bool:
    """Whether the draft differs from the version it was made from."""
    if row.document is None or row.base_version is None:
        return False
    base = draft_of(text_of(connection, row.workflow, row.base_version))
    return bool(diff(base, orjson.loads(row.document)))


def draft_of(text: str) -> dict[str, Any]:
    """The document of a version as it is edited: with the parts that changes need to be there."""
    document = complete(orjson.loads(text))
    return {**document, "layout": document.get("layout", {})}


def document_of(connection: Connection, row: DraftRow, head: Any) -> str:
    """The document of the draft of a workflow whose row is `head`."""
    if row.document is not None:
        return row.document
    return orjson.dumps(draft_of(text_of(connection, row.workflow, head.version))).decode()


def base_of(row: DraftRow, head: Any) -> int:
    """The version that the draft was made from."""
    return head.version if row.document is None or row.base_version is None else row.base_version


def draft_from(connection: Connection, row: DraftRow, head: Any) -> Draft:
    """The draft of a workflow whose row is `head`."""
    own = workflow_versions.c
    query = select(own.created_at, own.created_by).where(own.workflow == row.workflow, own.version == head.version)
    newest = connection.execute(query).one()
    return Draft(
        workflow=row.workflow,
        document=document_of(connection, row, head),
        revision=row.revision,
        base_version=base_of(row, head),
        newest_version=head.version,
        published_version=head.published,
        changed=is_changed(connection, row),
        updated_at=from_micros(row.updated_at if row.there else newest.created_at),
        updated_by=row.updated_by if row.there else newest.created_by,
    )


def batches_after(connection: Connection, row: DraftRow, after: int, *, limit: int) -> list[Batch]:
    """The batches after a revision.

    Raises:
        Conflict: `draft.ahead`.
        UserError: `draft.too_old`.
    """
    if after > row.revision:
        raise Conflict(
            "draft.ahead",
            f"The draft of {row.workflow} has revision {row.revision}, not {after} yet; fetch it again",
            revision=row.revision,
        )
    if after < row.floor:
        raise UserError(
            "draft.too_old",
            f"What changed in {row.workflow} since revision {after} is not kept any more; fetch the draft again",
            revision=row.revision,
        )
    own = draft_batches.c
    query = (
        select(own.revision, own.client, own.actor, own.at, own.changes)
        .where(own.workflow == row.workflow, own.revision > after)
        .order_by(own.revision)
        .limit(limit)
    )
    return [
        Batch(revision, client, actor, from_micros(at), changes)
        for revision, client, actor, at, changes in connection.execute(query)
    ]


def _drop_oldest(connection: Connection, row: DraftRow) -> DraftRow:
    floor = row.floor + 1
    own, ids = draft_batches.c, draft_changes.c
    mine = (own.workflow == row.workflow) & (own.revision == floor)
    size = connection.execute(select(own.size_bytes).where(mine)).scalar() or 0
    connection.execute(delete(draft_batches).where(mine))
    gone = connection.execute(delete(draft_changes).where(ids.workflow == row.workflow, ids.revision <= floor)).rowcount
    return replace(row, floor=floor, kept_bytes=row.kept_bytes - size, kept_ids=row.kept_ids - gone)
