"""Triggers and what became of their times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from concertmaster.domain.access import Actor
from concertmaster.domain.interfaces.stores import Page
from concertmaster.domain.workflow import Trigger


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
        sample_kept: somebody chose the sample; what starts executions leaves it alone.
        listen_until: until then the next call of a webhook is kept as the sample, and starts nothing.
        files_since: of a file trigger: files that were there by then are still to be noted as known; None: they are.
        begun: it was claimed before, and whoever had it could not say what became of it; perhaps the execution of
            `next_at` is there.
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
    sample_kept: bool = False
    listen_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TriggerFire:
    """What became of a time, or of something that happened.

    Attributes:
        outcome: `started`, `skipped`, `failed` or, of calls of a webhook, `refused`.
        count: of skipped times in a row, of which `scheduled_at` is the first; of calls refused within a minute.
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
        """The last ones of each, newest first; refused ones push out no others."""
        ...

    async def enable(self, workflow: str, name: str, *, enabled: bool, at: datetime, actor: Actor) -> TriggerRow:
        """Let it start executions, from `at` on, or no longer.

        Raises:
            NotFound: `trigger.not_found`.
            UserError: `trigger.unreadable`, it cannot be planned.
        """
        ...

    async def claim_due(self, owner: str, *, now: datetime, limit: int) -> Sequence[TriggerRow]:
        """Take triggers that are due, the longest due first.

        Those of a dead owner, and those that `owner` has already, are `begun`: the answer to a claim may be lost. So
        nobody claims who is not through with what it has.
        """
        ...

    async def due_until(self, until: datetime, *, limit: int) -> Sequence[TriggerRow]:
        """Those that nobody has claimed and that are due until then, the first due first."""
        ...

    async def next_due(self, owner: str) -> datetime | None:
        """When the next one is due that nobody but `owner` has claimed."""
        ...

    async def at_address(self, type_: str, address: str) -> Sequence[TriggerRow]:
        """Those that something which happened there is for."""
        ...

    async def note(self, row: TriggerRow, fire: TriggerFire) -> None:
        """Store what became of something that happened."""
        ...

    async def note_refused(self, refused: Sequence[tuple[str, str, TriggerFire]]) -> None:
        """Add to the refused calls of a workflow's trigger: those of one minute and reason are one fire."""
        ...

    async def set_secret(self, workflow: str, name: str, secret: str, *, actor: Actor) -> None:
        """Replace the digest of the token. Raises NotFound `trigger.not_found`."""
        ...

    async def set_sample(self, workflow: str, name: str, sample: Mapping[str, Any] | None, *, actor: Actor) -> None:
        """Keep a sample, whatever is told later, and stop listening; None: forget it, and take the next one.

        Raises NotFound `trigger.not_found`.
        """
        ...

    async def listen(self, workflow: str, name: str, until: datetime | None, *, actor: Actor) -> None:
        """Let the next call until then be the sample, on whatever server; None: no longer.

        Raises NotFound `trigger.not_found`.
        """
        ...

    async def hear(self, row: TriggerRow, sample: Mapping[str, Any], *, at: datetime) -> bool:
        """Keep a call as the sample if the trigger listens at that moment; of calls at one time only one is."""
        ...

    async def advance(self, owner: str, progress: Sequence[TriggerProgress]) -> None:
        """Store what was done with triggers claimed by `owner`; a trigger that was changed meanwhile keeps its plan."""
        ...
