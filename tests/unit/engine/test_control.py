"""Steering executions: pause, resume, retry, waits that leave memory, limits, and ends that nothing can hold up."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from concertmaster import Context, OperationalError, node
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict
from concertmaster.domain.events import Event, ExecutionRetried, NodeStarted, NodeWaiting
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.domain.interfaces import Append, Slot
from concertmaster.engine.breaker import BreakerPolicy
from concertmaster.engine.parts import EngineSettings
from concertmaster.services.control import ControlService
from concertmaster.storage.database import Database
from concertmaster.storage.journal import SqlJournal
from engine_harness import Harness, running_engine

LONG_STAY = EngineSettings(hibernate=timedelta(minutes=1))
QUICK_SLEEP = EngineSettings(hibernate=timedelta(milliseconds=1), show_rest=timedelta())


def kinds(events: list[Event]) -> list[str]:
    return [f"{event.kind} {event.node}" if event.node else event.kind for event in events]


class Gate:
    """Makes a node that waits until it is opened, and counts."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered: list[str] = []
        self.most = 0
        self._inside = 0

    def node(self, **traits: Any) -> Any:
        """The node type `t.gate`; in a thread of its own loop, as plugins are."""

        @node(id="t.gate", **{"effect": "none", **traits})
        async def gate(context: Context, number: int = 0) -> int:
            """Waits."""
            self.entered.append(context.idempotency_key)
            self._inside += 1
            self.most = max(self.most, self._inside)
            try:
                while not self.open.is_set():
                    await asyncio.sleep(0.005)
            finally:
                self._inside -= 1
            return number

        return gate


SHORT_WAIT = "{concertmaster: 1, name: w, nodes: {n: {type: flow.wait, config: {duration: 3s}}}}"
LOOP_AT_WORK = (
    "{concertmaster: 1, name: w, nodes: {n: {type: flow.for_each, config: {items: [1]}, "
    "body: {nodes: {g: {type: t.gate}}}}}}"
)
ONE = "{concertmaster: 1, name: one, nodes: {n: {type: t.gate}}, outputs: {n: '{{ nodes.n }}'}}"


async def test_pause_lets_running_nodes_end_and_starts_no_more_until_resumed(tmp_path: Path) -> None:
    door = Gate()
    document = """
        concertmaster: 1
        name: two
        nodes: {a: {type: t.gate}, b: {type: data.set, config: {value: 2}}}
        edges: [a -> b]
        outputs: {b: "{{ nodes.b }}"}
        """
    async with running_engine(tmp_path, [door.node()]) as harness:
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: "node.started a" in kinds(events))
        await harness.ask(execution_id, "pause")
        await harness.settled(execution_id, "paused")
        door.open.set()
        events = await harness.until(execution_id, lambda events: "node.succeeded a" in kinds(events))
        while harness.placement.running:
            await asyncio.sleep(0.001)
        assert "node.succeeded b" not in kinds(events)
        row = await harness.executions.get(execution_id)
        assert (row.status, row.owner) == ("paused", None), "a paused execution leaves memory"
        await harness.ask(execution_id, "resume")
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "succeeded"
    assert kinds(events)[-3:] == ["execution.resumed", "node.succeeded b", "execution.succeeded"]


