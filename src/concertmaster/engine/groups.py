"""Groups: attempts of nodes that may be computed together, from their start until it is known how they run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.interfaces import Abandoned, Turn
from concertmaster.engine.context import NodeContext
from concertmaster.engine.fused import Fused, NotThisTimeError, run_fused
from concertmaster.engine.fusing import may_end, members_of
from concertmaster.engine.job import Attempt
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.recorder import Recorder
from concertmaster.nodes.lazy import NotTogetherError

_log = logging.getLogger(__name__)
# Failures in a row after which a group of a version is not tried any more in this process.
_TRIES = 3


class Groups:
    """The groups of one execution."""

    def __init__(self, engine: Engine, recorder: Recorder, context_of: Callable[[Attempt], NodeContext]) -> None:
        self._engine = engine
        self._recorder = recorder
        self._context_of = context_of
        self._parked: dict[str, list[Attempt]] = {}

    def park(self, attempt: Attempt) -> bool:
        """Whether it waits until the decider has had its say, for what else starts with it."""
        planned = attempt.planned
        if planned.group is None or attempt.number != 1 or not self._engine.settings.fuse:
            return False
        if (self._engine.apart.get(self._key(planned.group)) or 0) >= _TRIES:
            return False
        self._parked.setdefault(planned.group, []).append(attempt)
        return True

    def take(self) -> Iterator[tuple[list[Attempt], Sequence[PlanNode]]]:
        """What was parked, each with the nodes that are to be computed together with it; none: one by one."""
        parked, self._parked = self._parked, {}
        for tail, attempts in parked.items():
            members: Sequence[PlanNode] = ()
            if not any(attempt.stop_reason for attempt in attempts):
                members = members_of(self._recorder.state, tail, {attempt.node for attempt in attempts})
            limited = self._engine.limits.concerning(f"node_type:{one.spec.id}" for one in members)
            yield attempts, () if limited else members

    async def run(self, attempts: Sequence[Attempt], members: Sequence[PlanNode], turn: Turn) -> Fused | None:
        """Compute them together; None: they have to run one by one."""
        key = self._key(members[-1].id)
        begun = {attempt.node: attempt for attempt in attempts}

        def context_of(planned: PlanNode) -> NodeContext:
            # Nobody is told what a node says that has not begun for others.
            return self._context_of(begun.get(planned.id) or Attempt(planned, 1, attempts[0].started_at))

        try:
            outputs = await run_fused(self._engine, self._recorder.state, members, context_of, turn)
        except (asyncio.CancelledError, Abandoned, NotThisTimeError):
            return None
        except Exception as error:
            # Whose error it is, and whether it is one, shows when they run one by one.
            failures = _TRIES if isinstance(error, NotTogetherError) else (self._engine.apart.get(key) or 0) + 1
            self._engine.apart.put(key, failures)
            place = {"execution_id": self._recorder.state.execution_id, "node": members[-1].id}
            ours = not isinstance(error, ConcertMasterError | NotTogetherError)
            _log.log(
                logging.WARNING if ours else logging.INFO, "nodes run one by one: %s", error, extra=place, exc_info=ours
            )
            return None
        self._engine.apart.put(key, 0)
        return Fused(attempts, members, outputs)

    def may_end(self, fused: Fused) -> bool:
        """Whether the execution still goes the way on which they were computed."""
        if any(attempt.stop_reason for attempt in fused.attempts):
            return False
        return may_end(self._recorder.state, fused.members, {attempt.node for attempt in fused.attempts})

    def _key(self, tail: str) -> tuple[str, int, str]:
        plan = self._recorder.state.plan
        return plan.workflow.name, plan.version, tail
