"""What databases complain of, in kinds that they share, and the errors that nodes raise for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from concertmaster import OperationalError, UserError
from concertmaster.nodes.builtin.near_miss import hint

Kind = Literal[
    "login", "rights", "unknown_table", "unknown_column", "statement", "constraint", "value", "locked", "conflict",
    "lost", "busy", "unreachable", "full", "read_only", "ended", "failed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error of a driver means.

    Attributes:
        message: what the database says.
        missing: a name that it does not know.
        fix: in place of the usual remedy.
    """

    kind: Kind
    message: str
    missing: str | None = None
    fix: str | None = None


def error_of(trouble: Trouble, title: str, *, sent: bool, known: Sequence[str] = ()) -> UserError | OperationalError:
    """The error that a node raises.

    Args:
        title: of the database: "PostgreSQL".
        sent: whether something may have been changed all the same.
        known: names that the missing one may have been meant for.
    """
    text = f"{title}: {' '.join(trouble.message.split()).rstrip('.')}"
    if trouble.missing is not None and "id you mean" not in text:
        bare = trouble.missing.strip("\"'`").rpartition(".")[2]
        text += hint(bare, known) or _offered(known)
    error = _error(trouble.kind, ended(text), sent=sent)
    if trouble.fix is not None:
        error.message = f"{ended(text)} {trouble.fix}"
        error.args = (error.message,)
    return error


def _error(kind: Kind, said: str, *, sent: bool) -> UserError | OperationalError:
    match kind:
        case "login":
            return UserError("db.refused", f"{said} Check username and password of the connection", sent=sent)
        case "rights":
            return UserError("db.refused", f"{said} Give the user of the connection the right to do that", sent=sent)
        case "unknown_table":
            return UserError("db.unknown_table", said, sent=sent)
        case "unknown_column":
            return UserError("db.unknown_column", said, sent=sent)
        case "statement":
            return UserError("db.statement", said, sent=sent)
        case "constraint":
            return UserError("db.constraint", said, sent=sent)
        case "value":
            return UserError("db.value", said, sent=sent)
        case "read_only":
            return UserError("db.read_only", f"{said} Reading changes nothing; use db.execute or db.write", sent=sent)
        case "locked":
            fix = "Somebody else holds a lock on it; try again later, or raise `lock_timeout`"
            return OperationalError("db.locked", f"{said} {fix}", sent=sent)
        case "conflict":
            return OperationalError(
                "db.conflict", f"{said} Others changed the same rows; a retry policy tries again", sent=sent
            )
        case "lost":
            return OperationalError(
                "db.lost", f"{said} The connection broke off; a retry policy tries again", sent=sent
            )
        case "busy":
            return OperationalError(
                "db.unreachable", f"{said} The server has no connection free; try again later", sent=sent
            )
        case "unreachable":
            return OperationalError(
                "db.unreachable", f"{said} Check host and port, and that the server runs", sent=sent
            )
        case "full":
            fix = "Make room, in memory or on the disk of the database"
            return OperationalError("db.full", f"{said} {fix}", retryable=False, sent=sent)
        case "ended" | "failed":
            return OperationalError("db.failed", said, retryable=False, sent=sent)


def ended(text: str) -> str:
    """Text as a whole sentence; a question has its sign already."""
    return text if text.endswith(("?", ".", "!")) else f"{text}."


def _offered(known: Sequence[str]) -> str:
    return f"; there are {', '.join(sorted(known)[:10])}" if known else ""
