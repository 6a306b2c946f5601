"""The error tree: each error says whose fault it is, so that every door can answer rightly.

Anything that is not a `ConcertMasterError` is a bug and is reported as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concertmaster.domain.problems import Problem


class ConcertMasterError(Exception):
    """An error that ConcertMaster raises on purpose.

    Args:
        code: stable, documented, dotted lower case (`workflow.not_found`).
        message: names the place and the remedy, for a person.
        details: plain JSON data for programs.
    """

    retryable = False

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


class UserError(ConcertMasterError):
    """The request, document, config or data is wrong; trying again as it is will not help."""


class NotFound(UserError):
    """What was named does not exist."""


class Conflict(UserError):
    """The request contradicts the present state (a newer version, a key used with another body, a lock held)."""


class PreconditionFailed(UserError):
    """`If-Match` names a version that is no longer the newest."""


class NotLoggedIn(UserError):
    """The request shows no login that is good."""


class TooManyRequests(UserError):
    """Nothing more is answered for a while; `retry_after` says for how long, in seconds."""

    def __init__(self, code: str, message: str, *, retry_after: int, **details: Any) -> None:
        super().__init__(code, message, **details)
        self.retry_after = retry_after


class Invalid(UserError):
    """A document or request body has problems; `problems` lists them all."""

    def __init__(self, code: str, message: str, problems: Sequence[Problem], **details: Any) -> None:
        super().__init__(code, message, **details)
        self.problems = tuple(problems)


class OperationalError(ConcertMasterError):
    """The world is in the way: network, disk, a time-out. `retryable` says whether trying again may help."""

    def __init__(self, code: str, message: str, *, retryable: bool = True, **details: Any) -> None:
        super().__init__(code, message, **details)
        self.retryable = retryable


class StaleOwner(OperationalError):
    """Somebody else owns the execution now: its events were refused; memory must be thrown away."""

    def __init__(self, execution_id: str) -> None:
        super().__init__("execution.stale_owner", f"Execution {execution_id} has another owner by now", retryable=False)
        self.execution_id = execution_id
