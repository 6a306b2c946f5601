"""The JSON of logins and API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from concertmaster.domain.access import Role, Scope


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Me(_Model):
    """Who asks: `local` is the token of the server's own machine."""

    name: str
    role: Role
    kind: Literal["local", "session", "token"]
    expires_at: datetime | None


class LoginLink(_Model):
    """The path of the page that opens a session, with the link's secret after the #."""

    path: str
    expires_at: datetime


class UseLoginLink(_Model):
    """`token`: what is after the # of the link."""

    token: SecretStr = Field(max_length=200)


class Token(_Model):
    """A token without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class TokenList(_Model):
    """All tokens, newest first, revoked ones too."""

    items: list[Token]
    next: str | None


class CreatedToken(Token):
    """A token that was just made; `token` is shown here and never again."""

    token: str


class CreateToken(_Model):
    """`scopes`: `read` is for GET only; `run` also starts and steers executions, switches triggers, orders backfills,
    sends events and lists connections; `admin` may everything, also answer approvals."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)] = ["read"]
    expires_at: AwareDatetime | None = None
