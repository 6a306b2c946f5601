"""Who asks, how they proved it, and who may do what: one table, asked by every service."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from concertmaster.domain.errors import UserError

Role = Literal["viewer", "operator", "editor", "admin"]
Permission = Literal[
    "workflow:read",
    "workflow:write",
    "execution:read",
    "execution:start",
    "execution:control",
    "approval:decide",
    "trigger:control",
    "connection:read",
    "connection:write",
    "registry:read",
    "registry:control",
    "instance:read",
    "instance:manage",
    "access:manage",
]
# What an API token is good for; each includes those before it.
Scope = Literal["read", "run", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "run", "admin")

_VIEW: frozenset[Permission] = frozenset({"workflow:read", "execution:read", "registry:read", "instance:read"})
_OPERATE: frozenset[Permission] = frozenset(
    [*_VIEW, "execution:start", "execution:control", "trigger:control", "connection:read"]
)
# Approvals are for people: a program that runs workflows must not answer what they ask. Whoever may change a workflow
# could take its questions out.
_EDIT: frozenset[Permission] = frozenset([*_OPERATE, "workflow:write", "approval:decide"])
_ADMIN: frozenset[Permission] = frozenset(
    [*_EDIT, "connection:write", "registry:control", "instance:manage", "access:manage"]
)
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "viewer": _VIEW,
    "operator": _OPERATE,
    "editor": _EDIT,
    "admin": _ADMIN,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `name` goes to the audit table."""

    name: str
    role: Role


LOCAL_ADMIN = Actor("local", "admin")
# What ConcertMaster does by itself.
SYSTEM = Actor("system", "operator")
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in. There is one, the owner."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A browser that is logged in; its secret is stored as a hash only."""

    user: User
    created_at: datetime
    expires_at: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of a program, without its secret."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """An actor and how they proved who they are.

    Attributes:
        renewed: the session was prolonged, and its cookie should be too.
    """

    actor: Actor
    kind: Literal["local", "session", "token"]
    expires_at: datetime | None = None
    renewed: bool = False


def role_of(scopes: Collection[Scope]) -> Role:
    """The role that a token acts in: that of its widest scope."""
    if "admin" in scopes:
        return "admin"
    return "operator" if "run" in scopes else "viewer"


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's role grants the permission."""
    return permission in PERMISSIONS[actor.role]


def demand(actor: Actor, permission: Permission) -> None:
    """Raise unless the actor may.

    Raises:
        UserError: code `access.denied`, naming the missing permission.
    """
    if not may(actor, permission):
        raise UserError("access.denied", f"{actor.name} ({actor.role}) lacks the permission {permission}")
