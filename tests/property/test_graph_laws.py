"""Graph functions against their definitions, on random graphs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from concertmaster.domain.graph import Graph, make_graph
from concertmaster.domain.workflow import Edge

graphs = st.integers(1, 8).flatmap(
    lambda n: st.builds(
        lambda pairs: make_graph([f"n{i}" for i in range(n)], [Edge(f"n{a}", f"n{b}") for a, b in pairs]),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=14),
    )
)


def reachable(graph: Graph, start: str) -> set[str]:
    """By definition: one step, then every further step."""
    found: set[str] = set()
    while True:
        step = {edge.target for node in found | {start} for edge in graph.outgoing[node]}
        if step <= found:
            return found
        found |= step


@given(graphs)
def test_descendants_are_what_can_be_reached(graph: Graph) -> None:
    for node in graph.nodes:
        assert graph.descendants(node) == reachable(graph, node)


@given(graphs)
def test_the_order_puts_every_source_first_and_leaves_out_what_is_on_or_behind_a_cycle(graph: Graph) -> None:
    order = graph.order()
    cyclic = {node for node in graph.nodes if node in reachable(graph, node)}
    behind = {node for start in cyclic for node in reachable(graph, start)}
    assert set(order) == set(graph.nodes) - cyclic - behind
    for node in order:
        assert all(order.index(edge.source) < order.index(node) for edge in graph.incoming[node])


@given(graphs)
def test_cycles_are_closed_and_without_their_last_edges_none_is_left(graph: Graph) -> None:
    closing: list[Edge] = []
    for cycle in graph.cycles():
        following = [*cycle[1:], cycle[0]]
        assert all(edge.target == after.source for edge, after in zip(cycle, following, strict=True))
        closing.append(cycle[-1])
    rest = [edge for edges in graph.outgoing.values() for edge in edges if edge not in closing]
    assert len(make_graph(graph.nodes, rest).order()) == len(graph.nodes)


@given(graphs)
def test_ancestry_of_many_pairs_is_that_of_each(graph: Graph) -> None:
    pairs = [(x, y) for x in graph.nodes for y in graph.nodes]
    sortable = set(graph.order())
    expected = {(x, y) for x, y in pairs if y in reachable(graph, x) and x in sortable and y in sortable}
    assert graph.ancestry(pairs) == expected
