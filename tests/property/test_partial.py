"""Partial runs over random graphs: which nodes run, and that they see what they would have seen in a whole run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from engine_model import Case, ask, begin, cases, registry, resume, run
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from concertmaster.domain.errors import Conflict
from concertmaster.domain.events import NodeStarted, NodeSucceeded
from concertmaster.domain.given import Given, Part
from concertmaster.domain.partial import Aim, Former, Mode, Outlets, Planned, Web, plan_part, plan_whole
from concertmaster.domain.partial_web import ground_of
from concertmaster.domain.values import JsonValue
from concertmaster.domain.workflow import Edge
from concertmaster.engine.state import ExecutionState

MODES: list[Mode] = ["until", "only", "from"]


def web_of(case: Case) -> Web:
    return ground_of(case.workflow, registry()).web


def had(state: ExecutionState) -> Mapping[str, Outlets]:
    handled = {n for n, node in state.plan.nodes.items() if node.handled}
    return {
        name: frozenset(node.outputs)
        for name, node in state.nodes.items()
        if node.status == "succeeded" or (node.status == "failed" and name in handled)
    }


def former(state: ExecutionState) -> Former:
    return Former("old", had(state), frozenset(n for n, node in state.nodes.items() if node.status == "skipped"))


def part(planned: Planned, outputs: Mapping[str, Mapping[str, object]]) -> Part:
    given_ = {
        name: Given(outputs[name], {"execution": "old", "node": name}, at_once=choice.at_once)  # type: ignore[arg-type]
        for name, choice in planned.nodes.items()
        if choice.action in ("reuse", "pin")
    }
    return Part(given_, {n: one.why for n, one in planned.nodes.items() if one.action == "skip" and not one.perhaps})


def running(planned: Planned) -> set[str]:
    return {name for name, choice in planned.nodes.items() if choice.action == "run"}


def incoming(web: Web, name: str) -> Sequence[Edge]:
    return web.graph.incoming[name]


@st.composite
def aims(draw: st.DrawFn, case: Case) -> Aim:
    return Aim(draw(st.sampled_from(MODES)), draw(st.sampled_from(sorted(case.workflow.nodes))))


@given(cases(), st.data())
@settings(max_examples=300, deadline=None)
def test_as_little_runs_as_possible(case: Case, data: st.DataObject) -> None:
    """With outputs of any nodes, however they came about."""
    web, aim = web_of(case), data.draw(aims(case))
    known = data.draw(st.sets(st.sampled_from(sorted(case.workflow.nodes))))
    all_outlets = {n: frozenset(["left", "right", "out", "error"]) for n in known}
    pinned = {n: all_outlets[n] for n in data.draw(st.sets(st.sampled_from(sorted(known)) if known else st.nothing()))}
    behind = web.graph.descendants(aim.node)
    formers = [Former("old", all_outlets, frozenset())]
    needed = {
        edge.source for name in {aim.node, *(behind if aim.mode == "from" else ())} for edge in incoming(web, name)
    }
    if aim.mode != "until" and needed - known - ({aim.node, *behind} if aim.mode == "from" else set()):
        with pytest.raises(Conflict):
            plan_part(web, aim, {}, formers)
        return
    planned = plan_part(web, aim, pinned, formers)
    run_, taken = running(planned), {n for n, one in planned.nodes.items() if one.action in ("reuse", "pin")}
    assert aim.node in run_
    assert taken <= known
    # Whatever runs has all that it takes values from, be it run or given.
    assert all({edge.source for edge in web.graph.incoming[name]} <= run_ | taken for name in run_)
    match aim.mode:
        case "only":
            assert run_ == {aim.node}
        case "from":
            assert run_ == {aim.node, *behind} - (pinned.keys() - {aim.node})
        case "until":
            # Nothing runs that is known, and nothing that leads to the node only through what is known.
            assert run_ & known <= {aim.node}
            needed, waiting = {aim.node}, [aim.node]
            while waiting:
                sources = {edge.source for edge in web.graph.incoming[waiting.pop()]} - known - needed
                needed |= sources
                waiting += sources
            assert run_ == needed


@given(cases(), st.integers(0, 1000), st.data())
@settings(max_examples=300, deadline=None)
def test_a_node_that_is_tried_out_does_what_it_did_in_the_whole_run(case: Case, seed: int, data: st.DataObject) -> None:
    whole = run(begin(case), seed)
    aim = data.draw(aims(case))
    then = whole.state.nodes[aim.node]
    assume(then.status in ("succeeded", "failed") and not case.workflow.nodes[aim.node].disabled)
    # What failed early knows nothing of some nodes, and does not try again what could still go well.
    assume(whole.state.status == "succeeded" or (aim.mode != "from" and then.status == "succeeded"))
    try:
        planned = plan_part(web_of(case), aim, {}, [former(whole.state)])
    except Conflict:
        # A node that waits for any of its inputs began before others of them came to be, which they never did.
        assume(whole.state.status == "succeeded")
        raise
    outputs = {name: node.outputs for name, node in whole.state.nodes.items()}
    shell = run(begin(case, part(planned, outputs)), seed + 1, disturbed=True)
    now = shell.state.nodes
    assert (now[aim.node].status, now[aim.node].outputs) == (then.status, then.outputs)
    started = {event.body.node for event in shell.journal if isinstance(event.body, NodeStarted)}
    assert started <= running(planned)
    assert all(now[name].status == "skipped" for name, one in planned.nodes.items() if one.action == "skip")
    if whole.state.status == shell.state.status == "succeeded":
        # Behind it as well.
        for name in running(planned):
            assert (now[name].status, now[name].outputs) == (
                whole.state.nodes[name].status,
                whole.state.nodes[name].outputs,
            )
    for name, choice in planned.nodes.items():
        if choice.action == "reuse" and shell.state.status == "succeeded":
            assert (now[name].status, now[name].outputs) == ("succeeded", outputs[name])


@given(cases(max_nodes=6), st.integers(0, 1000), st.data())
@settings(max_examples=60, deadline=None)
def test_cut_the_journal_of_a_partial_run_after_any_event_and_it_ends_the_same(
    case: Case, seed: int, data: st.DataObject
) -> None:
    old = run(begin(case), seed)
    aim = data.draw(aims(case))
    pinned: dict[str, Outlets] = {n: frozenset(["out"]) for n in data.draw(st.sets(st.sampled_from(["n0", "n2"])))}
    pinned = {n: outlets for n, outlets in pinned.items() if n in case.workflow.nodes}
    try:
        planned = plan_part(web_of(case), aim, pinned, [former(old.state)])
    except Conflict:
        assume(False)
        return
    outputs = {name: node.outputs for name, node in old.state.nodes.items()} | {
        name: {"out": JsonValue("pinned")} for name in pinned
    }
    brought = part(planned, outputs)
    whole = run(begin(case, brought), seed)
    for length in range(1, len(whole.journal)):
        for snapshot_at in (0, length):
            resumed = run(resume(case, whole.journal[:length], snapshot_at=snapshot_at), seed)
            assert resumed.state.status == whole.state.status
            assert resumed.journal[:length] == whole.journal[:length]
            if whole.state.status == "succeeded":
                told = {name: (node.status, node.outputs) for name, node in whole.state.nodes.items()}
                assert {name: (node.status, node.outputs) for name, node in resumed.state.nodes.items()} == told


@given(cases(), st.integers(0, 1000), st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_pinned_never_runs_and_all_else_does_as_if_it_had(case: Case, seed: int, data: st.DataObject) -> None:
    """In a run of all, a pin with the outlets that the node takes anyway changes nothing but who ran."""
    names = [n for n, outlets in case.outcome.items() if outlets and not case.workflow.nodes[n].disabled]
    names = [n for n in names if case.workflow.nodes[n].type != "test.wait"]
    assume(names)
    pinned = {n: case.outcome[n] or frozenset() for n in data.draw(st.sets(st.sampled_from(names), min_size=1))}
    planned = plan_whole(web_of(case), pinned)
    outputs = {n: dict.fromkeys(sorted(outlets), JsonValue(1)) for n, outlets in pinned.items()}
    plain, shell = run(begin(case), seed), run(begin(case, part(planned, outputs)), seed, disturbed=True)
    assert shell.state.status == plain.state.status
    assert not pinned.keys() & {event.body.node for event in shell.journal if isinstance(event.body, NodeStarted)}
    if plain.state.status == "succeeded":
        told = {name: (node.status, node.outputs) for name, node in plain.state.nodes.items()}
        assert {name: (node.status, node.outputs) for name, node in shell.state.nodes.items()} == told


@given(cases(), st.integers(0, 1000), st.data())
@settings(max_examples=100, deadline=None)
def test_a_retry_of_a_partial_run_is_given_the_same(case: Case, seed: int, data: st.DataObject) -> None:
    old = run(begin(case), seed)
    aim = data.draw(aims(case))
    try:
        planned = plan_part(web_of(case), aim, {}, [former(old.state)])
    except Conflict:
        assume(False)
        return
    outputs = {name: node.outputs for name, node in old.state.nodes.items()}
    shell = run(begin(case, part(planned, outputs)), seed)
    ask(shell, "retry", **{"from": data.draw(st.sampled_from(sorted(case.workflow.nodes)))})
    shell = run(shell, seed + 1, disturbed=True)
    started = {event.body.node for event in shell.journal if isinstance(event.body, NodeStarted)}
    assert started <= running(planned)
    given_ = {e.body.node: e.body.outputs for e in shell.journal if isinstance(e.body, NodeSucceeded) and e.body.reused}
    assert all(outputs[name] == told for name, told in given_.items())
