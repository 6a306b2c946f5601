"""The journal: the append-only truth about executions, with ownership and inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from concertmaster.domain.access import Actor
from concertmaster.domain.events import Event
from concertmaster.domain.execution import ExecutionRow, MessageKind, RequestKind
from concertmaster.domain.interfaces.append import Append, NewExecution, Snapshot


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A request of somebody else to the owner of an execution, with at least `reason`, or what one of its nodes waits
    for."""

    id: int
    kind: MessageKind
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """Ownership of an execution under a new epoch.

    Attributes:
        row: as the claim left it. Not `admitted`: it may answer its requests, but not start to run.
        takeovers: claims in a row, this one included, after which nothing was appended.
        created: the first event when the claimer has just made the execution; then there is nothing to read.
    """

    row: ExecutionRow
    takeovers: int = 0
    created: Event | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What a new owner reads, all of one moment.

    Attributes:
        events: those after the snapshot, or all.
        log_lines: how many lines the nodes logged.
    """

    snapshot: Snapshot | None
    events: Sequence[Event]
    inbox: Sequence[InboxItem]
    log_lines: int


class Journal(Protocol):
    """The append-only truth about executions, with group commit, ownership and inbox.

    An implementation is told at construction whom to call, on the loop and after the commit, with what has become
    durable (`on_commit`), and with the ids of executions that want attention: a request came, a place got free, a
    wake-up is near (`on_wake`). With several processes on one database, `on_wake` is called in all of them.
    """

    async def create(self, new: NewExecution, *, actor: Actor, owner: str | None = None) -> tuple[ExecutionRow, bool]:
        """Store a new execution durably.

        Args:
            owner: claim it in the same transaction (epoch 1) if it is admitted, which saves the claim's commit;
                without an owner it is due at once.
        Returns:
            The row, and whether it is new: with a known idempotency key the earlier execution is returned. The row
            has the owner when it was claimed, and is final when its limit was full and said `skip`.
        Raises:
            Conflict: `execution.key_reused`, the key was used with another fingerprint.
        """
        ...

    async def claim(self, execution_id: str, owner: str) -> Claim | None:
        """Take ownership (epoch + 1) of an unfinished execution.

        None when it is final or unknown, when a living process owns it, or when it has no place under its concurrency
        limit and no request to answer.
        """
        ...

    async def claim_due(self, owner: str, *, now: datetime, limit: int) -> list[Claim]:
        """Take ownership of executions whose owner is dead or whose wake-up is due; higher priority, then older, first.

        Args:
            now: compared with wake-ups; whether an owner lives is judged by the database's clock.
        """
        ...

    async def next_due(self) -> datetime | None:
        """The earliest wake-up of an execution without owner; None when there is none."""
        ...

    async def disown(self, execution_id: str, epoch: int, *, wake_at: datetime) -> None:
        """Give an execution back whose drive broke down; nothing happens when the epoch is not the newest."""
        ...

    def append(self, batch: Append) -> asyncio.Future[bool]:
        """Queue events for the next group commit; the future resolves once they are durable.

        Encoding happens before this returns, so a value that cannot be stored raises here (UserError
        `event.not_storable`) and never harms the group. Later appends of the same execution commit later or in
        the same transaction, so waiting for the last future is a barrier for all before it.
        The future raises `StaleOwner` when another owner has taken over; its result says whether ownership was
        released, as the batch asked.
        """
        ...

    async def history(self, execution_id: str) -> History:
        """Everything that a new owner has to know."""
        ...

    async def read(self, execution_id: str, after_seq: int = 0, *, limit: int | None = None) -> list[Event]:
        """Committed events with seq > after_seq, in order."""
        ...

    def row(self, execution_id: str) -> ExecutionRow | None:
        """The row of an unfinished execution owned here, as last committed; costs no I/O. None: read the store."""
        ...

    async def inbox(self, execution_id: str) -> list[InboxItem]:
        """Requests not yet consumed, oldest first."""
        ...

    async def post(
        self, execution_id: str, kind: RequestKind, data: Mapping[str, Any], *, actor: Actor
    ) -> ExecutionRow:
        """Put a request into the inbox, with its audit row, and tell the owner (`on_wake`).

        An execution without owner becomes due; one in a final status is queued again (`domain.execution.REQUESTS`).

        Raises:
            NotFound: `execution.not_found`.
            Conflict: `execution.ended`, `execution.not_ended` or `execution.not_paused`: it is in no status in which
                this can be asked.
        """
        ...

    async def unfinished(self) -> int:
        """How many executions are not final."""
        ...
