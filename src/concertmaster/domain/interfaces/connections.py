"""Connections: the store, and what the environment and mounted files give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from concertmaster.domain.access import Actor

ConnectionOrigin = Literal["database", "environment", "file"]


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection without its secrets.

    Attributes:
        fields: the names of its values.
        source: `database`, or where it is given and can only be read: `environment`, `file`.
        place: the variable or file that gives it.
        created_at: None for one that is given.
        problem: why it cannot be used, None when it can.
    """

    name: str
    type: str
    fields: Sequence[str]
    created_at: datetime | None
    updated_at: datetime | None
    source: ConnectionOrigin = "database"
    place: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class GivenConnection:
    """A connection that the environment or a mounted file gives.

    Attributes:
        values: as given, not checked; texts, or what JSON has.
        place: the variable or file.
        problem: why it could not be read; then there are no values.
    """

    name: str
    type: str
    values: Mapping[str, Any] = field(repr=False)
    source: ConnectionOrigin
    place: str
    problem: str | None = None


class ConnectionSource(Protocol):
    """Connections that are given from outside and can only be read."""

    def given(self) -> Sequence[GivenConnection]:
        """All of them; the same object as long as nothing has changed. May read files."""
        ...


class ConnectionStore(Protocol):
    """Connections; `blob` is the encrypted JSON of the values."""

    async def put(
        self, name: str, type_: str, *, fields: Sequence[str], blob: bytes, actor: Actor, replace: bool
    ) -> StoredConnection:
        """Raises Conflict `connection.exists` unless `replace`."""
        ...

    async def get(self, name: str) -> tuple[StoredConnection, bytes]:
        """Raises NotFound `connection.not_found`."""
        ...

    async def list(self) -> list[StoredConnection]: ...

    async def rewrap(self, name: str, former: bytes, blob: bytes) -> bool:
        """Put a blob in the place of a former one; False when that is no longer what is stored."""
        ...

    async def note_rotation(self, key: str, *, actor: Actor) -> None:
        """Write into the audit that a key was taken into use."""
        ...

    async def delete(self, name: str, *, actor: Actor) -> None: ...
