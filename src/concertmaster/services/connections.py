"""Connections: named credentials, encrypted before they are stored and never shown again.

What the environment or a mounted file gives comes before what is stored under the same name, and can only be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import ConcertMasterError, Conflict, Invalid, NotFound, UserError
from concertmaster.domain.interfaces import (
    Cipher,
    ConnectionSource,
    ConnectionStore,
    GivenConnection,
    StoredConnection,
)
from concertmaster.domain.problems import Problem
from concertmaster.nodes.connection_types.catalog import TYPES, check_values, with_defaults
from concertmaster.nodes.credentials import Connection

# So that the size of what is stored tells nothing of a secret.
_PADDED_BYTES = 256
Token = Callable[[Mapping[str, Any]], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation came to: the id of the key, how many connections it wraps now, and those that it could not."""

    key: str
    rewrapped: int
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Given:
    """A given connection, checked; `values` are empty when it has a problem."""

    line: StoredConnection
    values: Mapping[str, Any]


class ConnectionService:
    """Use cases around connections."""

    def __init__(
        self, store: ConnectionStore, cipher: Cipher, *, sources: Sequence[ConnectionSource] = (), token: Token
    ) -> None:
        """Args:
        sources: of given connections; the first that has a name counts.
        token: gives an access token for the values of a connection that logs in with OAuth 2.
        """
        self._token = token
        self._store = store
        self._cipher = cipher
        self._sources = sources
        self._seen: list[Sequence[GivenConnection]] = []
        self._known: Mapping[str, _Given] = {}
        self._rotating = asyncio.Lock()

    async def list(self, actor: Actor) -> Sequence[StoredConnection]:
        """All of them by name, without their values."""
        demand(actor, "connection:read")
        given = await self._given()
        stored = [line for line in await self._store.list() if line.name not in given]
        return sorted([*stored, *(one.line for one in given.values())], key=lambda line: line.name)

    def known_types(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """The types that ConcertMaster knows, as a form needs them."""
        demand(actor, "connection:read")
        return [
            {
                "id": known.id,
                "title": known.title,
                "description": known.description,
                "schema": known.schema,
                "testable": known.testable,
                "install": known.missing_driver,
            }
            for known in TYPES.values()
        ]

    async def get(self, actor: Actor, name: str) -> StoredConnection:
        """One of them, without its values. Raises NotFound `connection.not_found`."""
        demand(actor, "connection:read")
        given = (await self._given()).get(name)
        return given.line if given is not None else (await self._store.get(name))[0]

    async def types(self) -> Mapping[str, str]:
        """The type of every connection by name, for the engine."""
        stored = {line.name: line.type for line in await self._store.list()}
        return {**stored, **{name: one.line.type for name, one in (await self._given()).items()}}

    async def put(
        self,
        actor: Actor,
        name: str,
        type_: str,
        values: Mapping[str, Any],
        *,
        replace: bool,
        keep: Sequence[str] = (),
    ) -> StoredConnection:
        """Store a connection; its values leave this method only encrypted.

        Args:
            keep: fields of the connection that is replaced that stay as they are.
        Raises:
            Conflict: `connection.exists`, unless `replace`; `connection.read_only`.
            Invalid: `connection.invalid`.
        """
        demand(actor, "connection:write")
        await self._demand_own(name)
        checked = self._checked(name, type_, await self.merged(actor, name, values, keep))
        text = orjson.dumps(checked)
        # The name is part of what is authenticated: a blob cannot be moved to another connection.
        blob = self._cipher.encrypt(text.ljust(-(-len(text) // _PADDED_BYTES) * _PADDED_BYTES), _context(name))
        return await self._store.put(name, type_, fields=sorted(checked), blob=blob, actor=actor, replace=replace)

    async def delete(self, actor: Actor, name: str) -> None:
        """Remove it; workflows that name it get a problem.

        Raises:
            NotFound: `connection.not_found`.
            Conflict: `connection.read_only`.
        """
        demand(actor, "connection:write")
        await self._demand_own(name)
        await self._store.delete(name, actor=actor)

    async def open(self, name: str) -> Connection:
        """The connection with its values, for the engine only: no route and no command reaches this.

        Raises:
            NotFound: `connection.not_found`.
            UserError: `connection.invalid`, a given one that is not what its type needs; `oauth2.refused`.
            OperationalError: `cipher.*`; `oauth2.failed`, `http.*` of the token server.
        """
        type_, values = await self.values(name)
        if type_ == "http" and "token_url" in values:
            # For nodes it is a bearer token like any other, and masked like any other secret.
            values = {**values, "token": await self._token(values)}
        return Connection(type_, name, with_defaults(type_, values))

    async def merged(
        self, actor: Actor, name: str | None, values: Mapping[str, Any], keep: Sequence[str]
    ) -> Mapping[str, Any]:
        """The values, and those of the stored connection of this name that are kept. They go to nobody outside.

        Raises:
            NotFound: `connection.not_found`.
        """
        demand(actor, "connection:write")
        if not keep or name is None:
            return values
        stored = (await self.values(name))[1]
        return {**{field: stored[field] for field in keep if field in stored}, **values}

    async def rotate_key(self, actor: Actor) -> Rotation:
        """Take a new key into use and wrap every connection with it; the server goes on serving meanwhile.

        Raises:
            UserError, OperationalError: `secret_key.*`.
        """
        demand(actor, "connection:write")
        async with self._rotating:
            key = await asyncio.to_thread(self._cipher.rotate)
            await self._store.note_rotation(key, actor=actor)
            rewrapped, failed = 0, dict[str, str]()
            for line in await self._store.list():
                try:
                    rewrapped += await self._rewrapped(line.name)
                except NotFound:
                    continue  # deleted meanwhile
                except ConcertMasterError as error:
                    failed[line.name] = error.message
            return Rotation(key, rewrapped, failed)

    async def _rewrapped(self, name: str) -> bool:
        while True:
            _, blob = await self._store.get(name)
            anew = self._cipher.rewrap(blob, _context(name))
            if anew is None:
                return False
            if await self._store.rewrap(name, blob, anew):
                return True
            # Replaced meanwhile, perhaps by a server that has the former key.

    async def values(self, name: str) -> tuple[str, Mapping[str, Any]]:
        """Its type and its values as they are stored; for services, they go to nobody outside.

        Raises:
            NotFound, UserError, OperationalError: see `open`.
        """
        given = (await self._given()).get(name)
        if given is None:
            stored, blob = await self._store.get(name)
            return stored.type, orjson.loads(self._cipher.decrypt(blob, _context(name)))
        if given.line.problem is not None:
            raise UserError("connection.invalid", f"Connection {name} of {given.line.place}: {given.line.problem}")
        return given.line.type, given.values

    def _checked(self, name: str, type_: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        checked, problems = check_values(type_, values)
        if problems:
            raise Invalid("connection.invalid", f"Connection {name} is not what the type {type_} needs", problems)
        return checked

    async def _demand_own(self, name: str) -> None:
        given = (await self._given()).get(name)
        if given is not None:
            raise Conflict(
                "connection.read_only",
                f"Connection {name} comes from {given.line.place} and can only be changed there; choose another name",
            )

    async def _given(self) -> Mapping[str, _Given]:
        if not self._sources:
            return self._known
        found = await asyncio.to_thread(lambda: [source.given() for source in self._sources])
        if len(found) != len(self._seen) or any(new is not old for new, old in zip(found, self._seen, strict=True)):
            # The first source comes last, so that its connections stay.
            self._known = {one.name: _checked_given(one) for part in reversed(found) for one in part}
            self._seen = found
        return self._known


def problem_of(given: GivenConnection) -> str | None:
    """Why a given connection cannot be used, None when it can."""
    return _checked_given(given).line.problem


def _checked_given(given: GivenConnection) -> _Given:
    values, problem = dict[str, Any](), given.problem
    if problem is None:
        values, problems = check_values(given.type, given.values)
        problem = "; ".join(map(_said, problems)) or None
    line = StoredConnection(
        given.name, given.type, sorted(values), None, None, given.source, place=given.place, problem=problem
    )
    return _Given(line, values)


def _said(problem: Problem) -> str:
    return problem.message + (f". {problem.fix}" if problem.fix else "")


def _context(name: str) -> str:
    return f"connection/{name}"
