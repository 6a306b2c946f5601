"""Containers and phases against random workflows, orders of arrival, dying servers and people."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tree_reference import expected
from trees import Tree, trees
from world_model import World, after_death, begin, run, shown

from concertmaster.domain.events import NodeFailed, NodeSkipped, NodeSucceeded
from concertmaster.domain.execution import NODE_TRANSITIONS
from concertmaster.engine.fold import fold
from concertmaster.engine.snapshot import restore, take

SEEDS = st.integers(0, 1000)


def check_end(world: World) -> None:
    """What holds at the end of every execution."""
    root = world.root
    for member in world.members.values():
        assert member.state.final, f"{member.id} is left {member.state.status}: {shown(world)}"
    assert not any(NODE_TRANSITIONS[node.status] for node in root.state.nodes.values())


def check_once(world: World) -> None:
    assert all(times == 1 for times in world.done.values()), "nothing succeeds twice under one key"


def check_as_expected(world: World, tree: Tree) -> None:
    status, nodes = expected(tree)
    assert world.root.state.status == status, shown(world)
    if status == "succeeded":
        assert {name: world.root.state.nodes[name].status for name in nodes} == nodes


@given(trees(), SEEDS)
@settings(max_examples=300, deadline=None)
def test_every_order_of_arrivals_ends_as_the_rules_say(tree: Tree, seed: int) -> None:
    world = run(begin(tree), seed)
    check_end(world)
    check_once(world)
    check_as_expected(world, tree)


@given(trees(phases=True), SEEDS)
@settings(max_examples=200, deadline=None)
def test_pauses_and_dying_servers_change_nothing(tree: Tree, seed: int) -> None:
    world = run(begin(tree), seed, disturbed=True)
    check_as_expected(world, tree)


@given(trees(most=3), SEEDS)
@settings(max_examples=40, deadline=None)
def test_cut_the_history_after_any_event_and_it_ends_the_same(tree: Tree, seed: int) -> None:
    whole = run(begin(tree), seed)
    chooser = random.Random(seed)
    for saved in whole.history[1 :: max(1, len(whole.history) // 40)]:
        world = run(after_death(whole, saved, snapshots=chooser), seed)
        check_as_expected(world, tree)


@given(trees(phases=True), SEEDS)
@settings(max_examples=200, deadline=None)
def test_what_succeeded_is_undone_after_a_failure_and_the_end_runs_always(tree: Tree, seed: int) -> None:
    world = run(begin(tree), seed)
    check_end(world)
    check_once(world)
    check_as_expected(world, tree)
    state, journal = world.root.state, [event.body for event in world.root.journal]
    order = [body.node for body in journal if isinstance(body, NodeSucceeded)]
    policy = tree.workflow.policy
    undo = {node.policy.undo: name for name, node in tree.workflow.nodes.items() if node.policy.undo}
    undone = [undo[name] for name in order if name in undo]
    failed = state.status == "failed"
    done = [name for name in order if name in undo.values()]
    assert undone == (done[::-1] if failed and policy.compensates else [])
    if policy.failure_branches:
        assert state.nodes["alarm"].status == ("succeeded" if failed else "skipped")
    assert state.nodes["tidy"].status == "succeeded"
    assert order[-1] == "tidy"


@given(trees(phases=True), SEEDS, st.integers(0, 200))
@settings(max_examples=200, deadline=None)
def test_a_cancel_ends_everybody(tree: Tree, seed: int, at: int) -> None:
    world, chooser = begin(tree), random.Random(seed)
    world.settle()
    for _ in range(at):
        if not world.root.state.final and world.waiting():
            world.step(chooser)
            world.settle()
    before = world.root.state.status
    phase = world.root.state.phase
    world.tell("x", "cancel", {})
    world = run(world, seed)
    check_end(world)
    if before in ("running", "queued") and phase == "main" and world.root.state.failure is None:
        assert world.root.state.status in ("cancelled", before)


@given(trees(phases=True), SEEDS, st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_a_retry_ends_as_the_first_try(tree: Tree, seed: int, times: int) -> None:
    world = run(begin(tree), seed)
    for _ in range(times):
        status = world.root.state.status
        world.tell("x", "retry", {})
        world = run(world, seed)
        check_end(world)
        assert world.root.state.status == status
        if not tree.workflow.policy.compensates:
            check_once(world)


@given(trees(phases=True), SEEDS)
@settings(max_examples=100, deadline=None)
def test_a_snapshot_at_any_moment_is_the_fold(tree: Tree, seed: int) -> None:
    world = run(begin(tree), seed)
    for member in world.members.values():
        created = member.journal[0].body
        for length in range(1, len(member.journal)):
            state = fold(world.empty(member.id, created), member.journal[:length])
            restored = restore(take(state), world.empty(member.id, created))
            assert restored is not None
            assert take(restored).data == take(state).data
            one = fold(restored, member.journal[length:])
            assert take(one).data == take(fold(world.empty(member.id, created), member.journal)).data


def test_the_random_workflows_have_everything() -> None:
    """A look at the generator: what it never makes is not tested."""
    seen: set[str] = set()

    @given(trees(phases=True), SEEDS)
    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    def look(tree: Tree, seed: int) -> None:
        world = run(begin(tree), seed)
        seen.add(world.root.state.status)
        for member in world.members.values():
            seen.update(event.kind for event in member.journal)
            if member.state.parentage is not None:
                seen.add(f"{member.state.parentage.kind} {member.state.status}")
            for event in member.journal:
                if isinstance(event.body, NodeFailed | NodeSkipped):
                    seen.add(event.kind)

    look()
    kinds = {"item.started", "item.ended", "item.checked", "execution.phase", "node.retrying", "node.failed"}
    ends = {f"{kind} {end}" for kind in ("each", "while", "until", "race", "lock") for end in ("succeeded", "failed")}
    assert (kinds | ends | {"succeeded", "failed"}) - seen == set()
