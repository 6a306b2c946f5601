"""What becomes of an execution that cannot even be loaded: it is interrupted, and so is the one that waits for it."""

from __future__ import annotations

from concertmaster.domain import events
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import Append, Change, Claim, Message
from concertmaster.domain.parentage import Parentage
from concertmaster.engine.offspring import inner, report_of
from concertmaster.engine.parts import Engine


async def interrupt_unloaded(engine: Engine, claim: Claim, error: Failure) -> None:
    """Interrupt it, durably."""
    now, row = engine.clock.now(), claim.row
    event = events.Event(row.id, row.head_seq + 1, now, events.ExecutionInterrupted(error))
    change = Change(status="interrupted", ended_at=now, error=error)
    told = await _to_parent(engine, row.id, error) if row.parent is not None else ()
    await engine.journal.append(Append(row.id, row.epoch, (event,), change, companions=told))


async def _to_parent(engine: Engine, execution_id: str, error: Failure) -> list[Message]:
    created = (await engine.journal.read(execution_id, limit=1))[0].body
    if not isinstance(created, events.ExecutionCreated) or created.parent is None:
        return []
    parentage = Parentage.from_json(created.parent)
    data = {"status": "interrupted", "error": inner(error, parentage).as_json()}
    return [report_of(parentage, execution_id, data)]
