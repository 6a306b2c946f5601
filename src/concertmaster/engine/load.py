"""Load: what a new owner makes of the journal before it drives an execution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import Claim, History, InboxItem
from concertmaster.engine.failures import failure_of
from concertmaster.engine.fold import fold
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import Plan
from concertmaster.engine.snapshot import restore
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
    row = claim.row
    if claim.takeovers > TAKEOVERS_LIMIT:
        return Failure(
            "crash_loop",
            f"This execution was taken over {claim.takeovers - 1} times and nobody got anywhere with it"
            + (f" ({trouble})" if trouble else "")
            + "; find out what ends the server, then resume or cancel the execution",
        )
    try:
        plan = await engine.plans.get(row.workflow, row.version)
    except ConcertMasterError as error:
        if error.retryable:
            raise
        return failure_of(error, node="")
    if claim.created is not None:
        return Loaded(fold(initial(row.id, plan), [claim.created]))
    history = await engine.journal.history(row.id)
    state = await _folded(engine, row.id, plan, history)
    snapshot_seq = 0 if history.snapshot is None else history.snapshot.seq
    return Loaded(state, history.inbox, snapshot_seq, history.log_lines)


async def _folded(engine: Engine, execution_id: str, plan: Plan, history: History) -> ExecutionState:
    if history.snapshot is None:
        return fold(initial(execution_id, plan), history.events)
    restored = restore(history.snapshot, execution_id, plan)
    if restored is not None:
        return fold(restored, history.events)
    return fold(initial(execution_id, plan), await engine.journal.read(execution_id))
