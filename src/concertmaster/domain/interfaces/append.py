"""What the owner of an execution adds to its journal in one transaction, and what a start stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from concertmaster.domain.events import Event, ExecutionCreated
from concertmaster.domain.execution import ExecutionRow, ExecutionStatus, Failure, MessageKind
from concertmaster.domain.policy import WhenFull


@dataclass(frozen=True, slots=True)
class Change:
    """What an append changes in the execution's row; None leaves a field as it is.

    A final status gives back owner, wake-up and place under the concurrency limit; a status that is not final forgets
    an earlier end and its error.
    """

    status: ExecutionStatus | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The owner lets go of an execution that only waits.

    Attributes:
        wake_at: when it wants an owner again; None: not before a request comes or its place gets free.
    """

    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of an execution after event `seq`, so that nobody has to fold what came before."""

    seq: int
    data: bytes


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that a node logged; `n` counts from 1 within the execution."""

    n: int
    node: str
    attempt: int
    at: datetime
    level: str
    text: str


# Before the name of an outlet: its planned table is not the artifact, but made of it.
FOR_RECIPE = "recipe:"


@dataclass(frozen=True, slots=True)
class ArtifactReference:
    """Which outlet of which node made or reused an artifact, or with `FOR_RECIPE` needs it."""

    digest: str
    node: str
    outlet: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Slot:
    """The concurrency limit that an execution falls under: at most `limit` unfinished ones of the same `key`.

    Attributes:
        when_full: `queue`: it waits for a place; `skip`: it ends at once as cancelled; `cancel_oldest`: it waits, and
            all but the newest ones, as many as there are places, are asked to cancel.
    """

    key: str
    limit: int
    when_full: WhenFull = "queue"


@dataclass(frozen=True, slots=True)
class Child:
    """A child execution, made in the transaction of its parent's event; `owner` drives it from the start.

    With a concurrency limit it has no owner, and what the limit says about full ones counts for it as for any start:
    one that is skipped ends at once, and its parent is told.
    """

    id: str
    at: datetime
    body: ExecutionCreated
    owner: str | None
    priority: int = 0
    hidden: bool = True
    slot: Slot | None = None

    @property
    def row(self) -> ExecutionRow:
        """Its row, as it is stored."""
        return ExecutionRow(
            id=self.id,
            workflow=self.body.workflow,
            version=self.body.version,
            status="queued",
            epoch=0 if self.owner is None else 1,
            head_seq=1,
            trigger=self.body.trigger,
            created_at=self.at,
            priority=self.priority,
            owner=self.owner,
            wake_at=self.at if self.owner is None else None,
            slot_key=None if self.slot is None else self.slot.key,
            admitted=self.slot is None,
            parent=(self.body.parent or {}).get("execution"),
            hidden=self.hidden,
        )


@dataclass(frozen=True, slots=True)
class Message:
    """A row for the inbox of another execution; dropped when that one has ended."""

    execution_id: str
    kind: MessageKind
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listen:
    """A node waits for a named event; one that is kept and was not given to it before arrives at once.

    Attributes:
        once: what an event is given to only once: the node, or, in a `while` or `until`, its name in all rounds.
        shared: `once` is the same wait in whichever execution: rounds of a loop are in several children.
    """

    node: str
    name: str
    key: str
    once: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class AskApproval:
    """A node waits for the decision of a person; `about` is what he sees, `visible` the execution that lists show."""

    id: str
    visible: str
    node: str
    title: str
    about: Mapping[str, Any]
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StopAwaiting:
    """A node does not wait any more: what it listened for or asked goes away."""

    node: str


@dataclass(frozen=True, slots=True)
class KeptResult:
    """What a node that only computes gave, for later executions.

    Attributes:
        key: digest of all that the result depends on.
        outputs: JSON of the value of each outlet.
    """

    key: str
    execution: str
    node: str
    outputs: Mapping[str, Any]


Companion = Child | Message | Listen | AskApproval | StopAwaiting | KeptResult


@dataclass(frozen=True, slots=True)
class Append:
    """What the owner of an execution adds in one transaction.

    Attributes:
        epoch: the owner's; a stale one is refused with `StaleOwner`.
        events: consecutive seqs; the first follows the journal's head. May be empty when there are only log lines.
        consumed: ids of inbox rows that these events answer; deleted in the same transaction.
        snapshot: replaces the stored one.
        companions: what is stored with these events beside them.
        release: give up ownership in the same transaction, unless the inbox has requests by then.
    """

    execution_id: str
    epoch: int
    events: Sequence[Event]
    change: Change = field(default_factory=Change)
    artifacts: Sequence[ArtifactReference] = ()
    logs: Sequence[LogLine] = ()
    consumed: Sequence[int] = ()
    companions: Sequence[Companion] = ()
    snapshot: Snapshot | None = None
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What a start stores: the row, `execution.created` as seq 1, and the idempotency key.

    Attributes:
        noted: it stands among the fires of the trigger that it names, and what it was told is the trigger's sample.
        artifacts: that it names from the start.
    """

    id: str
    at: datetime
    body: ExecutionCreated
    idempotency_key: str | None = None
    fingerprint: str = ""
    priority: int = 0
    slot: Slot | None = None
    noted: bool = False
    artifacts: Sequence[ArtifactReference] = ()
