"""Who may do what: one table, asked by every service. Today there is one local administrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from concertmaster.domain.errors import UserError

Role = Literal["viewer", "operator", "editor", "admin"]
Permission = Literal[
    "workflow:read",
    "workflow:write",
    "execution:read",
    "execution:start",
    "execution:control",
    "connection:read",
    "connection:write",
    "registry:read",
    "instance:read",
]

_VIEW: frozenset[Permission] = frozenset({"workflow:read", "execution:read", "registry:read", "instance:read"})
_OPERATE: frozenset[Permission] = frozenset([*_VIEW, "execution:start", "execution:control", "connection:read"])
_EDIT: frozenset[Permission] = frozenset([*_OPERATE, "workflow:write"])
_ADMIN: frozenset[Permission] = frozenset([*_EDIT, "connection:write"])
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
