"""Logins and API tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from concertmaster.domain.access import Actor, ApiToken, LoginSession, Scope


class LoginStore(Protocol):
    """The owner, the links that let him in, and his browsers. `digest`: the hash of a secret, never the secret."""

    async def add_link(self, digest: str, *, expires_at: datetime, actor: Actor) -> None: ...

    async def redeem(self, link: str, session: str, *, expires_at: datetime) -> LoginSession | None:
        """Use the link, by its digest, up for a session of the owner; None when it is unknown, used or too old."""
        ...

    async def session(self, digest: str) -> LoginSession | None:
        """One that has not run out."""
        ...

    async def prolong(self, digest: str, *, expires_at: datetime) -> None: ...

    async def end(self, digest: str, *, actor: Actor) -> None:
        """Forget it; one that is unknown is no error."""
        ...


class TokenStore(Protocol):
    """API tokens. `digest`: the hash of a secret, never the secret."""

    async def add(
        self, name: str, digest: str, *, scopes: Sequence[Scope], expires_at: datetime | None, actor: Actor
    ) -> ApiToken:
        """Raises Conflict `token.exists`: a token of that name is in use."""
        ...

    async def list(self) -> list[ApiToken]:
        """All, newest first; revoked ones too."""
        ...

    async def find(self, digest: str) -> ApiToken | None:
        """One that is neither revoked nor too old."""
        ...

    async def used(self, id_: str) -> None: ...

    async def revoke(self, id_: str, *, actor: Actor) -> None:
        """Raises NotFound `token.not_found`; one that is revoked already stays so."""
        ...
