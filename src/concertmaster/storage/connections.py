"""Connections: names, types and the encrypted values, which only `security` can read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.interfaces import StoredConnection
from concertmaster.storage.audit import record
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros, utc_now
from concertmaster.storage.tables import connections

_LINE = (
    connections.c.name,
    connections.c.type,
    connections.c.fields,
    connections.c.created_at,
    connections.c.updated_at,
)


class SqlConnectionStore:
    """`ConnectionStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def put(
        self, name: str, type_: str, *, fields: Sequence[str], blob: bytes, actor: Actor, replace: bool
    ) -> StoredConnection:
        """See `ConnectionStore`."""
        at = self._now()
        values: dict[str, Any] = {
            "type": type_,
            "fields": orjson.dumps(list(fields)).decode(),
            "blob": blob,
            "updated_at": to_micros(at),
        }

        def store(connection: Connection) -> StoredConnection:
            # A new one has no row yet that could be locked.
            self._database.dialect.lock_keys(connection, [f"connection:{name}"])
            known = connection.execute(_named(name).with_for_update()).one_or_none()
            if known is not None and not replace:
                raise Conflict(
                    "connection.exists", f"Connection {name} exists already; replace it or choose another name"
                )
            if known is None:
                connection.execute(insert(connections).values(name=name, created_at=to_micros(at), **values))
            else:
                connection.execute(update(connections).where(connections.c.name == name).values(**values))
            action = "connection.create" if known is None else "connection.replace"
            record(connection, actor, action, f"connection:{name}", at=at, data={"type": type_, "fields": list(fields)})
            return _stored(connection.execute(_named(name)).one())

        return await self._database.write(store)

    async def get(self, name: str) -> tuple[StoredConnection, bytes]:
        """See `ConnectionStore`."""
        query = select(*_LINE, connections.c.blob).where(connections.c.name == name)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise _missing(name)
        return _stored(row), row.blob

    async def list(self) -> list[StoredConnection]:
        """All, by name."""
        query = select(*_LINE).order_by(connections.c.name)
        return [_stored(row) for row in await self._database.read(lambda connection: connection.execute(query).all())]

    async def rewrap(self, name: str, former: bytes, blob: bytes) -> bool:
        """See `ConnectionStore`. Only the key has changed, so its own time and audit tell nothing of it."""
        own = connections.c
        statement = update(connections).where(own.name == name, own.blob == former).values(blob=blob)
        return await self._database.write(lambda connection: connection.execute(statement).rowcount == 1)

    async def note_rotation(self, key: str, *, actor: Actor) -> None:
        """See `ConnectionStore`."""
        at = self._now()

        def note(connection: Connection) -> None:
            record(connection, actor, "secret_key.rotate", f"secret_key:{key}", at=at)

        await self._database.write(note)

    async def delete(self, name: str, *, actor: Actor) -> None:
        """Remove it for good.

        Raises:
            NotFound: `connection.not_found`.
        """
        at = self._now()

        def remove(connection: Connection) -> None:
            if connection.execute(delete(connections).where(connections.c.name == name)).rowcount == 0:
                raise _missing(name)
            record(connection, actor, "connection.delete", f"connection:{name}", at=at)

        await self._database.write(remove)


def _named(name: str) -> Any:
    return select(*_LINE).where(connections.c.name == name)


def _stored(row: Any) -> StoredConnection:
    return StoredConnection(
        name=row.name,
        type=row.type,
        fields=tuple(orjson.loads(row.fields)),
        created_at=from_micros(row.created_at),
        updated_at=from_micros(row.updated_at),
    )


def _missing(name: str) -> NotFound:
    return NotFound(
        "connection.not_found", f"There is no connection {name}; add it with `concertmaster connection add`"
    )
