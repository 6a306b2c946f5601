"""The owner, the links that let him in, and his browsers; of secrets only hashes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from uuid_utils import uuid7

from concertmaster.domain.access import OWNER, Actor, LoginSession, User
from concertmaster.storage.audit import record
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros, utc_now
from concertmaster.storage.tables_access import login_links, sessions, users


class SqlLoginStore:
    """`LoginStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def add_link(self, digest: str, *, expires_at: datetime, actor: Actor) -> None:
        """See `LoginStore`."""
        at = self._now()

        def store(connection: Connection) -> None:
            # Nobody can use them any more; whoever comes by takes them away.
            connection.execute(delete(login_links).where(login_links.c.expires_at <= to_micros(at)))
            connection.execute(delete(sessions).where(sessions.c.expires_at <= to_micros(at)))
            connection.execute(insert(login_links).values(hash=digest, expires_at=to_micros(expires_at)))
            record(connection, actor, "login_link.create", f"user:{OWNER}", at=at)

        await self._database.write(store)

    async def redeem(self, link: str, session: str, *, expires_at: datetime) -> LoginSession | None:
        """See `LoginStore`."""
        at = self._now()
        # One statement looks and marks: of two who come at once, one gets in.
        use = (
            update(login_links)
            .where(
                login_links.c.hash == link,
                login_links.c.used_at.is_(None),
                login_links.c.expires_at > to_micros(at),
            )
            .values(used_at=to_micros(at))
        )

        def log_in(connection: Connection) -> LoginSession | None:
            if connection.execute(use).rowcount == 0:
                return None
            owner = self._owner(connection, at)
            times = {"created_at": to_micros(at), "expires_at": to_micros(expires_at), "last_seen": to_micros(at)}
            connection.execute(insert(sessions).values(hash=session, user_id=owner.id, **times))
            record(connection, Actor(owner.name, "admin"), "session.create", f"user:{owner.name}", at=at)
            return LoginSession(owner, created_at=at, expires_at=expires_at, last_seen=at)

        return await self._database.write(log_in)

    async def session(self, digest: str) -> LoginSession | None:
        """See `LoginStore`."""
        query = (
            select(
                *(users.c.id, users.c.name, users.c.created_at.label("since")),
                *(sessions.c.created_at, sessions.c.expires_at, sessions.c.last_seen),
            )
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.hash == digest, sessions.c.expires_at > to_micros(self._now()))
        )
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _session(row)

    async def prolong(self, digest: str, *, expires_at: datetime) -> None:
        """See `LoginStore`."""
        values = {"last_seen": to_micros(self._now()), "expires_at": to_micros(expires_at)}
        change = update(sessions).where(sessions.c.hash == digest).values(**values)
        await self._database.write(lambda connection: connection.execute(change) and None)

    async def end(self, digest: str, *, actor: Actor) -> None:
        """See `LoginStore`."""
        at = self._now()

        def log_out(connection: Connection) -> None:
            if connection.execute(delete(sessions).where(sessions.c.hash == digest)).rowcount:
                record(connection, actor, "session.end", f"user:{actor.name}", at=at)

        await self._database.write(log_out)

    def _owner(self, connection: Connection, at: datetime) -> User:
        """The one user there is; made at the first login."""
        self._database.dialect.lock_keys(connection, ["users"])
        query = select(users.c.id, users.c.name, users.c.created_at).order_by(users.c.created_at, users.c.id).limit(1)
        row = connection.execute(query).one_or_none()
        if row is not None:
            return User(row.id, row.name, from_micros(row.created_at))
        owner = User(str(uuid7()), OWNER, at)
        connection.execute(insert(users).values(id=owner.id, name=owner.name, created_at=to_micros(at)))
        return owner


def _session(row: Any) -> LoginSession:
    return LoginSession(
        User(row.id, row.name, from_micros(row.since)),
        created_at=from_micros(row.created_at),
        expires_at=from_micros(row.expires_at),
        last_seen=from_micros(row.last_seen),
    )
