"""Checks of the wiring: ends, types, ports, joins, cycles."""

from __future__ import annotations

import itertools

from concertmaster.domain.expression import compile_config
from concertmaster.domain.findings import LIMIT, Findings
from concertmaster.domain.near_miss import did_you_mean, one_of
from concertmaster.domain.ports import ANY, PortType, fits
from concertmaster.domain.spec import NodeSpec, Port
from concertmaster.domain.validation_scope import Scope
from concertmaster.domain.workflow import Edge

ERROR_OUTLET = "error"
ERROR_TYPE = PortType("json", {"type": "object"})
_SHOWN_OF_CYCLE = 12
_KIND_WORDS = {"table": "a table", "file": "a file", "json": "JSON", "any": "anything"}


def check_edges(scope: Scope, findings: Findings) -> None:
    """Report everything that is wrong with the edges of a scope."""
    arriving: dict[tuple[str, str], list[tuple[int, Edge]]] = {}
    seen: set[Edge] = set()
    types = _PassedTypes(scope)
    for index, edge in enumerate(scope.edges):
        if edge in seen:
            message = f"the edge {edge} stands here a second time"
            findings.error("edge.duplicate", scope.edge_at(index), message, fix="Remove one of the two")
            continue
        seen.add(edge)
        if _check_ends(scope, index, edge, findings):
            arriving.setdefault((edge.target, edge.port), []).append((index, edge))
            _check_type(scope, index, edge, types, findings)
    _check_ports(scope, arriving, findings)
    _check_cycles(scope, findings)


def _check_ends(scope: Scope, index: int, edge: Edge, findings: Findings) -> bool:
    """Whether both ends exist, as far as the node types are known."""
    at = scope.edge_at(index)
    for end in dict.fromkeys((edge.source, edge.target)):
        if end not in scope.nodes:
            _report_dangling(scope, at, edge, end, findings)
    if edge.source not in scope.nodes or edge.target not in scope.nodes:
        return False
    outlets = scope.outlets(edge.source)
    names = [outlet.name for outlet in outlets or ()]
    if outlets is not None and edge.outlet != ERROR_OUTLET and edge.outlet not in names:
        message = f"{edge.source} ({scope.specs[edge.source].id}) has no outlet {edge.outlet!r}"
        findings.error("edge.unknown_outlet", at, message, fix=lambda: one_of(edge.outlet, [*names, ERROR_OUTLET]))
    target = scope.specs.get(edge.target)
    if target is not None and target.port(edge.port) is None:
        ports = [port.name for port in target.ports]
        message = f"{edge.target} ({target.id}) has no port {edge.port!r}"
        findings.error("edge.unknown_port", at, message, fix=lambda: one_of(edge.port, ports))
        return False
    return True


def _report_dangling(scope: Scope, at: str, edge: Edge, end: str, findings: Findings) -> None:
    if scope.around(end):
        message = f"the edge {edge} leads out of the body: {end!r} is around it"
        fix = f"Read it by `{{{{ nodes.{end} }}}}`, or wire it to {scope.container}, whose first nodes get it"
        findings.error("edge.dangling", at, message, fix=fix)
        return
    home = scope.home(end)
    if home is not None:
        message = f"the edge {edge} names the node {end!r}, which is in the body of {home}"
        source, target = (home if one == end else one for one in (edge.source, edge.target))
        fix = f"Use `{source} -> {target}`"
        findings.error("edge.dangling", at, message, fix=fix)
        return
    message = f"the edge {edge} names the node {end!r}, which does not exist"
    add = f"Add the node `{end}`, or remove the edge"
    findings.error("edge.dangling", at, message, fix=lambda: did_you_mean(end, scope.nodes) or add)


def _check_type(scope: Scope, index: int, edge: Edge, types: _PassedTypes, findings: Findings) -> None:
    port = _port(scope.specs.get(edge.target), edge.port)
    if port is None or port.implicit or scope.nodes[edge.target].disabled:
        return
    given = types.of(edge)
    if not fits(given, port.type):
        gives = f"{edge.source}.{edge.outlet} gives {_words(given)}"
        message = f"{edge.target}.{edge.port} takes {_words(port.type)}, but {gives}"
        fix = "Put a node between them that turns one into the other, or wire another outlet or port"
        findings.error("edge.type", scope.edge_at(index), message, fix=fix)


