"""Executions through the real engine: what is journalled, and what happens when things go wrong."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from concertmaster import Context, Input, OperationalError, Outlet, UserError, node
from concertmaster.data.json_value import LARGEST_BYTES
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.events import NodeFailed, NodeRetrying, NodeSucceeded
from concertmaster.domain.values import JsonValue
from engine_harness import running_engine


@node(id="t.plus", effect="none")
async def plus(number: Input[int], amount: int = 1) -> int:
    """Add."""
    return number + amount


@node(id="t.blocking", effect="none")
def blocking(value: int) -> int:
    """In a thread."""
    return value * 2


@node(id="t.fork", effect="none", outlets=("left", "right"))
async def fork(left: bool = True) -> Outlet[str]:
    """One of two outlets."""
    return Outlet("left" if left else "right", "went")


@node(id="t.fails", effect="none")
def fails(message: str = "no") -> int:
    """Raises."""
    raise ValueError(message)


def kinds(events) -> list[str]:
    return [f"{event.kind} {event.node}" if event.node else event.kind for event in events]


async def test_a_chain_is_journalled_without_gaps_and_quick_starts_are_dropped(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(
            """
            concertmaster: 1
            name: chain
            inputs: {first: {type: integer}}
            nodes:
              a: {type: data.set, config: {value: "{{ inputs.first }}"}}
              b: {type: data.set, config: {value: "{{ input + 10 }}"}}
              c: {type: data.set, config: {value: "{{ nodes.a + nodes.b + input }}"}}
            edges: [a -> b, b -> c]
            outputs: {sum: "{{ nodes.c }}", text: "got {{ nodes.b }}"}
            """,
            {"first": 1},
        )
        assert row.status == "succeeded", row.error
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert kinds(events) == [
            "execution.created",
            "execution.started",
            "node.succeeded a",
            "node.succeeded b",
            "node.succeeded c",
            "execution.succeeded",
        ]
        assert events[-1].body.outputs == {"sum": 23, "text": "got 11"}


async def test_a_fork_skips_the_other_branch_and_the_join_runs(tmp_path: Path) -> None:
    async with running_engine(tmp_path, [fork]) as harness:
        row, events = await harness.run(
            """
            concertmaster: 1
            name: fork
            nodes:
              f: {type: t.fork}
              l: {type: data.set, config: {value: l}}
              r: {type: data.set, config: {value: r}}
              j: {type: data.set, config: {value: "{{ [nodes.l, nodes.r] }}"}}
            edges: [f.left -> l, f.right -> r, l -> j, r -> j]
            outputs: {seen: "{{ nodes.j }}", fork: "{{ nodes.f }}"}
            """
        )
        assert row.status == "succeeded", row.error
        assert "node.skipped r" in kinds(events)
        assert events[-1].body.outputs == {"seen": ["l", None], "fork": {"left": "went", "right": None}}


async def test_an_error_edge_handles_a_failure_and_carries_it(tmp_path: Path) -> None:
    async with running_engine(tmp_path, [fails]) as harness:
        row, events = await harness.run(
            """
            concertmaster: 1
            name: handled
            nodes:
              bad: {type: t.fails, config: {message: broken}}
              note: {type: data.set, config: {value: "{{ input.message }}"}}
            edges: [bad.error -> note]
            outputs: {note: "{{ nodes.note }}"}
            """
        )
        assert row.status == "succeeded", row.error
        assert "ValueError: broken (in test_runner.py, line" in events[-1].body.outputs["note"]


async def test_an_unhandled_failure_names_the_node_and_cancels_what_is_left(tmp_path: Path) -> None:
    async with running_engine(tmp_path, [fails]) as harness:
        row, events = await harness.run(
            """
            concertmaster: 1
            name: unhandled
            nodes:
              bad: {type: t.fails}
              after: {type: data.set, config: {value: 1}}
            edges: [bad -> after]
            """
        )
        assert row.status == "failed"
        assert row.error is not None
        assert (row.error.code, row.error.node) == ("node.raised", "bad")
        assert "node.cancelled after" in kinds(events)
        lines = await harness.executions.logs(row.id)
        assert any("ValueError: no" in line.text and line.level == "error" for line in lines)


async def test_retries_follow_the_policy_and_keep_the_key(tmp_path: Path) -> None:
    keys: list[str] = []

    @node(id="t.flaky", effect="write")
    def flaky(context: Context) -> int:
        """Fails twice."""
        keys.append(context.idempotency_key)
        if context.attempt < 3:
            raise OperationalError("test.down", "down")
        return context.attempt

    async with running_engine(tmp_path, [flaky]) as harness:
        row, events = await harness.run(
            """
            concertmaster: 1
            name: flaky
            nodes:
              f: {type: t.flaky, policy: {retry: {maximum_attempts: 4, initial_interval: 10ms}}}
            outputs: {attempt: "{{ nodes.f }}"}
            """
        )
        assert row.status == "succeeded", row.error
        assert events[-1].body.outputs == {"attempt": 3}
        assert sum(isinstance(event.body, NodeRetrying) for event in events) == 2
        assert len(set(keys)) == 1
        assert len(keys) == 3


async def test_a_user_error_is_not_retried(tmp_path: Path) -> None:
    @node(id="t.wrong", effect="none")
    def wrong() -> int:
        """Bad data."""
        raise UserError("test.bad_data", "column x is missing; add it")

    async with running_engine(tmp_path, [wrong]) as harness:
        row, events = await harness.run(
            "{concertmaster: 1, name: w, nodes: {n: {type: t.wrong, policy: {retry: {maximum_attempts: 5}}}}}"
        )
        assert row.status == "failed"
        assert sum(isinstance(event.body, NodeFailed) for event in events) == 1


async def test_a_write_that_is_not_idempotent_is_never_repeated(tmp_path: Path) -> None:
    calls: list[int] = []

    @node(id="t.pay", effect="write", idempotent=False)
    def pay() -> int:
        """Pays."""
        calls.append(1)
        raise OperationalError("test.lost", "the answer was lost")

    async with running_engine(tmp_path, [pay]) as harness:
        row, _ = await harness.run(
            "{concertmaster: 1, name: p, nodes: {n: {type: t.pay, policy: {retry: {maximum_attempts: 5}}}}}"
        )
        assert row.status == "failed"
        assert len(calls) == 1


async def test_what_a_write_is_based_on_is_durable_before_it_starts(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    async with running_engine(tmp_path, []) as harness:

        @node(id="t.look", effect="write")
        async def look(value: Input[int], context: Context) -> int:
            """Reads the journal while it runs."""
            seen.append(kinds(await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(reading(context), loop))))
            return value

        loop = asyncio.get_running_loop()

        async def reading(context: Context):
            return await harness.journal.read(context.execution_id)

        registry = harness.engine.plans._registry()
        from concertmaster.nodes.registry import Registry

        harness.engine.plans._registry = lambda: Registry([*registry.all(), look.node_type])
        row, _ = await harness.run(
            """
            concertmaster: 1
            name: barrier
            nodes: {a: {type: data.set, config: {value: 1}}, w: {type: t.look}}
            edges: [a -> w]
            """
        )
        assert row.status == "succeeded", row.error
        assert seen == [["execution.created", "execution.started", "node.succeeded a", "node.started w"]]


async def test_a_thread_that_never_ends_times_out_and_is_left_behind(tmp_path: Path) -> None:
    release = threading.Event()

    @node(id="t.stuck", effect="none")
    def stuck() -> int:
        """Never looks at cancelled()."""
        release.wait(60)
        return 1

    async with running_engine(tmp_path, [stuck], grace_seconds=0.05) as harness:
        row, _ = await harness.run("{concertmaster: 1, name: s, nodes: {n: {type: t.stuck, policy: {timeout: 50ms}}}}")
        assert row.status == "failed"
        assert row.error is not None
        assert row.error.code == "node.timeout"
        assert "left behind" in row.error.message
    release.set()


async def test_cancel_stops_running_nodes_and_ends_the_execution(tmp_path: Path) -> None:
    @node(id="t.waits", effect="none")
    def waits(context: Context) -> int:
        """Looks at cancelled()."""
        while not context.cancelled():
            time.sleep(0.005)
        return 1

    async with running_engine(tmp_path, [waits]) as harness:
        execution_id = await harness.start(
            """
            concertmaster: 1
            name: c
            nodes: {n: {type: t.waits}, after: {type: data.set, config: {value: 1}}}
            edges: [n -> after]
            """
        )
        await harness.until(execution_id, lambda events: "node.started n" in kinds(events))
        await harness.cancel(execution_id)
        row = await harness.end(execution_id)
        assert row.status == "cancelled"
        events = await harness.journal.read(execution_id)
        assert {"node.cancelled n", "node.cancelled after"} <= set(kinds(events))


async def test_an_execution_over_its_time_fails(tmp_path: Path) -> None:
    @node(id="t.sleeps", effect="none")
    async def sleeps() -> int:
        """Waits for ever."""
        await asyncio.Event().wait()
        return 1

    async with running_engine(tmp_path, [sleeps]) as harness:
        row, _ = await harness.run("{concertmaster: 1, name: s, policy: {timeout: 80ms}, nodes: {n: {type: t.sleeps}}}")
        assert row.status == "failed"
        assert row.error is not None
        assert row.error.code == "execution.timeout"


async def test_a_stop_in_the_middle_goes_on_at_the_next_start(tmp_path: Path) -> None:
    started, calls = threading.Event(), []

    @node(id="t.slow", effect="none")
    def slow(value: Input[int], context: Context) -> int:
        """The first call never comes back in time."""
        calls.append(context.attempt)
        started.set()
        if len(calls) == 1:
            while not context.cancelled():
                time.sleep(0.005)
        return value + 1

    document = """
        concertmaster: 1
        name: restart
        nodes: {a: {type: data.set, config: {value: 1}}, b: {type: t.slow}}
        edges: [a -> b]
        outputs: {b: "{{ nodes.b }}"}
        """
    async with running_engine(tmp_path, [slow]) as harness:
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: "node.started b" in kinds(events))
    async with running_engine(tmp_path, [slow]) as harness:
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "succeeded", row.error
    assert events[-1].body.outputs == {"b": 2}
    assert calls == [1, 2]
    assert [e.body.node for e in events if isinstance(e.body, NodeSucceeded)] == ["a", "b"]


async def test_a_write_caught_by_a_crash_is_left_for_a_person_unless_it_is_idempotent(tmp_path: Path) -> None:
    blocker = threading.Event()

    @node(id="t.transfer", effect="write", idempotent=False)
    def transfer(context: Context) -> int:
        """Hangs in the first life."""
        while not context.cancelled() and not blocker.is_set():
            time.sleep(0.005)
        return 1

    document = "{concertmaster: 1, name: money, nodes: {pay: {type: t.transfer}}}"
    async with running_engine(tmp_path, [transfer]) as harness:
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: "node.started pay" in kinds(events))
    async with running_engine(tmp_path, [transfer]) as harness:
        row = await harness.end(execution_id)
    assert row.status == "interrupted"
    assert row.error is not None
    assert row.error.code == "node.write_interrupted"


async def test_a_type_that_is_gone_interrupts_only_its_execution(tmp_path: Path) -> None:
    document = "{concertmaster: 1, name: gone, nodes: {n: {type: t.blocking, config: {value: 1}}}}"
    async with running_engine(tmp_path, [blocking]) as harness:
        execution_id = await harness.start(document, drive=False)
    async with running_engine(tmp_path) as harness:
        row = await harness.end(execution_id)
    assert row.status == "interrupted"
    assert row.error is not None
    assert row.error.code == "node_type_missing"


async def test_a_disabled_node_passes_its_input_through(tmp_path: Path) -> None:
    async with running_engine(tmp_path, [plus]) as harness:
        row, events = await harness.run(
            """
            concertmaster: 1
            name: off
            nodes:
              a: {type: data.set, config: {value: 1}}
              b: {type: t.plus, disabled: true}
              c: {type: t.plus}
            edges: [a -> b, b -> c]
            outputs: {c: "{{ nodes.c }}"}
            """
        )
        assert row.status == "succeeded", row.error
        assert events[-1].body.outputs == {"c": 2}


async def test_a_result_that_cannot_be_stored_fails_its_node_alone(tmp_path: Path) -> None:
    @node(id="t.odd", effect="none")
    async def odd() -> object:
        """No JSON."""
        return {"a": [object()]}

    async with running_engine(tmp_path, [odd]) as harness:
        bad, good = await asyncio.gather(
            harness.run("{concertmaster: 1, name: bad, nodes: {n: {type: t.odd}}}"),
            harness.run("{concertmaster: 1, name: good, nodes: {n: {type: data.set, config: {value: 1}}}}"),
        )
        assert (bad[0].status, good[0].status) == ("failed", "succeeded")
        assert bad[0].error is not None
        assert "/a/0" in bad[0].error.message


async def test_logs_and_progress_come_from_any_thread(tmp_path: Path) -> None:
    @node(id="t.talks", effect="none")
    def talks(context: Context) -> int:
        """Logs and reports."""
        context.logger.info("row %s of %s", 1, 2)
        context.progress(2, 2)
        return 1

    async with running_engine(tmp_path, [talks]) as harness:
        row, events = await harness.run("{concertmaster: 1, name: talks, nodes: {n: {type: t.talks}}}")
        assert row.status == "succeeded", row.error
        assert "node.progress n" in kinds(events)
        (line,) = await harness.executions.logs(row.id)
        assert (line.node, line.level, line.text) == ("n", "info", "row 1 of 2")


async def test_many_executions_at_once(tmp_path: Path) -> None:
    chain = "".join(f"  n{i}: {{type: t.plus}}\n" for i in range(1, 10))
    document = (
        "concertmaster: 1\nname: many\nnodes:\n  n0: {type: data.set, config: {value: 0}}\n"
        + chain
        + "edges: ["
        + ", ".join(f"n{i} -> n{i + 1}" for i in range(9))
        + "]\noutputs: {last: '{{ nodes.n9 }}'}"
    )
    async with running_engine(tmp_path, [plus]) as harness:
        ids = await asyncio.gather(*(harness.start(document) for _ in range(200)))
        rows = await asyncio.gather(*(harness.end(execution_id) for execution_id in ids))
        assert {row.status for row in rows} == {"succeeded"}
        last = await harness.journal.read(ids[-1])
        assert last[-1].body.outputs == {"last": 9}


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "text", [1, {"a": None}], {"k": "v"}])
async def test_json_travels_unchanged(tmp_path: Path, value: object) -> None:
    import json

    async with running_engine(tmp_path) as harness:
        _, events = await harness.run(
            json.dumps(
                {"concertmaster": 1, "name": "json", "nodes": {"n": {"type": "data.set", "config": {"value": value}}}}
            )
        )
        succeeded = next(event.body for event in events if isinstance(event.body, NodeSucceeded))
        output = succeeded.outputs["out"]
        assert isinstance(output, JsonValue)
        assert output.data == value


async def test_a_cancel_posted_just_before_a_crash_still_ends_the_execution(tmp_path: Path) -> None:
    @node(id="t.hangs", effect="none")
    def hangs(context: Context) -> int:
        """Until it is told to stop."""
        while not context.cancelled():
            time.sleep(0.005)
        return 1

    async with running_engine(tmp_path, [hangs]) as harness:
        execution_id = await harness.start("{concertmaster: 1, name: c, nodes: {n: {type: t.hangs}}}")
        await harness.until(execution_id, lambda events: "node.started n" in kinds(events))
        # Durable, but the owner is gone before it looks.
        await harness.journal.post(execution_id, "cancel", {"reason": "asked to"}, actor=LOCAL_ADMIN)
    async with running_engine(tmp_path, [hangs]) as harness:
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "cancelled"
    assert "node.cancelled n" in kinds(events)


async def test_an_execution_whose_every_node_fails_at_once_ends_and_hurts_nobody(tmp_path: Path) -> None:
    broken = {f"n{number}": "{type: t.fails}" for number in range(300)}
    nodes = ", ".join(f"{name}: {node}" for name, node in broken.items())
    async with running_engine(tmp_path, [fails]) as harness:
        bad = await harness.start(f"{{concertmaster: 1, name: bad, nodes: {{{nodes}}}}}")
        good, _ = await harness.run("{concertmaster: 1, name: good, nodes: {a: {type: data.set}}}")
        row = await harness.end(bad)
        events = await harness.journal.read(bad)
    assert good.status == "succeeded"
    assert row.status == "failed"
    before = ("node.started", "node.waiting")
    ends = [event.kind for event in events if event.node is not None and event.kind not in before]
    assert len(ends) == 300
    assert set(ends) <= {"node.failed", "node.cancelled"}


async def test_a_result_that_is_too_large_for_json_fails_its_node_alone(tmp_path: Path) -> None:
    @node(id="t.huge", effect="none")
    def huge() -> str:
        """More than anybody wants to read."""
        return "x" * (LARGEST_BYTES + 1)

    async with running_engine(tmp_path, [huge]) as harness:
        row, _ = await harness.run("{concertmaster: 1, name: huge, nodes: {a: {type: t.huge}}}")
    assert row.error is not None
    assert (row.error.code, row.error.node) == ("node.output_too_large", "a")
