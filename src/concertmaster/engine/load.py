"""Load: what a new owner makes of the journal before it drives an execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.events import (
    Event,
    ExecutionCreated,
    ExecutionInterrupted,
    ExecutionResumed,
    ExecutionRetried,
)
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import Claim, History, InboxItem
from concertmaster.domain.parentage import Parentage
from concertmaster.engine.failures import failure_of
from concertmaster.engine.fold import fold
from concertmaster.engine.item_values import with_values
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import Plan
from concertmaster.engine.snapshot import code_in, restore
from concertmaster.engine.state import ExecutionState, initial

TAKEOVERS_LIMIT = 5


@dataclass(frozen=True, slots=True)
class Loaded:
    """An execution in memory.

    Attributes:
        inbox: requests that nobody has answered yet.
        snapshot_seq: of the stored snapshot, 0 without one.
        log_lines: logged so far.
    """

    state: ExecutionState
    inbox: Sequence[InboxItem] = ()
    snapshot_seq: int = 0
    log_lines: int = 0


async def load(engine: Engine, claim: Claim, *, trouble: str = "") -> Loaded | Failure:
    """Fold what is in the journal; a failure when nobody can drive this execution as things are.

    Args:
        trouble: why the last try failed, where it is known.
    Raises:
        OperationalError: a database in trouble; it is worth trying again.
    """
    if claim.takeovers > TAKEOVERS_LIMIT:
        return Failure(
            "crash_loop",
            f"This execution was taken over {claim.takeovers - 1} times and nobody got anywhere with it"
            + (f" ({trouble})" if trouble else "")
            + "; find out what ends the server, then resume or cancel the execution",
        )
    try:
        return await _loaded(engine, claim)
    except ConcertMasterError as error:
        if error.retryable:
            raise
        return failure_of(error, node="")


async def _loaded(engine: Engine, claim: Claim) -> Loaded:
    row = claim.row
    if claim.created is not None:
        plan = await engine.plans.get(row.workflow, row.version, code_after({}, [claim.created]))
        state = _initial(engine, row.id, plan, claim.created)
        return Loaded(await with_values(engine, fold(state, [claim.created])))
    history = await engine.journal.history(row.id)
    code = code_after({} if history.snapshot is None else code_in(history.snapshot), history.events)
    plan = await engine.plans.get(row.workflow, row.version, code, anew=_goes_on_after_end(history))
    state = await _folded(engine, row.id, plan, history, child=row.parent is not None)
    snapshot_seq = 0 if history.snapshot is None else history.snapshot.seq
    return Loaded(await with_values(engine, state), history.inbox, snapshot_seq, history.log_lines)


def code_after(code: Mapping[str, str], events: Sequence[Event]) -> Mapping[str, str]:
    """The code that an execution goes on with, see `ExecutionCreated`, after these events."""
    for event in events:
        match event.body:
            case ExecutionCreated(code=told) | ExecutionRetried(code=told) | ExecutionResumed(code=told):
                code = code if told is None else told
            case _:
                pass
    return code


def _goes_on_after_end(history: History) -> bool:
    """Whether somebody asks an ended execution to go on: a pause is none, and who has not ended is not retried."""
    ended = bool(history.events) and isinstance(history.events[-1].body, ExecutionInterrupted)
    return any(item.kind == "retry" or (ended and item.kind == "resume") for item in history.inbox)


def _initial(engine: Engine, execution_id: str, plan: Plan, created: Event) -> ExecutionState:
    """The state before the first event, which says whether it is a child."""
    body = created.body
    if not isinstance(body, ExecutionCreated) or body.parent is None:
        return initial(execution_id, plan)
    parentage = Parentage.from_json(body.parent)
    own = engine.plans.of_items(plan, parentage) if parentage.hidden else plan
    return initial(execution_id, own, parentage)


async def _folded(engine: Engine, execution_id: str, plan: Plan, history: History, *, child: bool) -> ExecutionState:
    if history.snapshot is None:
        return fold(_initial(engine, execution_id, plan, history.events[0]), history.events)
    first = (await engine.journal.read(execution_id, limit=1))[0] if child else None
    empty = initial(execution_id, plan) if first is None else _initial(engine, execution_id, plan, first)
    restored = restore(history.snapshot, empty)
    if restored is not None:
        return fold(restored, history.events)
    events = await engine.journal.read(execution_id)
    return fold(_initial(engine, execution_id, plan, events[0]), events)
