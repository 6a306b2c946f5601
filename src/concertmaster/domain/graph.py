"""Graph: what can be said about nodes and edges without knowing what they do. All of it linear in their number."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from concertmaster.domain.workflow import Body, Edge, Workflow

_CHUNK_BITS = 2048


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and the edges between them; edges with an end that is no node are left out.

    Attributes:
        nodes: names in document order.
        incoming: the edges into each node, in document order.
        outgoing: the edges out of each node, in document order.
    """

    nodes: tuple[str, ...]
    incoming: Mapping[str, tuple[Edge, ...]]
    outgoing: Mapping[str, tuple[Edge, ...]]

    def descendants(self, node: str) -> frozenset[str]:
        """Every node that can be reached from this one; not the node itself, unless it is on a cycle."""
        reached: set[str] = set()
        waiting = [node]
        while waiting:
            for edge in self.outgoing[waiting.pop()]:
                if edge.target not in reached:
                    reached.add(edge.target)
                    waiting.append(edge.target)
        return frozenset(reached)

    def order(self) -> tuple[str, ...]:
        """Topological order, ties in document order; nodes on or behind a cycle are left out.

        Source: Kahn, "Topological sorting of large networks", CACM 5(11), 1962.
        """
        waiting = {node: len(self.incoming[node]) for node in self.nodes}
        ready = deque(node for node in self.nodes if waiting[node] == 0)
        order: list[str] = []
        while ready:
            node = ready.popleft()
            order.append(node)
            for edge in self.outgoing[node]:
                waiting[edge.target] -= 1
                if waiting[edge.target] == 0:
                    ready.append(edge.target)
        return tuple(order)

    def cycles(self, *, roots: Iterable[str] = ()) -> Iterator[tuple[Edge, ...]]:
        """For each edge that closes a cycle (found depth first, in document order), the edges of that cycle.

        The closing edge is the last. Removing all closing edges leaves no cycle. The search starts at `roots`.
        """
        done: set[str] = set()
        for root in (*roots, *self.nodes):
            if root not in done:
                yield from self._cycles_from(root, done)

    def ancestry(self, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those of the pairs `(x, y)` where x is an ancestor of y, for many pairs at once.

        Nodes on or behind a cycle count as no descendants of anything.
        """
        place = {node: number for number, node in enumerate(self.order())}
        known = sorted((place[x], place[y]) for x, y in pairs if x in place and y in place and place[x] < place[y])
        held: set[tuple[str, str]] = set()
        names = tuple(place)
        start = 0
        while start < len(known):
            # A sweep in topological order carries one bit for each x of the chunk; memory stays bounded.
            bits: dict[int, int] = {}
            end = start
            while end < len(known) and (known[end][0] in bits or len(bits) < _CHUNK_BITS):
                bits.setdefault(known[end][0], 1 << len(bits))
                end += 1
            chunk = known[start:end]
            reach = self._sweep(names, place, bits, first=chunk[0][0], last=max(y for _, y in chunk))
            held.update((names[x], names[y]) for x, y in chunk if reach[y] & bits[x])
            start = end
        return frozenset(held)

    def _sweep(
        self, names: tuple[str, ...], place: Mapping[str, int], bits: Mapping[int, int], *, first: int, last: int
    ) -> dict[int, int]:
        reach: dict[int, int] = {}
        for number in range(first, last + 1):
            mask = 0
            for edge in self.incoming[names[number]]:
                source = place[edge.source]
                if source >= first:
                    mask |= reach[source] | bits.get(source, 0)
            reach[number] = mask
        return reach

    def _cycles_from(self, root: str, done: set[str]) -> Iterator[tuple[Edge, ...]]:
        path: list[Edge] = []
        depth = {root: 0}
        stack = [(root, iter(self.outgoing[root]))]
        while stack:
            node, edges = stack[-1]
            edge = next(edges, None)
            if edge is None:
                stack.pop()
                del depth[node]
                done.add(node)
                if path:
                    path.pop()
            elif edge.target in depth:
                yield (*path[depth[edge.target] :], edge)
            elif edge.target not in done:
                path.append(edge)
                depth[edge.target] = len(path)
                stack.append((edge.target, iter(self.outgoing[edge.target])))


def graph_of(part: Workflow | Body) -> Graph:
    """The graph of a workflow or of a container's body."""
    return make_graph(part.nodes, part.edges)


def make_graph(nodes: Iterable[str], edges: Iterable[Edge]) -> Graph:
    """A graph of these nodes; edges with an end that is no node are left out."""
    names = tuple(nodes)
    incoming: dict[str, list[Edge]] = {name: [] for name in names}
    outgoing: dict[str, list[Edge]] = {name: [] for name in names}
    for edge in edges:
        if edge.source in outgoing and edge.target in incoming:
            outgoing[edge.source].append(edge)
            incoming[edge.target].append(edge)
    return Graph(
        names,
        {name: tuple(found) for name, found in incoming.items()},
        {name: tuple(found) for name, found in outgoing.items()},
    )
