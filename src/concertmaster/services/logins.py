"""Logging in: a link that works once opens a session, and a session lasts while it is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from concertmaster.domain.access import Actor, Login, LoginSession, demand
from concertmaster.domain.errors import NotLoggedIn
from concertmaster.domain.interfaces import Clock, LoginStore
from concertmaster.security.tokens import digest, new_secret, plausible
from concertmaster.services.aside import Aside

LINK_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(days=30)
# Not at every request: that would be a write each.
RENEWED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Link:
    """What opens a session, once."""

    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has just begun; its secret goes into the cookie and nowhere else."""

    secret: str = field(repr=False)
    login: Login


class LoginService:
    """Use cases around the owner's sessions."""

    def __init__(self, store: LoginStore, *, clock: Clock, aside: Aside) -> None:
        self._store = store
        self._clock = clock
        self._aside = aside

    async def create_link(self, actor: Actor) -> Link:
        """A fresh link, for whoever may do everything already."""
        demand(actor, "access:manage")
        link = Link(new_secret(), self._clock.now() + LINK_LASTS)
        await self._store.add_link(digest(link.secret), expires_at=link.expires_at, actor=actor)
        return link

    async def log_in(self, link: str) -> Opened:
        """Use a link up for a session.

        Raises:
            NotLoggedIn: `access.login`, it is unknown, used or too old.
        """
        secret = new_secret()
        if plausible(link):
            expires_at = self._clock.now() + SESSION_LASTS
            session = await self._store.redeem(digest(link), digest(secret), expires_at=expires_at)
            if session is not None:
                return Opened(secret, _login(session))
        minutes = LINK_LASTS // timedelta(minutes=1)
        raise NotLoggedIn(
            "access.login",
            f"This login link does not work (any more): each opens once, within {minutes} minutes. "
            "`concertmaster user login-link` prints a fresh one",
        )

    async def identify(self, secret: str) -> Login | None:
        """The login behind a session's secret; it is prolonged now and then."""
        session = await self._store.session(digest(secret)) if plausible(secret) else None
        if session is None:
            return None
        now = self._clock.now()
        if now - session.last_seen < RENEWED_EVERY:
            return _login(session)
        key, expires_at = digest(secret), now + SESSION_LASTS
        self._aside.note(f"session:{key}", lambda: self._store.prolong(key, expires_at=expires_at))
        return Login(_login(session).actor, "session", expires_at, renewed=True)

    async def log_out(self, actor: Actor, secret: str) -> None:
        """End a session; whatever else the owner is logged in with stays."""
        await self._store.end(digest(secret), actor=actor)


def _login(session: LoginSession) -> Login:
    return Login(Actor(session.user.name, "admin"), "session", session.expires_at)
