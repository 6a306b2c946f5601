"""API tokens: for programs; shown once, stored as a hash, good for what their scopes say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from concertmaster.domain.access import LOCAL_ADMIN, OWNER, SYSTEM, Actor, ApiToken, Login, Scope, demand, role_of
from concertmaster.domain.errors import Invalid
from concertmaster.domain.interfaces import Clock, TokenStore
from concertmaster.domain.problems import Problem
from concertmaster.security.tokens import TOKEN_PREFIX, digest, new_token, plausible
from concertmaster.services.aside import Aside

# Not at every request: that would be a write each.
NOTED_EVERY = timedelta(minutes=5)
# They stand for somebody else in the audit.
_RESERVED = frozenset({LOCAL_ADMIN.name, SYSTEM.name, OWNER})


class TokenService:
    """Use cases around tokens."""

    def __init__(self, store: TokenStore, *, clock: Clock, aside: Aside) -> None:
        self._store = store
        self._clock = clock
        self._aside = aside

    async def list(self, actor: Actor) -> Sequence[ApiToken]:
        """All of them, newest first, without their secrets."""
        demand(actor, "access:manage")
        return await self._store.list()

    async def create(
        self, actor: Actor, name: str, *, scopes: Sequence[Scope], expires_at: datetime | None
    ) -> tuple[ApiToken, str]:
        """A token and its secret, which nobody can see again.

        Raises:
            Conflict: `token.exists`, one of that name is in use.
            Invalid: `token.invalid`.
        """
        demand(actor, "access:manage")
        if name.strip().lower() in _RESERVED:
            raise _invalid("/name", f"'{name}' stands for somebody else in the audit", "Name the program that uses it")
        if expires_at is not None and expires_at <= self._clock.now():
            raise _invalid("/expires_at", "The token would have expired already", "Choose a moment to come")
        secret = new_token()
        made = await self._store.add(name, digest(secret), scopes=scopes, expires_at=expires_at, actor=actor)
        return made, secret

    async def revoke(self, actor: Actor, id_: str) -> None:
        """From now on it opens nothing. Raises NotFound `token.not_found`."""
        demand(actor, "access:manage")
        await self._store.revoke(id_, actor=actor)

    async def identify(self, secret: str) -> Login | None:
        """The login behind a token."""
        if not secret.startswith(TOKEN_PREFIX) or not plausible(secret):
            return None
        token = await self._store.find(digest(secret))
        if token is None or not token.scopes:
            return None
        if token.last_used_at is None or self._clock.now() - token.last_used_at >= NOTED_EVERY:
            self._aside.note(f"token:{token.id}", lambda: self._store.used(token.id))
        return Login(Actor(token.name, role_of(token.scopes)), "token", token.expires_at)


def _invalid(where: str, message: str, fix: str) -> Invalid:
    return Invalid("token.invalid", f"{message}. {fix}", [Problem("token.invalid", where, message, "error", fix)])
