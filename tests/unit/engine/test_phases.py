"""Undoing, branches after a failure and at the end, joins that do not wait for everybody; on the real engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import Bench, code, everybody_ended, outputs_of, until
from concertmaster.domain.events import Event
from engine_harness import running_engine

BOOKING = """
    concertmaster: 1
    name: booking
    policy: {on_failure: compensate}
    nodes:
      flight: {type: t.work, config: {number: 1}, policy: {undo: no_flight}}
      hotel: {type: t.work, config: {number: 2}, policy: {undo: no_hotel}}
      car: {type: t.work, config: {number: 3}, policy: {undo: no_car}}
      pay: {type: t.work, config: {number: 4}}
      no_flight: {type: t.work, config: {number: "undo {{ input }}"}}
      no_hotel: {type: t.work, config: {number: "undo {{ input }}"}}
      no_car: {type: t.work, config: {number: "undo {{ input }}"}}
    edges: [flight -> hotel, hotel -> pay, pay -> car]
    outputs: {got: "{{ nodes.pay }}"}
    """

BRANCHES = """
    concertmaster: 1
    name: branches
    policy: {timeout: %s, on_failure: alarm, finally: tidy}
    nodes:
      first: {type: t.work, config: {number: 1}}
      work: {type: t.work, config: {number: 2}}
      alarm: {type: t.work, config: {number: "{{ execution.error.code }}/{{ execution.error.node }}/{{ nodes.first }}"}}
      alarm2: {type: t.work, config: {number: alarm2}}
      tidy: {type: t.work, config: {number: tidy}}
      tidy2: {type: t.work, config: {number: tidy2}}
    edges: [first -> work, alarm -> alarm2, tidy -> tidy2]
    outputs: {got: "{{ nodes.work }}"}
    """


def statuses(events: list[Event]) -> dict[str, str]:
    """How each node came to its end."""
    ends = ("node.succeeded", "node.failed", "node.skipped", "node.cancelled")
    return {event.node: event.kind.partition(".")[2] for event in events if event.node and event.kind in ends}


async def test_what_succeeded_is_undone_the_last_first(tmp_path: Path) -> None:
    bench = Bench(fails={4})
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, events = await harness.run(BOOKING)
    assert code(row) == "work.broken"
    assert row.error is not None
    assert row.error.node == "pay"
    assert bench.numbers == [1, 2, 4, "undo 2", "undo 1"]
    assert statuses(events)["no_car"] == "skipped"
    assert statuses(events)["car"] == "cancelled"


async def test_nothing_is_undone_after_a_success_or_a_cancel(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == 4 and not bench.fails)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(BOOKING)
        await until(lambda: 4 in bench.numbers)
        await harness.cancel(execution_id)
        assert (await harness.end(execution_id)).status == "cancelled"
        bench.open.set()
        row, events = await harness.run(BOOKING)
    assert row.status == "succeeded", row.error
    assert not [number for number in bench.numbers if isinstance(number, str)]
    assert [statuses(events)[name] for name in ("no_flight", "no_hotel", "no_car")] == ["skipped"] * 3


async def test_what_cannot_be_undone_does_not_keep_the_rest_from_it(tmp_path: Path) -> None:
    bench = Bench(fails={4, "undo 2"})
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(BOOKING)
    assert bench.numbers == [1, 2, 4, "undo 2", "undo 1"]
    assert row.error is not None
    assert (row.error.node, row.error.details["also"]["node"]) == ("pay", "no_hotel")


async def test_a_retry_does_again_what_was_undone(tmp_path: Path) -> None:
    bench = Bench(fails={4})
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(BOOKING)
        bench.fails.clear()
        await harness.ask(row.id, "retry")
        row = await harness.end(row.id)
        events = await harness.journal.read(row.id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": 4}), row.error
    assert bench.numbers == [1, 2, 4, "undo 2", "undo 1", 1, 2, 4, 3]
    assert bench.keys(1) == [f"{row.id}/flight/1", f"{row.id}/flight/2"], "what was undone is new work"
    assert bench.keys(4) == [f"{row.id}/pay/1"] * 2


async def test_a_second_failure_undoes_again_with_keys_of_its_own(tmp_path: Path) -> None:
    bench = Bench(fails={4})
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(BOOKING)
        await harness.ask(row.id, "retry")
        row = await harness.end(row.id)
    assert row.status == "failed"
    assert bench.numbers == [1, 2, 4, "undo 2", "undo 1"] * 2
    assert len(set(bench.keys("undo 1"))) == 2


@pytest.mark.parametrize("dies_at", ["undo 2", "undo 1"])
async def test_a_server_that_dies_while_undoing_goes_on_with_it(tmp_path: Path, dies_at: str) -> None:
    bench = Bench(fails={4}, holds=lambda number: number == dies_at)
    async with running_engine(tmp_path, [bench.work(effect="write")]) as harness:
        execution_id = await harness.start(BOOKING)
        await until(lambda: dies_at in bench.numbers)
    bench.open.set()
    async with running_engine(tmp_path, [bench.work(effect="write")]) as harness:
        row = await harness.end(execution_id)
    assert (row.status, code(row)) == ("failed", "work.broken")
    assert bench.ended == [1, 2, "undo 2", "undo 1"]
    assert len(set(bench.keys(dies_at))) == 1


async def test_undoing_that_is_interrupted_goes_on_and_the_failure_is_not_forgotten(tmp_path: Path) -> None:
    bench = Bench(fails={4}, holds=lambda number: number == "undo 2")
    document = BOOKING.replace("no_hotel: {type: t.work", "no_hotel: {type: t.work, policy: {idempotent: false}")
    async with running_engine(tmp_path, [bench.work(effect="write")]) as harness:
        execution_id = await harness.start(document)
        await until(lambda: "undo 2" in bench.numbers)
    bench.open.set()
    async with running_engine(tmp_path, [bench.work(effect="write")]) as harness:
        row = await harness.end(execution_id)
        assert (row.status, code(row)) == ("interrupted", "node.write_interrupted")
        await harness.cancel(execution_id)
        row = await harness.end(execution_id)
    assert (row.status, code(row)) == ("failed", "work.broken")
    assert "undo 1" not in bench.numbers, "a cancel ends the undoing"


async def test_both_branches_run_after_a_failure_and_see_it(tmp_path: Path) -> None:
    bench = Bench(fails={2})
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(BRANCHES % "1h")
    assert code(row) == "work.broken"
    assert bench.numbers == [1, 2, "work.broken/work/1", "alarm2", "tidy", "tidy2"]


async def test_after_a_success_only_the_last_branch_runs(tmp_path: Path) -> None:
    bench = Bench()
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, events = await harness.run(BRANCHES % "1h")
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": 2}), row.error
    assert bench.numbers == [1, 2, "tidy", "tidy2"]
    assert [statuses(events)[name] for name in ("alarm", "alarm2")] == ["skipped"] * 2


async def test_after_a_cancel_only_the_last_branch_runs_and_a_second_cancel_ends_it(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number in (2, "tidy"))
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(BRANCHES % "1h")
        await until(lambda: 2 in bench.numbers)
        await harness.cancel(execution_id)
        await until(lambda: "tidy" in bench.numbers)
        await harness.cancel(execution_id)
        row = await harness.end(execution_id)
    assert row.status == "cancelled"
    assert bench.numbers == [1, 2, "tidy"]


async def test_after_a_time_out_both_branches_have_time_of_their_own(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == 2)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(BRANCHES % "250ms")
    assert code(row) == "execution.timeout"
    assert bench.numbers == [1, 2, "execution.timeout//1", "alarm2", "tidy", "tidy2"]


async def test_a_branch_that_hangs_is_ended_by_the_time_out_of_its_own(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == "tidy")
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(BRANCHES % "300ms")
    assert code(row) == "execution.timeout"
    assert bench.numbers == [1, 2, "tidy"]


async def test_after_a_stop_only_the_last_branch_runs(tmp_path: Path) -> None:
    document = (BRANCHES % "1h").replace("work: {type: t.work, config: {number: 2}}", "work: {type: flow.stop}", 1)
    bench = Bench()
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, events = await harness.run(document)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": 1}), row.error
    assert bench.numbers == [1, "tidy", "tidy2"]


@pytest.mark.parametrize(
    ("fails", "node", "also"),
    [({"tidy"}, "tidy", None), ({2, "tidy"}, "work", "tidy"), ({2, "alarm2"}, "work", "alarm2")],
)
async def test_what_fails_in_a_branch_fails_the_execution_too(
    tmp_path: Path, fails: set[Any], node: str, also: str | None
) -> None:
    bench = Bench(fails=fails)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(BRANCHES % "1h")
    assert row.error is not None
    assert row.error.node == node
    assert row.error.details.get("also", {}).get("node") == also
    assert "tidy" in bench.numbers, "the last branch runs always"


async def test_a_retry_runs_the_branches_again(tmp_path: Path) -> None:
    bench = Bench(fails={2})
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(BRANCHES % "1h")
        bench.fails.clear()
        bench.calls.clear()
        await harness.ask(row.id, "retry")
        row = await harness.end(row.id)
        events = await harness.journal.read(row.id)
    assert row.status == "succeeded", row.error
    assert bench.numbers == [2, "tidy", "tidy2"]
    assert statuses(events)["alarm"] == "skipped"


async def test_a_pause_holds_up_a_branch_and_a_death_does_not_end_it(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == "tidy")
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(BRANCHES % "1h")
        await until(lambda: "tidy" in bench.numbers)
        await harness.ask(execution_id, "pause")
        await harness.settled(execution_id, "paused")
    bench.open.set()
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.ask(execution_id, "resume")
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": 2}), row.error
    assert bench.ended == [1, 2, "tidy", "tidy2"]


async def test_a_container_is_undone_as_one_and_stands_in_a_branch(tmp_path: Path) -> None:
    bench = Bench(fails={9})
    document = """
        concertmaster: 1
        name: loops
        policy: {on_failure: compensate, finally: tidy}
        nodes:
          book:
            type: flow.for_each
            config: {items: [1, 2], concurrency: 1}
            policy: {undo: unbook}
            body: {nodes: {one: {type: t.work, config: {number: "{{ item }}"}}}}
          unbook:
            type: flow.for_each
            config: {concurrency: 1}
            body: {nodes: {one: {type: t.work, config: {number: "undo {{ item }}"}}}}
          fails: {type: t.work, config: {number: 9}}
          tidy:
            type: flow.for_each
            config: {items: [7], concurrency: 1}
            body: {nodes: {one: {type: t.work, config: {number: "{{ item }}"}}}}
        edges: [book -> fails]
        """
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(document)
        await everybody_ended(harness, row.id)
    assert code(row) == "work.broken"
    assert bench.numbers == [1, 2, 9, "undo 1", "undo 2", 7]


def joins(join: str) -> str:
    return f"""
        concertmaster: 1
        name: joins
        nodes:
          a: {{type: t.work, config: {{number: 1}}}}
          b: {{type: t.work, config: {{number: 2}}}}
          c: {{type: t.work, config: {{number: 3}}}}
          j: {{type: logic.merge, policy: {{join: {join}}}}}
          end: {{type: data.set, config: {{value: "{{{{ nodes.j }}}}"}}}}
        edges: [a -> j, b -> j, c -> j, j -> end]
        outputs: {{got: "{{{{ nodes.end }}}}"}}
        """


@pytest.mark.parametrize(("join", "held", "got"), [("any", {1, 3}, [2]), ("2", {2}, [1, 3])])
async def test_a_join_runs_at_the_nth_edge_and_the_rest_comes_too_late(
    tmp_path: Path, join: str, held: set[int], got: list[int]
) -> None:
    bench = Bench(holds=lambda number: number in held)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(joins(join))
        await harness.until(execution_id, lambda events: statuses(list(events)).get("end") == "succeeded")
        bench.open.set()
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": got}), row.error
    assert [event.node for event in events if event.kind == "node.succeeded"].count("j") == 1


async def test_a_join_that_can_no_longer_be_reached_is_skipped(tmp_path: Path) -> None:
    bench = Bench(fails={1, 2})
    document = joins("2").replace("number: 1}", "number: 1}, policy: {on_error: continue}", 1)
    document = document.replace("number: 2}", "number: 2}, policy: {on_error: continue}", 1)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, events = await harness.run(document)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": None}), row.error
    assert statuses(events)["j"] == "skipped"