def _check_ports(scope: Scope, arriving: dict[tuple[str, str], list[tuple[int, Edge]]], findings: Findings) -> None:
    for name, spec in scope.specs.items():
        for port in spec.ports:
            given = port.name == "in" and scope.gets_something(name)
            if port.required and not port.implicit and (name, port.name) not in arriving and not given:
                message = (
                    f"the port {port.name!r} of {name} ({spec.id}) needs {_words(port.type)}, but no edge leads to it"
                )
                suffix = "" if port.name == "in" else f".{port.name}"
                fix = f"Add an edge `... -> {name}{suffix}`"
                findings.add(scope.severity(name), "port.unwired", scope.node_at(name), message, fix=fix)
    for (name, port_name), edges in arriving.items():
        port = _port(scope.specs.get(name), port_name)
        if len(edges) < 2 or port is None or port.type.many or _exclude_each_other([edge for _, edge in edges]):
            continue
        # Edges into the hidden port only give an order, unless the config looks at the value.
        if not port.implicit or _reads_input(scope, name):
            message = f"{len(edges)} edges lead to {name}.{port_name}, which takes one: the first that is taken counts"
            fix = "Give each its own port, or join them first, for example with `logic.merge`"
            findings.warning("port.several_edges", scope.edge_at(edges[1][0]), message, fix=fix)


def _check_cycles(scope: Scope, findings: Findings) -> None:
    if len(scope.order) == len(scope.nodes):
        return
    indices: dict[Edge, int] = {}
    for index, edge in enumerate(scope.edges):
        indices.setdefault(edge, index)
    # The canvas searches in this order too, so that both name the same edge.
    roots = dict.fromkeys(edge.source for edge in scope.edges if edge.source in scope.nodes)
    for cycle in itertools.islice(scope.graph.cycles(roots=roots), LIMIT):
        names = [edge.source for edge in cycle]
        shown = names if len(names) <= _SHOWN_OF_CYCLE else [*names[: _SHOWN_OF_CYCLE - 1], "..."]
        message = f"the nodes form a cycle: {' -> '.join([*shown, names[0]])}"
        fix = "Remove an edge of it; for repetition use a loop node"
        findings.error("edge.cycle", scope.edge_at(indices[cycle[-1]]), message, fix=fix)


class _PassedTypes:
    """The types that leave outlets, followed through nodes that pass their input on."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._into: dict[str, PortType | None] = {}
        for name in scope.order:
            self._into[name] = self._arriving(name)

    def of(self, edge: Edge) -> PortType:
        """What the edge carries; anything where that is not known."""
        if edge.outlet == ERROR_OUTLET:
            return ERROR_TYPE
        outlets = self._scope.outlets(edge.source) or ()
        outlet = next((outlet for outlet in outlets if outlet.name == edge.outlet), None)
        if outlet is None:
            return ANY
        if outlet.passthrough or self._scope.nodes[edge.source].disabled:
            return self._into.get(edge.source) or outlet.type
        return outlet.type

    def _arriving(self, name: str) -> PortType | None:
        found: PortType | None = None
        for edge in self._scope.graph.incoming[name]:
            if edge.port == "in":
                given = self.of(edge)
                if found is not None and found != given:
                    return ANY
                found = given
        return found


def _exclude_each_other(edges: list[Edge]) -> bool:
    """Different outlets of one node: one of them is taken."""
    return len({edge.source for edge in edges}) == 1


def _reads_input(scope: Scope, name: str) -> bool:
    compiled = compile_config(scope.nodes[name].config, scope.specs[name].schema)
    return any(reference.root == "input" for reference in compiled.references)


def _port(spec: NodeSpec | None, name: str) -> Port | None:
    return None if spec is None else spec.port(name)


def _words(kind: PortType) -> str:
    declared = kind.schema.get("type") if kind.schema else None
    if kind.kind != "json" or declared is None:
        return _KIND_WORDS[kind.kind]
    names = [declared] if isinstance(declared, str) else [str(name) for name in declared]
    return f"JSON ({' or '.join(names)})"
