"""All Protocols on one page: what engine and services need from the outside, handed to them by `bootstrap`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from concertmaster.domain.access import Actor, ApiToken, LoginSession, Scope
from concertmaster.domain.events import Event, ExecutionCreated
from concertmaster.domain.execution import ExecutionRow, ExecutionStatus, Failure, MessageKind, RequestKind
from concertmaster.domain.policy import WhenFull
from concertmaster.domain.workflow import Trigger, Workflow

T = TypeVar("T")


class Clock(Protocol):
    """Time, handed in so that tests can move it."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


# --- journal -----------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class ArtifactReference:
    """Which outlet of which node made or reused an artifact."""

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
        once: what an event is given to only once: `<node>` or, in a loop over items, the node of this item.
    """

    node: str
    name: str
    key: str
    once: str


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


Companion = Child | Message | Listen | AskApproval | StopAwaiting


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
    """What a start stores: the row, `execution.created` as seq 1, and the idempotency key."""

    id: str
    at: datetime
    body: ExecutionCreated
    idempotency_key: str | None = None
    fingerprint: str = ""
    priority: int = 0
    slot: Slot | None = None


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


# --- stores ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredWorkflow:
    """One version of a workflow. `document` is canonical JSON text, `published` the published version's number."""

    name: str
    version: int
    published: int | None
    hash: str
    document: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WorkflowLine:
    """One line of the list of workflows."""

    name: str
    title: str | None
    description: str | None
    labels: Mapping[str, str]
    version: int
    published: int | None
    node_count: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One line of a workflow's history."""

    version: int
    hash: str
    published: bool
    created_at: datetime
    node_count: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, newest first; `next` is the cursor for the page after it."""

    items: Sequence[T]
    next: str | None = None


class WorkflowStore(Protocol):
    """Workflows and their immutable versions."""

    async def save(
        self, workflow: Workflow, *, publish: bool, expected_version: int | None, actor: Actor
    ) -> tuple[StoredWorkflow, bool]:
        """Store a version; unchanged content keeps the newest version (and publishes it when asked).

        Returns:
            The stored version and whether it is new.
        Raises:
            PreconditionFailed: `workflow.changed`, the newest version is not `expected_version`.
        """
        ...

    async def get(self, name: str, version: int | None = None) -> StoredWorkflow:
        """A version, the newest when none is given.

        Raises:
            NotFound: `workflow.not_found` or `workflow.version_not_found`.
        """
        ...

    async def list(self, *, before: str | None = None, limit: int = 100) -> Page[WorkflowLine]: ...

    async def versions(self, name: str, *, before: str | None = None, limit: int = 100) -> Page[VersionLine]: ...

    async def delete(self, name: str, *, actor: Actor) -> None:
        """Remove a workflow from lists; its versions stay readable for their executions."""
        ...


@dataclass(frozen=True, slots=True)
class OpenExecutions:
    """How many executions are not final, by status, and when the oldest that has not started was accepted."""

    by_status: Mapping[str, int]
    oldest_queued: datetime | None


class ExecutionStore(Protocol):
    """Reading executions; they are changed through the journal only."""

    async def get(self, execution_id: str) -> ExecutionRow:
        """Raises NotFound `execution.not_found`."""
        ...

    async def list(
        self,
        *,
        workflow: str | None = None,
        status: Sequence[ExecutionStatus] = (),
        before: str | None = None,
        limit: int = 50,
    ) -> Page[ExecutionRow]: ...

    async def open_executions(self) -> OpenExecutions:
        """For metrics; costs as much as there are open ones."""
        ...

    async def slot_holders(self, slot_key: str, *, limit: int = 20) -> Sequence[str]:
        """Ids of the unfinished executions that hold a place of a concurrency limit, oldest first."""
        ...

    async def latest(self, workflows: Sequence[str]) -> Mapping[str, ExecutionRow]:
        """The newest execution of each named workflow."""
        ...

    async def log_counts(self, execution_id: str) -> Mapping[str, int]:
        """How many lines each node logged; nodes without one are left out."""
        ...

    async def logs(
        self, execution_id: str, *, after: int = 0, node: str | None = None, level: str | None = None, limit: int = 1000
    ) -> list[LogLine]: ...


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection without its secrets: `fields` are the names of its values."""

    name: str
    type: str
    fields: Sequence[str]
    created_at: datetime
    updated_at: datetime


