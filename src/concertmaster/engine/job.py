"""Job: what one attempt works on, and Attempt: what is known of it while it is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from concertmaster.domain.interfaces import Turn
from concertmaster.domain.values import Value, artifacts_named
from concertmaster.engine.calling import Inputs
from concertmaster.engine.context import NodeContext
from concertmaster.engine.keys import key_of
from concertmaster.engine.materialising import stored_inputs
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.state import ExecutionState


@dataclass(frozen=True, slots=True)
class Job:
    """What an attempt works on; `inputs` are taken from the state when the job is made, before it can move on.

    Attributes:
        turn: told when it waits for a free thread or process.
    """

    engine: Engine
    state: ExecutionState
    node: PlanNode
    context: NodeContext
    turn: Turn | None = None
    inputs: Inputs = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", inputs_of(self.state, self.node))

    async def store_inputs(self) -> None:
        """Store the planned tables among the inputs: whatever follows loads, counts or names stored ones."""
        object.__setattr__(self, "inputs", await stored_inputs(self.engine, self.inputs))


@dataclass(slots=True)
class Attempt:
    """An attempt in this process.

    Attributes:
        context: what the node sees; None until it begins.
        timer: says when it is no longer quick, then when its time is over, then when it is given up.
        held: its `node.started` is kept back while it may still be quick.
        waited: it had to wait for a place, and has not gone on.
        entered: resources with a limit that it may hold places of.
        used: resources whose breakers want to know how it ended.
        stop_reason: why it was told to stop, None while nobody did.
        ended: its outcome has arrived; whatever comes later is dropped.
    """

    planned: PlanNode
    number: int
    started_at: datetime
    context: NodeContext | None = None
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    held: bool = False
    waited: bool = False
    entered: list[str] | None = None
    used: list[str] | None = None
    stop_reason: str | None = None
    ended: bool = False

    @property
    def node(self) -> str:
        """Its node."""
        return self.planned.id

    def stop_timer(self) -> None:
        """Nobody watches its clock any more."""
        if self.timer is not None:
            self.timer.cancel()


def context_of(
    engine: Engine,
    state: ExecutionState,
    attempt: Attempt,
    on_log: Callable[[Attempt, str, str], None],
    on_progress: Callable[[Attempt, float, float | None], None],
) -> NodeContext:
    """A context for an attempt, which has it from now on."""
    attempt.context = NodeContext(
        engine,
        execution_id=state.execution_id,
        node=attempt.node,
        attempt=attempt.number,
        idempotency_key=key_of(state, attempt.planned),
        on_log=lambda level, text: on_log(attempt, level, text),
        on_progress=lambda done, total: on_progress(attempt, done, total),
    )
    return attempt.context


def inputs_of(state: ExecutionState, node: PlanNode) -> Inputs:
    """The delivered values by port: the first in document order, or all of them where the port takes many.

    The first nodes of a container's body get the item, and a node that undoes another gets what that one gave.
    """
    inputs: dict[str, Value | list[Value]] = {}
    given = _given(state, node) if not node.incoming else None
    if given is not None:
        argument = node.type.argument("in")
        inputs["in"] = [given] if argument is not None and argument.many else given
    for index in state.delivered(node.id):
        edge = state.plan.edges[index]
        value = state.nodes[edge.source].outputs[edge.outlet]
        argument = node.type.argument(edge.port)
        if argument is not None and argument.many:
            cast("list[Value]", inputs.setdefault(edge.port, [])).append(value)
        else:
            inputs.setdefault(edge.port, value)
    return inputs


def artifacts_of(inputs: Inputs) -> Iterator[str]:
    """The digests of what is stored of them."""
    for given in inputs.values():
        for value in given if isinstance(given, list) else (given,):
            yield from (digest for digest, _ in artifacts_named(value))


def _given(state: ExecutionState, node: PlanNode) -> Value | None:
    """What a node without incoming edges finds on its main port."""
    if state.items is not None and node.item is not None:
        values = state.items.values
        return None if values is None or node.item >= len(values) else values[node.item]
    if node.phase == "undo":
        undone = next((one for one in state.plan.nodes.values() if one.undo == node.id), None)
        return None if undone is None else next(iter(state.nodes[undone.id].outputs.values()), None)
    return None
