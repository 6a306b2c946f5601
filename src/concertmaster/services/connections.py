"""Connections: named credentials, encrypted before they are stored and never shown again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.interfaces import Cipher, ConnectionStore, StoredConnection
from concertmaster.nodes.credentials import Connection


class ConnectionService:
    """Use cases around connections."""

    def __init__(self, store: ConnectionStore, cipher: Cipher) -> None:
        self._store = store
        self._cipher = cipher

    async def list(self, actor: Actor) -> Sequence[StoredConnection]:
        """All of them by name, without their values."""
        demand(actor, "connection:read")
        return await self._store.list()

    async def get(self, actor: Actor, name: str) -> StoredConnection:
        """One of them, without its values. Raises NotFound `connection.not_found`."""
        demand(actor, "connection:read")
        stored, _ = await self._store.get(name)
        return stored

    async def put(
        self, actor: Actor, name: str, type_: str, values: Mapping[str, str], *, replace: bool
    ) -> StoredConnection:
        """Store a connection; its values leave this method only encrypted.

        Raises:
            Conflict: `connection.exists`, unless `replace`.
        """
        demand(actor, "connection:write")
        # The name is part of what is authenticated: a blob cannot be moved to another connection.
        blob = self._cipher.encrypt(orjson.dumps(dict(values)), _context(name))
        return await self._store.put(name, type_, fields=sorted(values), blob=blob, actor=actor, replace=replace)

    async def delete(self, actor: Actor, name: str) -> None:
        """Remove it; workflows that name it get a problem. Raises NotFound."""
        demand(actor, "connection:write")
        await self._store.delete(name, actor=actor)

    async def open(self, name: str) -> Connection:
        """The connection with its values, for the engine only: no route and no command reaches this.

        Raises:
            NotFound: `connection.not_found`.
        """
        stored, blob = await self._store.get(name)
        return Connection(stored.type, stored.name, orjson.loads(self._cipher.decrypt(blob, _context(name))))


def _context(name: str) -> str:
    return f"connection/{name}"