class ConnectionStore(Protocol):
    """Connections; `blob` is the encrypted JSON of the values."""

    async def put(
        self, name: str, type_: str, *, fields: Sequence[str], blob: bytes, actor: Actor, replace: bool
    ) -> StoredConnection:
        """Raises Conflict `connection.exists` unless `replace`."""
        ...

    async def get(self, name: str) -> tuple[StoredConnection, bytes]:
        """Raises NotFound `connection.not_found`."""
        ...

    async def list(self) -> list[StoredConnection]: ...

    async def delete(self, name: str, *, actor: Actor) -> None: ...


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
        """Store an event and give it to every wait with its name and key, in one transaction."""
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


# --- triggers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TriggerPlan:
    """What storage has to know of a trigger.

    Attributes:
        next_at: when it is due; None: never by the clock.
        address: what has to happen for it: a webhook's path, an event's name, another workflow.
    """

    next_at: datetime | None = None
    address: str | None = None


class TriggerKinds(Protocol):
    """What the types of triggers have in common; `trigger` is one of a validated document."""

    def plan(self, trigger: Trigger, at: datetime) -> TriggerPlan:
        """What to expect of it from `at` on."""
        ...

    def upcoming(self, trigger: Trigger, after: datetime, *, count: int) -> Sequence[datetime]:
        """Its next times; empty when it has none by the clock."""
        ...

    def between(self, trigger: Trigger, after: datetime, until: datetime) -> Iterator[datetime]:
        """Its times in (after, until], in order.

        Raises:
            UserError: `trigger.no_times`, it has none by the clock.
        """
        ...

    def info(self, trigger: Trigger, name: str, at: datetime) -> dict[str, Any]:
        """`trigger` of an execution that it starts for the instant `at`; made up where more than a time starts it."""
        ...


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A trigger of a published version.

    Attributes:
        version: the published version.
        sample: what started its last execution, to start another one for trying things out.
        secret: of a token that callers must know, the digest.
        files_since: of a file trigger: files that were there by then are still to be noted as known; None: they are.
        begun: a process died while it started the execution of `next_at`; perhaps it is there.
    """

    workflow: str
    name: str
    type: str
    config: Mapping[str, Any]
    version: int
    enabled: bool
    next_at: datetime | None = None
    address: str | None = None
    sample: Mapping[str, Any] | None = None
    secret: str | None = field(default=None, repr=False)
    files_since: datetime | None = None
    begun: bool = False


@dataclass(frozen=True, slots=True)
class TriggerFire:
    """What became of a time, or of something that happened.

    Attributes:
        outcome: `started`, `skipped` or `failed`.
        count: of skipped times in a row, of which `scheduled_at` is the first.
    """

    at: datetime
    outcome: str
    reason: str | None = None
    execution: str | None = None
    scheduled_at: datetime | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class TriggerProgress:
    """What the process that claimed a trigger has done.

    Attributes:
        next_at: the time that it has not dealt with yet.
        keep: it goes on with that one; else everybody may claim the trigger again.
    """

    workflow: str
    name: str
    next_at: datetime | None
    fires: Sequence[TriggerFire] = ()
    sample: Mapping[str, Any] | None = None
    keep: bool = False


class TriggerStore(Protocol):
    """Triggers of published versions; they come and go with `WorkflowStore.save` and `delete`."""

    async def list(
        self, *, workflow: str | None = None, before: str | None = None, limit: int = 100
    ) -> Page[TriggerRow]:
        """By workflow and name."""
        ...

    async def get(self, workflow: str, name: str) -> TriggerRow:
        """Raises NotFound `trigger.not_found`."""
        ...

    async def fires(self, triggers: Sequence[TriggerRow], *, limit: int) -> Sequence[Sequence[TriggerFire]]:
        """The last ones of each, newest first."""
        ...

    async def enable(
        self, workflow: str, name: str, *, enabled: bool, next_at: datetime | None, actor: Actor
    ) -> TriggerRow:
        """Let it start executions from `next_at` on, or no longer. Raises NotFound `trigger.not_found`."""
        ...

    async def claim_due(self, owner: str, *, now: datetime, limit: int) -> Sequence[TriggerRow]:
        """Take triggers that are due, the longest due first; those of a dead owner are `begun`."""
        ...

    async def due_until(self, until: datetime, *, limit: int) -> Sequence[TriggerRow]:
        """Those that nobody has claimed and that are due until then, the first due first."""
        ...

    async def next_due(self) -> datetime | None:
        """When the next one that nobody has claimed is due."""
        ...

    async def at_address(self, type_: str, address: str) -> Sequence[TriggerRow]:
        """Those that something which happened there is for."""
        ...

    async def note(self, row: TriggerRow, fire: TriggerFire, *, sample: Mapping[str, Any] | None) -> None:
        """Store what became of something that happened."""
        ...

    async def set_secret(self, workflow: str, name: str, secret: str, *, actor: Actor) -> None:
        """Replace the digest of the token. Raises NotFound `trigger.not_found`."""
        ...

    async def advance(self, owner: str, progress: Sequence[TriggerProgress]) -> None:
        """Store what was done with triggers claimed by `owner`; a trigger that was changed meanwhile keeps its plan."""
        ...


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened and that a trigger listens to; whoever claims it starts what is to be started.

    Attributes:
        source: what it was: the number of an event, or an execution and the seq of its end.
        told: what is known of it.
        due_at: not to be claimed before.
    """

    id: int
    workflow: str
    trigger: str
    type: str
    source: str
    told: Mapping[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a happening.

    Attributes:
        fire: None: the trigger was not meant.
        sample: what the execution was told.
    """

    happening: Happening
    fire: TriggerFire | None = None
    sample: Mapping[str, Any] | None = None


class HappeningStore(Protocol):
    """What happened for triggers; each is worked off by one living process at a time."""

    async def claim(self, owner: str, *, now: datetime, limit: int) -> Sequence[Happening]:
        """The first ones that no other living process has; those that `owner` has already, too."""
        ...

    async def settle(self, settled: Sequence[Settled]) -> None:
        """Remove them, and store what became of each that was still there, in one transaction."""
        ...

    async def postpone(self, ids: Sequence[int], until: datetime) -> None:
        """Let go of them until then."""
        ...

    async def followed(self) -> frozenset[str]:
        """Workflows whose ends a trigger listens to."""
        ...


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The version of a file for which a file trigger has started something, or was not to.

    Attributes:
        changed_ns: when anything about it changed, its rights and name too.
        digest: of its content; None when that was not looked at.
        gone_at: since when it is not there any more.
    """

    path: str
    size_bytes: int
    modified_ns: int
    changed_ns: int
    digest: str | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FileProgress:
    """What whoever watches a file trigger has done.

    Attributes:
        since: `files_since` of the trigger as he knows it.
        files: new versions of what is known.
        sample: what the last execution was told.
    """

    workflow: str
    trigger: str
    since: datetime | None = None
    files: Sequence[KnownFile] = ()
    fires: Sequence[TriggerFire] = ()
    sample: Mapping[str, Any] | None = None


class FileWatchStore(Protocol):
    """File triggers; each is watched by one living process at a time."""

    async def claim(self, owner: str) -> Sequence[TriggerRow]:
        """All that are enabled and that no other living process watches."""
        ...

    async def known(self, workflow: str, trigger: str) -> Mapping[str, KnownFile]:
        """The files that it knows, by path."""
        ...

    async def advance(self, owner: str, progress: FileProgress, *, now: datetime) -> bool:
        """Store progress, and that the files of `since` are noted; False, and nothing is stored, when another process
        watches it by now or it was told something else."""
        ...


@dataclass(frozen=True, slots=True)
class Backfill:
    """The times of a schedule in a range that has passed, and how far their executions are.

    Attributes:
        version, config: of the trigger when it was ordered.
        from_at, until_at: the range, without its end.
        status: `running`, `paused`, `cancelled` or `finished`.
        concurrency: how many of its executions there are at one time at most.
        total: how many times there are.
        cursor_at: the last time that was dealt with; None before the first.
        active: ids of executions that have not ended, as far as was looked.
        refused: times whose execution could not be started; `error` is the last reason.
    """

    id: str
    workflow: str
    trigger: str
    version: int
    config: Mapping[str, Any]
    from_at: datetime
    until_at: datetime
    status: str
    concurrency: int
    total: int
    created_at: datetime
    created_by: str
    cursor_at: datetime | None = None
    active: Sequence[str] = ()
    started: int = 0
    succeeded: int = 0
    failed: int = 0
    refused: int = 0
    error: str | None = None


class BackfillStore(Protocol):
    """Backfills; each is worked off by one living process at a time."""

    async def create(self, backfill: Backfill, *, actor: Actor) -> None: ...

    async def get(self, backfill_id: str) -> Backfill:
        """Raises NotFound `backfill.not_found`."""
        ...

    async def list(self, *, before: str | None = None, limit: int = 100) -> Page[Backfill]:
        """Newest first."""
        ...

    async def switch(self, backfill_id: str, *, status: str, of: Sequence[str], actor: Actor) -> Backfill:
        """Give it another status.

        Raises:
            NotFound: `backfill.not_found`.
            Conflict: `backfill.status`, its status is none of `of`.
        """
        ...

    async def claim(self, owner: str) -> Sequence[Backfill]:
        """All that have something to do and that no other living process works off."""
        ...

    async def advance(self, owner: str, backfill: Backfill) -> None:
        """Store progress, unless another process has it by now; of the status only `finished` counts."""
        ...

    async def ended(self, ids: Sequence[str]) -> Mapping[str, ExecutionStatus]:
        """Those of these executions that have ended, with their status."""
        ...


# --- events, work, secrets -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Committed:
    """What one execution got in a group commit: events that are durable now, and its row after them.

    Attributes:
        data: the JSON text of each event's `data`, encoded once for journal and stream.
    """

    row: ExecutionRow
    events: Sequence[Event]
    data: Sequence[bytes]


class Subscription(Protocol):
    """A bounded queue of what was committed; leave it with `close`."""

    async def next(self) -> list[Committed]:
        """What came since the last call, waited for; empty when closed.

        Raises:
            OperationalError: `stream.overflow`, the reader was too slow; catch up from the journal.
        """
        ...

    def close(self) -> None: ...


class EventBus(Protocol):
    """Fan-out of committed events. If it fails nothing is lost: readers catch up from the journal by seq."""

    def publish(self, committed: Sequence[Committed]) -> None: ...

    def subscribe(self, execution_id: str | None) -> Subscription:
        """Follow one execution, or all (None)."""
        ...


class Cipher(Protocol):
    """Authenticated encryption; `context` binds a blob to its place."""

    def encrypt(self, plain: bytes, context: str) -> bytes: ...

    def decrypt(self, blob: bytes, context: str) -> bytes: ...


class Abandoned(Exception):
    """A thread went on after it was told to stop; it cannot be killed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a call that has to wait for a free thread or process tells, once or more often.

    Attributes:
        waits: called on the loop with what it waits for, `threads` or `processes`.
        goes_on: awaited with the place taken, before the function runs.
    """

    waits: Callable[[str], None]
    goes_on: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class IsolatedCall:
    """A call of a node function in a child process: plain data, and what the child may ask for while it runs.

    Attributes:
        owner: whose code it is; a child that ran code of one owner never runs that of another.
        node: the node's id, for messages.
        job: plain JSON data that says what to run; what it means is between `engine.isolated` and the child.
        unfinished: folder where a child may have one for artifacts that it has not finished; removed with the child.
        memory_bytes: limit of memory, when it is another than everybody's.
        expired: whether a cancellation means that the time is over: the child is then killed at once.
        on_log: called on the loop with (level, text).
        on_progress: called on the loop with (done, total).
        connection: gives a connection by name, as plain JSON data.
        turn: told when it waits for a free process.
    """

    owner: str
    node: str
    job: Mapping[str, Any]
    unfinished: Path
    memory_bytes: int | None
    expired: Callable[[], bool]
    on_log: Callable[[str, str], None]
    on_progress: Callable[[float, float | None], None]
    connection: Callable[[str], Awaitable[Mapping[str, Any]]]
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class ComputeStats:
    """What runs outside of the server's own loop at this moment, and what went wrong since its start.

    Attributes:
        threads: node functions in threads.
        abandoned_threads: of these, how many were left behind and still hold their slot.
        plugin_loop_lag_seconds: by how much the loop of plugins is late now.
        plugin_loops_replaced: how often that loop was blocked, and left behind.
        children: child processes with node code, idle ones included.
        children_killed: how many were killed for time, memory, CPU or a cancellation.
    """

    threads: int = 0
    abandoned_threads: int = 0
    plugin_loop_lag_seconds: float = 0.0
    plugin_loops_replaced: int = 0
    children: int = 0
    children_killed: int = 0


class Compute(Protocol):
    """Where a node's function runs: on the loop, on a second loop, in a thread, in a child process."""

    async def run(
        self,
        call: Callable[[], Any],
        *,
        where: str,
        stop: Callable[[], None],
        alone: str | None = None,
        turn: Turn | None = None,
    ) -> Any:
        """Run `call` and return its result.

        Args:
            where: `loop` (call returns an awaitable), `plugin_loop` (the same, on a loop of its own), `thread`.
            stop: called once when the caller is cancelled; `Context.cancelled` is true from then on.
            alone: it does not start before every abandoned thread of the same name has ended.
            turn: told when it waits for a free thread.
        Raises:
            Abandoned: cancelled, and a thread did not end within its grace (10 s): its result will be dropped and
                its slot stays taken until it ends.
        """
        ...

    async def run_isolated(self, call: IsolatedCall) -> Mapping[str, Any]:
        """Run a call in a child process; when the caller is cancelled, the child is told to end, then killed.

        Returns:
            What the child answered: plain JSON data, bounded in size, otherwise as untrusted as the child.
        Raises:
            OperationalError: `node.crashed`, `node.out_of_memory`, `node.cpu_exceeded`, `node.too_many_processes`,
                `node.no_process`: the child is gone, and says what ended it.
        """
        ...

    def left_behind(self, alone: str) -> bool:
        """Whether an abandoned thread of that name still runs."""
        ...

    def stats(self) -> ComputeStats:
        """What runs now."""
        ...


class Slots(Protocol):
    """Places under the limits of node types and connections, over all processes on the database.

    A place belongs to its owner's lease: when the owner is dead it is free.
    """

    async def take(self, resource: str, *, limit: int, holder: str) -> bool:
        """Take a place; False when all are taken. Taking it twice is taking it once."""
        ...

    async def give_back(self, resource: str, *, holder: str) -> None:
        """Free a place, and let other processes know; nothing happens when it is not held by this process."""
        ...

    async def holders(self, resource: str) -> Sequence[str]:
        """Who holds the places, oldest first: `<execution>/<node>/<attempt>`."""
        ...


class Lease(Protocol):
    """The life of this process as the database sees it: whoever has no lease owns nothing."""

    async def register(self, owner: str) -> None:
        """Take a lease under a new name, and keep it; waits for a database in trouble."""
        ...

    async def release(self) -> None:
        """Give it back, with every execution and place that goes with it: they are due at once, for whoever comes."""
        ...


class Placement(Protocol):
    """Where an execution is driven."""

    def submit(self, claim: Claim) -> None:
        """Start driving an execution that this process has claimed."""
        ...

    @property
    def full(self) -> bool:
        """Whether as many executions are in memory as may be."""
        ...

    def room(self) -> int:
        """How many claims of executions that have a history may be submitted now."""
        ...

    def wake(self, execution_id: str) -> bool:
        """Tell the drive of an execution to look at its inbox; False when it is not driven here."""
        ...
