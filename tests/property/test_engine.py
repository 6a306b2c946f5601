"""The pure core against random graphs and orders of arrival."""

from __future__ import annotations

import copy

from engine_model import Case, ask, begin, cases, resume, run
from engine_reference import expected
from hypothesis import given, settings
from hypothesis import strategies as st

from concertmaster.domain.events import ExecutionCancelling, NodeSucceeded
from concertmaster.domain.events_json import body_from, data_of
from concertmaster.domain.execution import NODE_TRANSITIONS, ExecutionRow
from concertmaster.engine.decider import decide
from concertmaster.engine.fold import apply, fold
from concertmaster.engine.state import initial
from concertmaster.services.moments import RowThen


@given(cases(), st.integers(0, 1000))
@settings(max_examples=300, deadline=None)
def test_every_order_of_arrivals_ends_as_the_rules_say(case: Case, seed: int) -> None:
    shell = run(begin(case), seed)
    status, nodes = expected(case)
    assert shell.state.status == status
    if status == "succeeded":
        assert {node_id: node.status for node_id, node in shell.state.nodes.items()} == nodes


@given(cases(), st.integers(0, 1000))
@settings(max_examples=200, deadline=None)
def test_no_node_is_left_open_and_none_succeeds_twice(case: Case, seed: int) -> None:
    shell = run(begin(case), seed)
    assert not any(NODE_TRANSITIONS[node.status] for node in shell.state.nodes.values())
    succeeded = [event.body.node for event in shell.journal if isinstance(event.body, NodeSucceeded)]
    assert len(succeeded) == len(set(succeeded))


@given(cases(max_nodes=6), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_cut_the_journal_after_any_event_and_it_ends_the_same(case: Case, seed: int) -> None:
    whole = run(begin(case), seed)
    for length in range(2, len(whole.journal)):
        resumed = run(resume(case, whole.journal[:length]), seed)
        assert resumed.state.status == whole.state.status
        assert resumed.journal[:length] == whole.journal[:length]
        if whole.state.status == "succeeded":
            before = {node_id: node.status for node_id, node in whole.state.nodes.items()}
            assert {node_id: node.status for node_id, node in resumed.state.nodes.items()} == before


@given(cases(), st.integers(0, 1000))
@settings(max_examples=200, deadline=None)
def test_pauses_and_dying_servers_change_nothing(case: Case, seed: int) -> None:
    shell = run(begin(case), seed, disturbed=True)
    status, nodes = expected(case)
    assert shell.state.status == status
    if status == "succeeded":
        assert {node_id: node.status for node_id, node in shell.state.nodes.items()} == nodes


@given(cases(max_nodes=6), st.integers(0, 1000), st.data())
@settings(max_examples=100, deadline=None)
def test_a_snapshot_is_the_fold_of_what_came_before(case: Case, seed: int, data: st.DataObject) -> None:
    whole = run(begin(case), seed, stop_after=data.draw(st.integers(0, 30)))
    at = data.draw(st.integers(1, len(whole.journal)))
    plain, shortened = resume(case, whole.journal), resume(case, whole.journal, snapshot_at=at)
    for state in (plain.state, shortened.state):
        state.changed.sort()
    assert shortened.state == plain.state


@given(cases(), st.integers(0, 1000), st.data())
@settings(max_examples=200, deadline=None)
def test_a_retry_reuses_what_succeeded_and_ends_as_if_nothing_had_failed(
    case: Case, seed: int, data: st.DataObject
) -> None:
    """Nodes that fail on the first run and not on the second: in the end all is as if they never had."""
    first = run(begin(case), seed, disturbed=True)
    start = data.draw(st.one_of(st.none(), st.sampled_from(sorted(case.workflow.nodes))))
    healed = Case(case.workflow, {n: o or frozenset(["out"]) for n, o in case.outcome.items()}, case.flaky)
    before = {node_id: node for node_id, node in first.state.nodes.items() if node.status == "succeeded"}
    shell = resume(case, first.journal)
    shell.case = healed
    ask(shell, "retry", **({} if start is None else {"from": start}))
    again = shell.journal[len(first.journal)].body.nodes
    shell = run(shell, seed + 1, disturbed=True)
    for node_id, node in before.items():
        if node_id not in again:
            assert shell.state.nodes[node_id].outputs == node.outputs
        else:
            assert again[node_id] == node.generation + 1
    kept = {n for n, s in first.state.nodes.items() if s.status == "failed" and n not in again}
    mixed = Case(case.workflow, {n: None if n in kept else outlets for n, outlets in healed.outcome.items()}, {})
    status, nodes = expected(mixed)
    assert shell.state.status == status
    if status == "succeeded":
        assert {node_id: node.status for node_id, node in shell.state.nodes.items()} == nodes


@given(cases(max_nodes=6), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_a_cancel_that_waits_at_a_takeover_ends_everything(case: Case, seed: int) -> None:
    whole = run(begin(case), seed)
    for length in range(2, len(whole.journal)):
        resumed = resume(case, whole.journal[:length])
        resumed.record(ExecutionCancelling("asked to"))
        run(resumed, seed)
        assert resumed.state.status == "cancelled"
        assert not any(NODE_TRANSITIONS[node.status] for node in resumed.state.nodes.values())


@given(cases(), st.integers(0, 1000), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_deciding_about_what_changed_is_deciding_about_everything(case: Case, seed: int, steps: int) -> None:
    """After settling, nothing follows but the attempts and timers that are under way."""
    shell = run(begin(case), seed, stop_after=steps)
    left = decide(shell.state, list(shell.state.nodes))
    for command in left:
        assert command.node in shell.attempts or command.node in shell.timers
    assert decide(copy.deepcopy(shell.state), list(shell.state.nodes)) == left


@given(cases(), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_folding_the_journal_again_gives_the_same_state(case: Case, seed: int) -> None:
    shell = run(begin(case), seed)
    again = fold(initial("x", case.plan), shell.journal)
    assert (again.status, again.seq, again.open_nodes) == (shell.state.status, shell.state.seq, 0)
    assert {n: (s.status, s.attempt, s.outputs) for n, s in again.nodes.items()} == {
        n: (s.status, s.attempt, s.outputs) for n, s in shell.state.nodes.items()
    }


@given(cases(), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_the_line_of_the_past_is_that_of_the_engine_after_every_event(case: Case, seed: int) -> None:
    shell = run(begin(case), seed)
    row = ExecutionRow("x", "w", 1, "running", 1, shell.state.seq, {"type": "manual"}, shell.journal[0].at)
    state, then = initial("x", case.plan), RowThen(row)
    for event in shell.journal:
        apply(state, event)
        then.apply([event])
        assert (then.row.status, then.row.head_seq) == (state.status, state.seq)
        assert (then.row.ended_at is not None) == state.final
        assert (then.row.error is not None) == (state.status in ("failed", "interrupted"))


@given(cases(), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_events_survive_their_json_form(case: Case, seed: int) -> None:
    import json

    for event in run(begin(case), seed).journal:
        text = json.dumps(data_of(event.body), default=lambda at: at.isoformat())
        assert body_from(event.kind, event.node, json.loads(text)) == event.body
