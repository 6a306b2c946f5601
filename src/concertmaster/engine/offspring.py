"""Offspring: carries out what the decider wants of child executions, in the runner's turn.

A child is made in the transaction of its `item.started`, so that neither can be without the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

import orjson
from uuid_utils import uuid7

from concertmaster.data.json_value import load_json, save_json
from concertmaster.domain import events
from concertmaster.domain.execution import Failure, MessageKind
from concertmaster.domain.given import inside
from concertmaster.domain.interfaces import ArtifactReference, Child, Claim, Companion, Message, Placement, Slot
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.values import JsonValue, TableRef, Value, from_json, to_json
from concertmaster.engine import commands as cmd
from concertmaster.engine.children import Span
from concertmaster.engine.item_values import results_of, stacked
from concertmaster.engine.items import item_id
from concertmaster.engine.keys import key_of_children
from concertmaster.engine.outcomes import reference_to, references_to
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.recorder import Recorder
from concertmaster.engine.state import ExecutionState, failed_items, visible_id


class Offspring:
    """The children of one execution."""

    def __init__(self, engine: Engine, recorder: Recorder, placement: Placement, *, priority: int) -> None:
        self._engine = engine
        self._recorder = recorder
        self._placement = placement
        self._priority = priority
        # Lists of items that were read from the artifact store, by node.
        self._items: dict[str, list[Any]] = {}
        # Children that were asked to cancel; to ask again after a restart does no harm.
        self._asked = set[str]()

    @property
    def _state(self) -> ExecutionState:
        return self._recorder.state

    async def start(self, command: cmd.StartChildren) -> None:
        """Make the children."""
        planned = self._state.plan.nodes[command.node]
        for offset, count in command.spans:
            child = await self._child(planned, command.attempt, offset, count)
            body = events.ItemStarted(command.node, command.attempt, child.id, offset, count)
            items = None if child.body.parent is None else child.body.parent.get("items")
            self._recorder.record(
                body,
                companions=[child],
                artifacts=reference_to(items, command.node, f"items[{offset}]"),
                then=self._submitter(child),
            )
        self._recorder.hurry()

    async def _child(self, planned: PlanNode, attempt: int, offset: int, count: int) -> Child:
        node, state = self._state.nodes[planned.id], self._state
        about = node.about or {}
        above = state.parentage
        call = about["kind"] == "call"
        parentage = Parentage(
            execution=state.execution_id,
            node=planned.id,
            attempt=attempt,
            kind=about["kind"],
            key=key_of_children(state, planned),
            visible=visible_id(state),
            depth=1 if above is None else above.depth + 1,
            path=() if call else (*(above.path if above is not None and above.hidden else ()), planned.name),
            offset=offset,
            count=count,
            settings=about.get("settings") or {},
            items=None if call else await self._items_of(planned.id, about, offset, count),
            outer={} if call else self._outer(planned),
            **self._around(planned, about["kind"]),
        )
        slot = about.get("slot")
        limit = None if slot is None else Slot(slot["key"], slot["limit"], slot.get("when_full", "queue"))
        # One with a limit may have to wait for its place, and a full process leaves it to others.
        owner = None if limit is not None or self._placement.full else self._engine.owner.name
        now = self._engine.clock.now()
        body = self._created(planned, about, parentage)
        return Child(str(uuid7()), now, body, owner, self._priority, hidden=parentage.hidden, slot=limit)

    def _created(self, planned: PlanNode, about: Mapping[str, Any], parentage: Parentage) -> events.ExecutionCreated:
        state, told = self._state, parentage.as_json()
        if planned.body is None:
            trigger = {"type": "call", "execution": state.execution_id, "node": planned.name}
            return events.ExecutionCreated(
                about["workflow"],
                about["version"],
                about["inputs"],
                trigger,
                told,
                fresh=state.fresh,
                code=about.get("code", {}),
            )
        # A thousand children that each hold the whole input would be larger than all else.
        wanted, workflow = planned.body.inputs, state.plan.workflow.name
        inputs = {name: value for name, value in state.inputs.items() if wanted is None or name in wanted}
        trigger = state.trigger if planned.body.reads_trigger else {"type": state.trigger.get("type", "manual")}
        version, code = state.plan.version, state.plan.code
        given = inside(state.given, planned.name) if state.given else {}
        return events.ExecutionCreated(
            workflow, version, inputs, trigger, told, fresh=state.fresh, code=code, given=given
        )

    def _around(self, planned: PlanNode, kind: str) -> dict[str, Any]:
        """The item and index of the loop around a container that is none."""
        items = self._state.items
        if kind not in ("race", "lock") or items is None or planned.item is None:
            return {}
        if items.parentage.kind in ("race", "lock"):
            return {"item": items.parentage.item, "index": items.parentage.index}
        value = None if items.values is None else to_json(items.values[planned.item])
        return {"item": value, "index": items.parentage.offset + planned.item}

    async def _items_of(self, node: str, about: Mapping[str, Any], offset: int, count: int) -> Mapping[str, Any] | None:
        stored, children = about.get("items"), self._state.nodes[node].children
        if about["kind"] in ("while", "until") and offset and children is not None:
            # It goes on with what the child before it gave.
            return children.results[max(children.results)]
        value = None if stored is None else from_json(stored)
        if about["kind"] != "each" or not isinstance(value, JsonValue):
            return stored
        if node not in self._items:
            self._items[node] = await asyncio.to_thread(load_json, value, self._engine.artifacts)
        part = self._items[node][offset : offset + count]
        return to_json(await asyncio.to_thread(save_json, part, self._engine.artifacts))

    def _outer(self, planned: PlanNode) -> dict[str, dict[str, Any]]:
        """What nodes around the container gave, as far as its body reads it."""
        assert planned.body is not None
        state, given = self._state, dict[str, dict[str, Any]]()
        for name in planned.body.outer:
            node_id = name if planned.item is None else f"{name}[{planned.item}]"
            if node_id in state.nodes:
                node, outlets = state.nodes[node_id], state.plan.nodes[node_id].outlets
                values: Mapping[str, Value] = node.outputs if node.status == "succeeded" else {}
                told = {outlet: to_json(values.get(outlet, JsonValue())) for outlet in outlets}
                given[name] = told if values else {}
            elif state.items is not None and name in state.items.outer:
                given[name] = {outlet: to_json(value) for outlet, value in state.items.outer[name].items()}
        return given

    def _submitter(self, child: Child) -> Callable[[], None] | None:
        if child.owner is None:
            return None
        created = events.Event(child.id, 1, child.at, child.body)

        def submit() -> None:
            # It may have been held back, for a cancel that is on its way.
            if self._engine.journal.row(child.id) is not None:
                self._placement.submit(Claim(child.row, created=created))

        return submit

    def ask(self, node: str, kind: MessageKind, reason: str) -> list[Message]:
        """Requests to the children of a node; a cancel is asked for once, also of those that were interrupted."""
        children = self._state.nodes[node].children
        if children is None:
            return []
        asked = list(children.running)
        if kind == "cancel":
            asked = [id_ for id_ in (*asked, *children.halted) if id_ not in self._asked]
            self._asked.update(asked)
        return [Message(id_, kind, {"reason": reason}) for id_ in asked]

    def ask_all(self, kind: MessageKind, reason: str) -> list[Message]:
        """Requests to all children."""
        return [message for node in self._state.nodes for message in self.ask(node, kind, reason)]

    def passed_on(
        self, body: events.Body, still_awaited: Callable[[Container[str]], list[Companion]]
    ) -> Sequence[Companion]:
        """What a request to the execution, which becomes `body`, means for others: its children, and, after an end,
        those by whom its nodes are found, whose rows went away with it."""
        match body:
            case events.ExecutionPaused(reason):
                return self.ask_all("pause", reason)
            case events.ExecutionResumed(reason) if not self._state.final:
                return self.ask_all("resume", reason)
            case events.ExecutionResumed():
                return still_awaited(())
            case events.ExecutionRetried(_, again):
                reason = "the node that it is a part of starts anew"
                given_up = [message for node in again for message in self.ask(node, "cancel", reason)]
                return [*still_awaited(again), *given_up]
            case _:
                return ()

    def go_on(self, node: str) -> None:
        """Resume children that were interrupted, retry those that have ended otherwise."""
        children, attempt = self._state.nodes[node].children, self._state.nodes[node].attempt
        assert children is not None
        self._go_on(node, attempt, "resume", dict(children.halted))
        self._go_on(node, attempt, "retry", dict(children.retried))

    def _go_on(self, node: str, attempt: int, kind: MessageKind, told: Mapping[str, Span]) -> None:
        for id_, (offset, count) in told.items():
            self._asked.discard(id_)
            message = Message(id_, kind, {"reason": f"the execution it is a part of was asked to {kind}"})
            self._recorder.record(events.ItemStarted(node, attempt, id_, offset, count), companions=[message])

    async def finish(self, node: str) -> Mapping[str, Value] | Failure:
        """What a container or call gives, now that its children have ended."""
        children = self._state.nodes[node].children
        assert children is not None
        self._items.pop(node, None)
        failure = children.unmet()
        if failure is not None:
            return failure
        results = [from_json(result) for _, result in sorted(children.results.items()) if result is not None]
        if children.kind != "each":
            return {"out": results[-1] if results else JsonValue()}
        if results and all(isinstance(value, TableRef) for value in results):
            return {"out": results[0] if len(results) == 1 else await asyncio.to_thread(stacked, self._engine, results)}
        return {"out": await asyncio.to_thread(self._joined, results)}

    def _joined(self, results: list[Value]) -> JsonValue:
        """Lists of items as one."""
        joined: list[Any] = []
        for value in results:
            assert isinstance(value, JsonValue)
            joined.extend(load_json(value, self._engine.artifacts))
        return save_json(joined, self._engine.artifacts)

    async def report(self, ending: events.Body) -> tuple[list[Message], list[ArtifactReference]]:
        """What the parent is told with the end of this execution, and the artifact that goes with it."""
        parentage = self._state.parentage
        if parentage is None:
            return [], []
        data: dict[str, Any] = {"node": parentage.node, "status": ending.kind.partition(".")[2]}
        references: list[ArtifactReference] = []
        match ending:
            case events.ExecutionSucceeded(outputs):
                items = self._state.items
                if items is None:
                    result: Value = await asyncio.to_thread(save_json, dict(outputs), self._engine.artifacts)
                else:
                    result = await results_of(self._engine, self._state)
                    data["failed"] = len(items.failures)
                    data["again"] = items.sequential and not items.over
                data["result"] = to_json(result)
                references = references_to(result, "", "result")
            case events.ExecutionFailed(error) | events.ExecutionInterrupted(error):
                data["error"] = inner(error, parentage).as_json()
                if isinstance(ending, events.ExecutionFailed) and self._state.items is not None:
                    data["failed"] = len(failed_items(self._state))
            case _:
                pass
        return [report_of(parentage, self._state.execution_id, data)], references


def report_of(parentage: Parentage, execution_id: str, data: Mapping[str, Any]) -> Message:
    """The message to a parent."""
    told = {"node": parentage.node, "attempt": parentage.attempt, "execution": execution_id, **data}
    return Message(parentage.execution, "child", orjson.loads(orjson.dumps(told)))


def inner(error: Failure, parentage: Parentage) -> Failure:
    """A child's failure as its parent tells it: the place inside goes into the details."""
    node, message = error.node or "", error.message
    if node and parentage.offset:
        # Within the child items count from 0, for everybody else from the first item of the loop.
        name, bracket, item = node.partition("[")
        place = item_id(name, int(item[:-1]) + parentage.offset) if bracket else node
        node, message = place, message.replace(node, place)
    where = "" if not node or node in message else f"{node}: "
    return Failure(
        error.code, f"{where}{message}", details={**error.details, "inside": node or None}, retryable=error.retryable
    )
