"""API tokens: names, scopes and hashes; a revoked one stays, so that the audit can still be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update
from uuid_utils import uuid7

from concertmaster.domain.access import SCOPES, Actor, ApiToken, Scope
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.storage.audit import record
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, maybe_instant, maybe_micros, to_micros, utc_now
from concertmaster.storage.tables_access import api_tokens

_LINE = (
    api_tokens.c.id,
    api_tokens.c.name,
    api_tokens.c.scopes,
    api_tokens.c.created_at,
    api_tokens.c.last_used_at,
    api_tokens.c.expires_at,
    api_tokens.c.revoked_at,
)


class SqlTokenStore:
    """`TokenStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def add(
        self, name: str, digest: str, *, scopes: Sequence[Scope], expires_at: datetime | None, actor: Actor
    ) -> ApiToken:
        """See `TokenStore`."""
        at = self._now()
        made = ApiToken(str(uuid7()), name, tuple(scopes), created_at=at, expires_at=expires_at)

        def store(connection: Connection) -> ApiToken:
            self._database.dialect.lock_keys(connection, [f"token:{name}"])
            if connection.execute(select(api_tokens.c.id).where(api_tokens.c.name == name, _valid(at))).first():
                raise Conflict("token.exists", f"A token {name} is in use; choose another name, or revoke that one")
            connection.execute(
                insert(api_tokens).values(
                    id=made.id,
                    name=name,
                    hash=digest,
                    scopes=" ".join(scopes),
                    created_at=to_micros(at),
                    expires_at=maybe_micros(expires_at),
                )
            )
            told = {"name": name, "scopes": list(scopes), "expires_at": expires_at}
            record(connection, actor, "token.create", f"token:{made.id}", at=at, data=told)
            return made

        return await self._database.write(store)

    async def list(self) -> list[ApiToken]:
        """See `TokenStore`."""
        query = select(*_LINE).order_by(api_tokens.c.id.desc())
        return [_token(row) for row in await self._database.read(lambda connection: connection.execute(query).all())]

    async def find(self, digest: str) -> ApiToken | None:
        """See `TokenStore`."""
        query = select(*_LINE).where(api_tokens.c.hash == digest, _valid(self._now()))
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _token(row)

    async def used(self, id_: str) -> None:
        """See `TokenStore`."""
        change = update(api_tokens).where(api_tokens.c.id == id_).values(last_used_at=to_micros(self._now()))
        await self._database.write(lambda connection: connection.execute(change) and None)

    async def revoke(self, id_: str, *, actor: Actor) -> None:
        """See `TokenStore`."""
        at = self._now()

        def mark(connection: Connection) -> None:
            row = connection.execute(
                select(api_tokens.c.name, api_tokens.c.revoked_at).where(api_tokens.c.id == id_).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound(
                    "token.not_found", f"There is no token {id_}; `concertmaster token list` shows the ids of all"
                )
            if row.revoked_at is None:
                connection.execute(update(api_tokens).where(api_tokens.c.id == id_).values(revoked_at=to_micros(at)))
                record(connection, actor, "token.revoke", f"token:{id_}", at=at, data={"name": row.name})

        await self._database.write(mark)


def _valid(at: datetime) -> Any:
    fresh = or_(api_tokens.c.expires_at.is_(None), api_tokens.c.expires_at > to_micros(at))
    return and_(api_tokens.c.revoked_at.is_(None), fresh)


def _token(row: Any) -> ApiToken:
    # A scope of a newer version is not known here, and gives nothing.
    stored: list[str] = row.scopes.split()
    known: tuple[Scope, ...] = tuple(scope for scope in SCOPES if scope in stored)
    return ApiToken(
        row.id,
        row.name,
        known,
        created_at=from_micros(row.created_at),
        last_used_at=maybe_instant(row.last_used_at),
        expires_at=maybe_instant(row.expires_at),
        revoked_at=maybe_instant(row.revoked_at),
    )
