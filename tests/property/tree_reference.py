"""An independent reading of the rules of containers, from the design: whole graphs at once, no events, no order.

It goes on where `engine_reference.py` ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trees import Tree

from concertmaster.domain.workflow import Edge, Node


def expected(tree: Tree) -> tuple[str, dict[str, str]]:
    """The status of the execution, and of each node that runs in the normal course.

    Returns:
        ("failed", {}) when some failure is unhandled: then it depends on the order which nodes got how far.
    """
    main = {name: node for name, node in tree.workflow.nodes.items() if node.title != "later"}
    found = _graph(tree, main, tree.workflow.edges, "x")
    return ("failed", {}) if found is None else ("succeeded", found)


def _graph(
    tree: Tree, nodes: Mapping[str, Node], edges: Sequence[Edge], above: str, *, racing: bool = False
) -> dict[str, str] | None:
    """The status of each node; None when a failure is unhandled."""
    status: dict[str, str] = {}
    outlets: dict[str, frozenset[str]] = {}
    for name, node in nodes.items():
        incoming = [edge for edge in edges if edge.target == name]
        taken = [edge for edge in incoming if edge.outlet in outlets[edge.source]]
        needed = node.policy.join if isinstance(node.policy.join, int) else 1
        place = f"{above}/{name}"
        if incoming and len(taken) < needed:
            status[name], outlets[name] = "skipped", frozenset()
        elif (given := _outlets(tree, node, place)) is not None:
            status[name], outlets[name] = "succeeded", given
        else:
            status[name] = "failed"
            has_error_edge = any(edge.source == name and edge.outlet == "error" for edge in edges)
            if node.policy.on_error == "continue":
                outlets[name] = frozenset()
            elif has_error_edge:
                outlets[name] = frozenset({"error"})
            elif racing:
                outlets[name] = frozenset()
            else:
                return None
    return status


def _outlets(tree: Tree, node: Node, place: str) -> frozenset[str] | None:
    """What a node takes when it runs; None when it fails."""
    if node.body is None:
        return tree.outcome(place, node).outlets
    return frozenset({"out"}) if _container(tree, node, f"{place}.1") else None


def _container(tree: Tree, node: Node, key: str) -> bool:
    body, config = node.body, node.config
    assert body is not None

    def item(number: int, *, racing: bool = False) -> dict[str, str] | None:
        assert body is not None
        return _graph(tree, body.nodes, body.edges, f"{key}/{number}", racing=racing)

    match node.type:
        case "flow.for_each":
            good = [item(number) is not None for number in range(len(config["items"]))]
            if config["on_error"] == "stop":
                return all(good)
            return sum(good) >= (config["enough"] or 0)
        case "flow.race":
            ends = set(body.nodes) - {edge.source for edge in body.edges}
            branches = item(0, racing=True)
            assert branches is not None
            return sum(branches[name] == "succeeded" for name in ends) >= config["wins"]
        case "flow.lock":
            return item(0) is not None
        case kind:
            rounds = tree.rounds(key) if kind == "flow.while" else max(1, tree.rounds(key))
            return rounds <= config["maximum"] and all(item(number) is not None for number in range(rounds))