async def test_a_wait_leaves_memory_survives_a_restart_and_ends_once(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: later
        nodes:
          a: {type: data.set, config: {value: 5}}
          w: {type: flow.wait, config: {duration: 300ms}}
          b: {type: data.set, config: {value: "{{ input + nodes.w }}"}}
        edges: [a -> w, w -> b]
        outputs: {b: "{{ nodes.b }}"}
        """
    async with running_engine(tmp_path, settings=QUICK_SLEEP) as harness:
        execution_id = await harness.start(document)
        row = await harness.settled(execution_id, "waiting")
        assert (row.owner, harness.placement.running) == (None, 0)
        assert row.wake_at is not None
    async with running_engine(tmp_path, settings=QUICK_SLEEP) as harness:
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "succeeded", row.error
    assert events[-1].body.outputs == {"b": 10}
    assert kinds(events).count("timer.fired w") == 1
    assert "execution.waiting" in kinds(events)


async def test_a_cancel_wakes_an_execution_that_sleeps(tmp_path: Path) -> None:
    document = "{concertmaster: 1, name: long, nodes: {w: {type: flow.wait, config: {duration: 30d}}}}"
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(document)
        await harness.settled(execution_id, "waiting")
        await harness.cancel(execution_id)
        row = await harness.end(execution_id)
    assert row.status == "cancelled"


async def test_a_wait_needs_one_of_duration_and_until(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        row, _ = await harness.run("{concertmaster: 1, name: w, nodes: {w: {type: flow.wait}}}")
        past = "{concertmaster: 1, name: p, nodes: {w: {type: flow.wait, config: {until: '2001-01-01T00:00:00'}}}}"
        over, _ = await harness.run(past)
        text = "{concertmaster: 1, name: d, nodes: {w: {type: flow.wait, config: {duration: '{{ inputs.d }}'}}}, %s}"
        late, _ = await harness.run(text % "inputs: {d: {type: string}}", {"d": "tomorrow"})
    assert row.error is not None
    assert row.error.code == "wait.config"
    assert late.error is not None
    said = "/nodes/w/config/duration: is no duration: 'tomorrow'; write a number and a unit"
    assert late.error.message.startswith(said), late.error.message
    assert over.status == "succeeded"


async def test_a_retry_runs_what_failed_with_the_same_key_and_reuses_the_rest(tmp_path: Path) -> None:
    keys: list[str] = []
    broken = True

    @node(id="t.count", effect="write")
    async def count(context: Context) -> int:
        """Counts."""
        keys.append(context.idempotency_key)
        return len(keys)

    @node(id="t.pay", effect="write")
    async def pay(context: Context) -> str:
        """Fails at first."""
        keys.append(context.idempotency_key)
        if broken:
            raise OperationalError("bank.closed", "The bank is closed")
        return "paid"

    document = """
        concertmaster: 1
        name: pay
        inputs: {amount: {type: integer, default: 1}}
        nodes:
          c: {type: t.count}
          p: {type: t.pay}
          end: {type: data.set, config: {value: "{{ nodes.p }} {{ inputs.amount }}"}}
        edges: [c -> p, p -> end]
        outputs: {end: "{{ nodes.end }}"}
        """
    async with running_engine(tmp_path, [count, pay]) as harness:
        row, _ = await harness.run(document, {"amount": 1})
        assert row.status == "failed"
        broken = False
        await harness.ask(row.id, "retry")
        row = await harness.end(row.id)
        assert row.status == "succeeded"
        assert keys == [f"{row.id}/c/1", f"{row.id}/p/1", f"{row.id}/p/1"], "a retried payment keeps its key"
        await harness.ask(row.id, "retry", **{"from": "p", "inputs": {"amount": 2}})
        row = await harness.end(row.id)
        events = await harness.journal.read(row.id)
    assert keys[3:] == [f"{row.id}/p/2"], "a succeeded node that runs again is new work"
    assert events[-1].body.outputs == {"end": "paid 2"}
    retried = [event.body for event in events if isinstance(event.body, ExecutionRetried)]
    assert [body.generation for body in retried] == [2, 3]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


async def test_an_interrupted_write_can_be_retried_or_fail_by_policy(tmp_path: Path) -> None:
    door = Gate()
    pay = door.node(effect="write", idempotent=False)
    plain = "{concertmaster: 1, name: plain, nodes: {n: {type: t.gate}}}"
    fails = """
        concertmaster: 1
        name: fails
        nodes: {n: {type: t.gate, policy: {on_interrupt: fail}}, e: {type: data.set, config: {value: unclear}}}
        edges: [n.error -> e]
        outputs: {e: "{{ nodes.e }}"}
        """
    again = "{concertmaster: 1, name: again, nodes: {n: {type: t.gate, policy: {on_interrupt: retry}}}}"
    async with running_engine(tmp_path, [pay]) as harness:
        ids = [await harness.start(text) for text in (plain, fails, again)]
        for execution_id in ids:
            await harness.until(execution_id, lambda events: "node.started n" in kinds(events))
        while len(door.entered) < 3:
            await asyncio.sleep(0.001)
    door.open.set()
    async with running_engine(tmp_path, [pay]) as harness:
        rows = [await harness.end(execution_id) for execution_id in ids]
        assert [row.status for row in rows] == ["interrupted", "succeeded", "succeeded"]
        assert len(door.entered) == 4
        nobody = cast("Any", None)
        control = ControlService(
            journal=harness.journal,
            store=harness.executions,
            workflows=nobody,
            executions=nobody,
            clock=harness.engine.clock,
        )
        with pytest.raises(Conflict, match=r"node 'n'.*retry") as refused:
            await control.request(LOCAL_ADMIN, ids[0], "resume")
        assert refused.value.code == "execution.write_interrupted"
        counted = await control.bulk(LOCAL_ADMIN, "resume", ExecutionFilter(status=["interrupted"]), dry_run=True)
        assert (counted.matched, counted.refused[0]["id"]) == (0, ids[0])
        await harness.ask(ids[0], "retry")
        row = await harness.end(ids[0])
    assert row.status == "succeeded"
    assert door.entered[-1] == f"{ids[0]}/n/1"


async def test_an_interrupted_execution_resumes_when_its_type_is_back(tmp_path: Path) -> None:
    door = Gate()
    door.open.set()
    async with running_engine(tmp_path, [door.node()]) as harness:
        execution_id = await harness.start(ONE, drive=False)
    async with running_engine(tmp_path) as harness:
        row = await harness.end(execution_id)
        assert row.status == "interrupted"
    async with running_engine(tmp_path, [door.node()]) as harness:
        await harness.ask(execution_id, "resume")
        row = await harness.end(execution_id)
    assert row.status == "succeeded", row.error


async def claimed_in_vain(folder: Path, execution_id: str, *, times: int) -> None:
    """By processes that die before they do anything with it."""
    database = Database(f"sqlite:///{folder / 'concertmaster.db'}")
    await database.open()
    journal = SqlJournal(database, lambda _: None, lambda _: None)
    for _ in range(times):
        assert await journal.claim(execution_id, "dies at once") is not None
    await database.close()


async def test_an_execution_that_nobody_gets_anywhere_with_is_stopped(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start("{concertmaster: 1, name: c, nodes: {n: {type: data.set}}}", drive=False)
    await claimed_in_vain(tmp_path, execution_id, times=5)
    async with running_engine(tmp_path) as harness:
        row = await harness.settled(execution_id, "interrupted")
        assert row.error is not None
        assert row.error.code == "crash_loop"
        await harness.ask(execution_id, "resume")
        assert (await harness.end(execution_id)).status == "succeeded"


@pytest.mark.parametrize("document", [SHORT_WAIT, LOOP_AT_WORK], ids=["wait", "loop"])
async def test_an_execution_that_only_waits_does_not_pass_for_what_ends_the_servers(
    tmp_path: Path, document: str
) -> None:
    door = Gate()
    async with running_engine(tmp_path, [door.node()]) as harness:
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: any(isinstance(e.body, NodeWaiting) for e in events))
    for _ in range(3):
        await claimed_in_vain(tmp_path, execution_id, times=3)
        async with running_engine(tmp_path, [door.node()], settings=LONG_STAY) as harness:
            while await harness.held(execution_id):
                await asyncio.sleep(0.005)
            assert (await harness.executions.get(execution_id)).status in ("running", "waiting")
    async with running_engine(tmp_path, [door.node()]) as harness:
        door.open.set()
        assert (await harness.end(execution_id)).status == "succeeded"


async def test_places_of_a_node_type_are_never_exceeded_and_waits_are_told(tmp_path: Path) -> None:
    door = Gate()
    async with running_engine(tmp_path, [door.node()], limits=["node_type:t.gate=2"]) as harness:
        ids = [await harness.start(ONE) for _ in range(5)]

        async def waiting() -> list[NodeWaiting]:
            histories = [await harness.journal.read(execution_id) for execution_id in ids]
            return [event.body for events in histories for event in events if isinstance(event.body, NodeWaiting)]

        while len(await waiting()) < 3:
            await asyncio.sleep(0.005)
        assert {(body.rule, body.resource) for body in await waiting()} == {("slot", "node_type:t.gate")}
        assert list(await harness.slots.holders("node_type:t.gate")) == [f"{ids[0]}/n/1", f"{ids[1]}/n/1"]
        await harness.cancel(ids[4])
        assert (await harness.end(ids[4])).status == "cancelled"
        door.open.set()
        rows = [await harness.end(execution_id) for execution_id in ids[:4]]
    assert [row.status for row in rows] == ["succeeded"] * 4
    assert door.most == 2


async def test_one_execution_of_a_workflow_at_a_time_by_priority(tmp_path: Path) -> None:
    door = Gate()
    slot = Slot("one/", 1)
    async with running_engine(tmp_path, [door.node()]) as harness:
        ids = [await harness.start(ONE, slot=slot, priority=priority) for priority in (0, 0, 5)]
        await harness.until(ids[0], lambda events: "node.started n" in kinds(events))
        queued = [await harness.executions.get(execution_id) for execution_id in ids[1:]]
        assert [(row.status, row.admitted) for row in queued] == [("queued", False)] * 2
        door.open.set()
        for execution_id in ids:
            assert (await harness.end(execution_id)).status == "succeeded"
    assert door.most == 1
    assert door.entered == [f"{ids[0]}/n/1", f"{ids[2]}/n/1", f"{ids[1]}/n/1"]


async def test_a_queued_execution_can_be_cancelled_and_the_place_stays_taken(tmp_path: Path) -> None:
    door = Gate()
    slot = Slot("one/", 1)
    async with running_engine(tmp_path, [door.node()]) as harness:
        first, second, third = [await harness.start(ONE, slot=slot) for _ in range(3)]
        await harness.cancel(second)
        assert (await harness.end(second)).status == "cancelled"
        row = await harness.executions.get(third)
        assert (row.status, row.admitted) == ("queued", False)
        door.open.set()
        assert [(await harness.end(one)).status for one in (first, third)] == ["succeeded"] * 2
    assert len(door.entered) == 2


async def test_an_open_breaker_fails_fast_and_names_the_connection(tmp_path: Path) -> None:
    from concertmaster.nodes.credentials import Connection

    calls: list[int] = []

    @node(id="t.ask", effect="read")
    async def ask(connection: Connection) -> int:
        """Fails."""
        calls.append(1)
        raise OperationalError("warehouse.down", "The warehouse does not answer")

    known = {"warehouse": Connection("warehouse", "http", {"token": "secret text"})}
    document = "{concertmaster: 1, name: ask, nodes: {n: {type: t.ask, config: {connection: warehouse}}}}"
    policy = BreakerPolicy(failures=2, open_seconds=60)
    async with running_engine(tmp_path, [ask], connections=known, breaker=policy) as harness:
        rows = [(await harness.run(document))[0] for _ in range(4)]
    codes = [row.error.code for row in rows if row.error is not None]
    assert codes == ["warehouse.down", "warehouse.down", "breaker.open", "breaker.open"]
    assert len(calls) == 2


async def test_a_node_that_swallows_its_cancellation_is_left_behind(tmp_path: Path) -> None:
    entered = threading.Event()
    leave = threading.Event()

    @node(id="t.deaf", effect="none")
    async def deaf() -> int:
        """Does not listen."""
        entered.set()
        while not leave.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue
        return 1

    settings = EngineSettings(give_up=timedelta(milliseconds=100))
    async with running_engine(tmp_path, [deaf], settings=settings, grace_seconds=30) as harness:
        execution_id = await harness.start("{concertmaster: 1, name: deaf, nodes: {n: {type: t.deaf}}}")
        await asyncio.to_thread(entered.wait)
        await harness.cancel(execution_id)
        row = await harness.end(execution_id)
        leave.set()
    assert row.status == "cancelled"


async def test_a_long_history_is_taken_up_from_its_snapshot(tmp_path: Path) -> None:
    door = Gate()
    nodes = {f"n{number}": {"type": "data.set", "config": {"value": number}} for number in range(1_200)}
    edges = [f"n{number} -> n{number + 1}" for number in range(1_199)]
    from concertmaster.domain.document import parse

    body = {"concertmaster": 1, "name": "long", "nodes": {**nodes, "last": {"type": "t.gate"}}}
    body["edges"] = [*edges, "n1199 -> last"]
    parsed = parse(body)
    assert parsed.workflow is not None
    async with running_engine(tmp_path, [door.node()]) as harness:
        execution_id = await _start(harness, parsed.workflow)
        await harness.until(execution_id, lambda events: "node.started last" in kinds(events))
        history = await harness.journal.history(execution_id)
        assert history.snapshot is not None
        assert len(history.events) < 300
    door.open.set()
    async with running_engine(tmp_path, [door.node()]) as harness:
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "succeeded", row.error
    assert [event.body.attempt for event in events if isinstance(event.body, NodeStarted)] == [1, 2]


async def _start(harness: Harness, workflow: Any) -> str:
    from concertmaster.domain.document import dump

    return await harness.start(dump(workflow))


async def test_many_timers_that_are_due_together_all_fire(tmp_path: Path) -> None:
    document = "{concertmaster: 1, name: w, nodes: {w: {type: flow.wait, config: {duration: 200ms}}}}"
    async with running_engine(tmp_path, settings=QUICK_SLEEP) as harness:
        ids = [await harness.start(document) for _ in range(300)]
        for execution_id in ids:
            assert (await harness.end(execution_id)).status == "succeeded"


async def test_a_request_that_comes_just_when_an_execution_leaves_memory_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, posts = SqlJournal.append, list[asyncio.Task[Any]]()

    def append_and_cancel(journal: SqlJournal, batch: Append) -> asyncio.Future[bool]:
        future = append(journal, batch)
        if batch.release is not None:
            request = journal.post(batch.execution_id, "cancel", {"reason": "just now"}, actor=LOCAL_ADMIN)
            posts.append(asyncio.get_running_loop().create_task(request))
        return future

    monkeypatch.setattr(SqlJournal, "append", append_and_cancel)
    async with running_engine(tmp_path, settings=QUICK_SLEEP) as harness:
        waits = "{concertmaster: 1, name: waits, nodes: {w: {type: flow.wait, config: {duration: 2h}}}}"
        # So many that releases and requests are committed in the same groups.
        started = await asyncio.gather(*(harness.start(waits) for _ in range(60)))
        assert {(await harness.end(id_)).status for id_ in started} == {"cancelled"}
        await asyncio.gather(*posts)


async def test_a_wait_that_begins_while_the_dispatcher_looks_is_not_overslept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_due, looked, go_on = SqlJournal.next_due, asyncio.Event(), asyncio.Event()

    async def look_and_dawdle(journal: SqlJournal) -> datetime | None:
        found = await next_due(journal)
        looked.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(SqlJournal, "next_due", look_and_dawdle)
    async with running_engine(tmp_path, settings=QUICK_SLEEP) as harness:
        await asyncio.wait_for(looked.wait(), 30)
        waits = "{concertmaster: 1, name: waits, nodes: {w: {type: flow.wait, config: {duration: 300ms}}}}"
        id_ = await harness.start(waits)
        async with asyncio.timeout(30):
            while harness.placement.running:
                await asyncio.sleep(0)
        go_on.set()
        assert (await harness.end(id_)).status == "succeeded"
