"""Items: the child executions of containers. Their plan is the body once for each item, their state counts items.

Pure. A child holds at most `CHUNK` items, so that no journal grows without bound; nodes are named `fetch[3]`, counted
within the child, and everything else (joins, retries, recovery) is as in any other execution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from concertmaster.domain.execution import Failure
from concertmaster.domain.expression import compile_value
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.values import Value, from_json
from concertmaster.domain.workflow import Edge
from concertmaster.engine.plan import BodyPlan, Items, Plan, PlanNode

CHUNK = 100
_NOTHING = compile_value({})


@dataclass(slots=True)
class ItemsState:
    """How far the items of a child execution are.

    Attributes:
        admitted: items that may run: those from 0 on.
        open: nodes of each item that have not come to an end.
        ended: items whose nodes all have, in the order in which they did.
        failures: items that failed, where the others go on.
        stopped: items that `flow.stop` has ended.
        unchecked: item about which a `while` or `until` has to decide whether it runs.
        over: no further item will run.
        wins: ends of branches that count as won, in a race.
        values: the items, of a `while` or `until` one more with every one that ends; None until the owner has loaded
            them.
        around: the item of the loop around a container that is none.
        outer: what nodes around the container gave.
    """

    parentage: Parentage
    open: list[int]
    admitted: int = 0
    ended: list[int] = field(default_factory=lambda: list[int]())
    failures: dict[int, Failure] = field(default_factory=lambda: dict[int, Failure]())
    stopped: set[int] = field(default_factory=lambda: set[int]())
    unchecked: int | None = None
    over: bool = False
    wins: list[str] = field(default_factory=lambda: list[str]())
    values: list[Value] | None = None
    around: Value | None = None
    outer: Mapping[str, Mapping[str, Value]] = field(default_factory=lambda: {})

    @property
    def tolerant(self) -> bool:
        """Whether an item may fail without the others."""
        return self.parentage.settings.get("on_error", "stop") != "stop"

    @property
    def sequential(self) -> bool:
        """Whether each item is decided about when the one before has ended."""
        return self.parentage.kind in ("while", "until")

    def room(self, count: int) -> int:
        """How many items may be admitted now, of `count` in all."""
        if self.sequential or self.over:
            return self.admitted
        concurrency = int(self.parentage.settings.get("concurrency") or count)
        return min(count, len(self.ended) + concurrency)


def items_plan(plan: Plan, parentage: Parentage) -> Plan:
    """The plan of a child execution of the container at `parentage.path`."""
    body, racing = body_at(plan, parentage.path), parentage.kind == "race"
    nodes: dict[str, PlanNode] = {}
    edges: list[Edge] = []
    by_item: list[tuple[str, ...]] = []
    for item in range(parentage.count):
        base = len(edges)
        edges += [
            replace(edge, source=item_id(edge.source, item), target=item_id(edge.target, item)) for edge in body.edges
        ]
        for name, node in body.nodes.items():
            nodes[item_id(name, item)] = replace(
                node,
                id=item_id(name, item),
                item=item,
                # A branch of a race that fails has not won, and that is all.
                handled=node.handled or racing,
                continues=node.continues or (racing and not node.handled),
                incoming=tuple(base + index for index in node.incoming),
                outgoing=tuple(base + index for index in node.outgoing),
                ports_of_edges={base + index: port for index, port in node.ports_of_edges.items()},
            )
        by_item.append(tuple(item_id(name, item) for name in body.nodes))
    return replace(
        plan,
        nodes=nodes,
        edges=tuple(edges),
        # What it gives is made of what its items gave.
        outputs=_NOTHING,
        phases={},
        items=Items(parentage.kind, body, tuple(by_item)),
    )


def body_at(plan: Plan, path: tuple[str, ...]) -> BodyPlan:
    """The body of the container that the path of names leads to."""
    nodes: Mapping[str, PlanNode] = plan.nodes
    body: BodyPlan | None = None
    for name in path:
        body = nodes[name].body
        assert body is not None
        nodes = body.nodes
    assert body is not None
    return body


def item_id(name: str, item: int) -> str:
    """The id of a node of an item."""
    return f"{name}[{item}]"


def initial_items(parentage: Parentage, items: Items) -> ItemsState:
    """The state before anything has run."""
    outer = {
        name: {outlet: from_json(value) for outlet, value in outlets.items()}
        for name, outlets in parentage.outer.items()
    }
    around = None if parentage.item is None else from_json(parentage.item)
    state = ItemsState(parentage, [len(nodes) for nodes in items.nodes], around=around, outer=outer)
    if parentage.kind == "while":
        state.unchecked = 0
    elif parentage.kind == "until":
        state.admitted = 1
    else:
        state.admitted = state.room(items.count)
    return state
