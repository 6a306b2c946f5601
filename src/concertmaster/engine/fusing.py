"""Fusing: which nodes of a plan may be computed as one, so that what passes between them need not be stored.

A group is a tree of nodes that only compute or read, each with one reader; it ends in its tail, whose output is stored
as always. The decider knows nothing of it: when the first nodes of a group start, those that follow on them are looked
at, and where they wait for nothing else, all are computed together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from concertmaster.domain.expression import CompiledConfig
from concertmaster.domain.policy import NodePolicy
from concertmaster.domain.workflow import Edge

if TYPE_CHECKING:
    from concertmaster.engine.plan import PlanNode
    from concertmaster.engine.state import ExecutionState

_PLAIN = NodePolicy()
_OUTLET = "out"


def with_groups(
    nodes: Mapping[str, PlanNode], edges: Sequence[Edge], outputs: CompiledConfig
) -> Mapping[str, PlanNode]:
    """The nodes of a plan, those of a group with the name of its tail."""
    named = _named(nodes.values(), outputs)
    # None of them may be fused where an expression may ask for any.
    following = {} if named is None else {n: t for n in nodes if (t := _reader(nodes, edges, n, named)) is not None}
    tails = {node_id: _end(following, node_id) for node_id in following}
    tails |= {tail: tail for tail in tails.values()}
    return {node_id: replace(node, group=tails.get(node_id)) for node_id, node in nodes.items()}


def members_of(state: ExecutionState, tail: str, started: Collection[str]) -> tuple[PlanNode, ...]:
    """What of a group can be computed together now, in an order in which each comes after those it reads.

    Args:
        started: its nodes that start now.
    Returns:
        All of the group that has not ended; nothing where something else has to happen first, or was tried before.
    """
    plan = state.plan
    left = [n for n, node in plan.nodes.items() if node.group == tail and (state.nodes[n].open or n in started)]
    ordered: list[str] = []
    waiting = dict.fromkeys(left)
    while waiting:
        ready = [n for n in waiting if not any(plan.edges[i].source in waiting for i in plan.nodes[n].incoming)]
        ordered.extend(ready)
        for n in ready:
            del waiting[n]
    if any(plan.nodes[n].name in state.given for n in left):
        return ()
    together = all(_waits_only_for(state, n, left, begun=n in started) for n in left)
    return tuple(plan.nodes[n] for n in ordered) if together and len(left) > 1 else ()


def may_end(state: ExecutionState, members: Iterable[PlanNode], started: Collection[str]) -> bool:
    """Whether the nodes may still end together, which they could when they began."""
    if state.stopping or state.final:
        return False
    return all(state.nodes[one.id].status == ("running" if one.id in started else "pending") for one in members)


def _waits_only_for(state: ExecutionState, node_id: str, members: Sequence[str], *, begun: bool) -> bool:
    node, planned, edges = state.nodes[node_id], state.plan.nodes[node_id], state.plan.edges
    inside = sum(edges[index].source in members for index in planned.incoming)
    fresh = node.attempt == 1 if begun else node.status == "pending" and node.attempt == 0 and inside > 0
    every_other_taken = node.undecided == inside and len(node.taken) == len(planned.incoming) - inside
    return fresh and every_other_taken


def _named(nodes: Iterable[PlanNode], outputs: CompiledConfig) -> set[str] | None:
    """The nodes whose outputs expressions ask for; None: any."""
    found: set[str] = set()
    configs = [outputs]
    for node in nodes:
        configs.append(node.config)
        if node.body is not None:
            found |= node.body.outer
            configs.extend(node.body.deferred.values())
    for config in configs:
        for reference in config.references:
            if reference.root != "nodes":
                continue
            if reference.name is None:
                return None
            found.add(reference.name)
    return found


def _reader(nodes: Mapping[str, PlanNode], edges: Sequence[Edge], node_id: str, named: Collection[str]) -> str | None:
    """The node that a node may be computed together with, its only reader."""
    node = nodes[node_id]
    if node_id in named or not _may(node) or len(node.outgoing) != 1:
        return None
    edge = edges[node.outgoing[0]]
    reader = nodes[edge.target]
    argument = reader.type.argument(edge.port)
    shared = sum(port == edge.port for port in reader.ports_of_edges.values()) > 1
    if (
        edge.outlet != _OUTLET
        or not _may(reader)
        or not _followed(node)
        or argument is None
        or (shared and not argument.many)
        # It sees rows and bytes of what comes in.
        or any(reference.root == "input" for reference in reader.config.references)
    ):
        return None
    return reader.id if _same_family(node, reader) else None


def _may(node: PlanNode) -> bool:
    """Whether its type, policy and place let it be a member."""
    type_ = node.type
    if type_.lazy is None or type_.call != "thread" or type_.connections or node.outlets != (_OUTLET,):
        return False
    if node.effect == "write" or node.cached or node.disabled or node.policy != _PLAIN or node.phase != "main":
        return False
    if node.fixed_config is not None and type_.isolated(node.fixed_config):
        return False
    # A source has to have nothing before it, so that what it reads is told by its config.
    return not node.incoming if type_.lazy.family is None else bool(node.incoming)


def _followed(node: PlanNode) -> bool:
    """Whether others may follow on it, as far as its config is known before it runs."""
    lazy = node.type.lazy
    if lazy is None or lazy.inner is None:
        return lazy is not None
    return node.fixed_config is not None and lazy.followed(node.fixed_config)


def _same_family(node: PlanNode, reader: PlanNode) -> bool:
    mine, its = node.type.lazy, reader.type.lazy
    return mine is not None and its is not None and its.family is not None and mine.family in (None, its.family)


def _end(following: Mapping[str, str], node_id: str) -> str:
    while node_id in following:
        node_id = following[node_id]
    return node_id
