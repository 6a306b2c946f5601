"""File triggers: who watches them, and which version of each file is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, text, tuple_, update

from concertmaster.domain.interfaces import GONE_KEPT, FileProgress, KnownFile, TriggerRow
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import maybe_instant, maybe_micros, to_micros
from concertmaster.storage.fires import note_fires
from concertmaster.storage.ownership import claimable
from concertmaster.storage.tables import triggers
from concertmaster.storage.tables_happenings import known_files
from concertmaster.storage.triggers import TRIGGER_COLUMNS, trigger_from

_own = triggers.c
_files = known_files.c
# Exactly this text: SQLite uses a partial index where a query repeats its condition.
_WATCHED = text("type = 'file'")


class SqlFileWatchStore:
    """`FileWatchStore` of `domain/interfaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = database.dialect.bulk(
            "INSERT INTO known_files (workflow, trigger, path, size_bytes, modified_ns, changed_ns, digest, gone_at) "
            "{rows} ON CONFLICT (workflow, trigger, path) DO UPDATE SET size_bytes = excluded.size_bytes, "
            "modified_ns = excluded.modified_ns, changed_ns = excluded.changed_ns, digest = excluded.digest, "
            "gone_at = excluded.gone_at",
            *("text", "text", "text", "bigint", "bigint", "bigint", "text", "bigint"),
        )

    async def claim(self, owner: str) -> Sequence[TriggerRow]:
        """See `FileWatchStore`."""
        free = claimable(_own.claimed_by, self._database.dialect, owner)
        query = select(*TRIGGER_COLUMNS, _own.claimed_by).where(_WATCHED, _own.enabled == 1, free)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        # Most of the time they are ours, and then nothing is written.
        if all(row.claimed_by == owner for row in rows):
            return [trigger_from(row) for row in rows]

        def take(connection: Connection) -> list[TriggerRow]:
            found = connection.execute(query.with_for_update(skip_locked=True)).all()
            keys = [(row.workflow, row.name) for row in found if row.claimed_by != owner]
            if keys:
                mine = tuple_(_own.workflow, _own.name).in_(keys)
                connection.execute(update(triggers).where(mine).values(claimed_by=owner))
            return [trigger_from(row) for row in found]

        return await self._database.write(take)

    async def known(self, workflow: str, trigger: str) -> Mapping[str, KnownFile]:
        """See `FileWatchStore`."""
        query = select(known_files).where(_files.workflow == workflow, _files.trigger == trigger)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row.path: _known(row) for row in rows}

    async def advance(self, owner: str, progress: FileProgress, *, now: datetime) -> bool:
        """See `FileWatchStore`."""
        workflow, name = progress.workflow, progress.trigger
        key = (_own.workflow == workflow) & (_own.name == name)

        def store(connection: Connection) -> bool:
            mine = select(_own.files_since).where(key, _own.claimed_by == owner).with_for_update()
            row = connection.execute(mine).one_or_none()
            if row is None or maybe_instant(row.files_since) != progress.since:
                return False
            if progress.since is not None and progress.noted:
                connection.execute(update(triggers).where(key).values(files_since=None))
            self._upsert.run(connection, [_values(workflow, name, one) for one in progress.files])
            if any(one.gone_at is not None for one in progress.files):
                old = _files.gone_at < to_micros(now - GONE_KEPT)
                gone = delete(known_files).where(_files.workflow == workflow, _files.trigger == name, old)
                connection.execute(gone)
            note_fires(connection, [(workflow, name, fire, progress.sample) for fire in progress.fires])
            return True

        return await self._database.write(store, patient=True)


def _values(workflow: str, trigger: str, one: KnownFile) -> tuple[Any, ...]:
    version = (one.size_bytes, one.modified_ns, one.changed_ns, one.digest)
    return (workflow, trigger, one.path, *version, maybe_micros(one.gone_at))


def _known(row: Any) -> KnownFile:
    version = (row.size_bytes, row.modified_ns, row.changed_ns, row.digest)
    return KnownFile(row.path, *version, maybe_instant(row.gone_at))
