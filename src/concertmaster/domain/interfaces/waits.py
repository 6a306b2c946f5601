"""What nodes wait for that others give: named events and approvals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from concertmaster.domain.access import Actor
from concertmaster.domain.interfaces.stores import Page


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """An event that somebody sends to whoever waits for it.

    Attributes:
        keep_seconds: how long it is kept for waits that begin later.
        idempotency_key: sent again with the same key it is the same event.
        sender: the execution that sends it.
    """

    name: str
    key: str
    data: Any
    keep_seconds: float
    idempotency_key: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class SentEvent:
    """What became of it: its number, the executions that got it, whether it had been sent before."""

    id: int
    delivered: Sequence[str]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Approval:
    """A question to people, with the answer once there is one.

    Attributes:
        execution_id: whose node asks; `visible_id`: what lists show of it, where it is a part of another.
        about: instructions, assignees, form, when_due.
        status: `open`, `approved`, `rejected`, `expired` (nobody decided in time), `withdrawn` (no longer asked).
    """

    id: str
    execution_id: str
    visible_id: str
    workflow: str
    node: str
    title: str
    about: Mapping[str, Any]
    status: str
    created_at: datetime
    due_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    comment: str | None = None
    data: Mapping[str, Any] | None = None


class WaitStore(Protocol):
    """Named events and approvals: what nodes wait for that others give."""

    async def send(self, event: NamedEvent, *, actor: Actor) -> SentEvent:
        """Store an event and give it to every wait with its name and key, in one transaction.

        Raises:
            Conflict: `event.key_reused`, the idempotency key belongs to another event; one that an execution sends is
                the same whatever it says.
        """
        ...

    async def approval(self, approval_id: str) -> Approval:
        """Raises NotFound `approval.not_found`."""
        ...

    async def approvals(
        self, *, status: str | None, execution_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> Page[Approval]:
        """Newest first."""
        ...

    async def decide(
        self, approval_id: str, decision: str, *, comment: str, data: Mapping[str, Any], actor: Actor
    ) -> Approval:
        """Store an answer and tell the execution, in one transaction; `expired` is an answer too.

        Raises:
            NotFound: `approval.not_found`.
            Conflict: `approval.answered`, it is not open any more.
        """
        ...
