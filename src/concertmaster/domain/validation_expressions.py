"""Checks of what expressions refer to: nodes that run before, inputs, vars, and roots that exist where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from concertmaster.domain.expression import Reference, compile_config, compile_value
from concertmaster.domain.expression_parse import has_expression
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.near_miss import did_you_mean, one_of
from concertmaster.domain.phases import LATER
from concertmaster.domain.problems import Severity, pointer
from concertmaster.domain.validation_config import has_expressions
from concertmaster.domain.validation_edges import ERROR_OUTLET
from concertmaster.domain.validation_scope import Scope

AT_THE_END = frozenset({"inputs", "nodes", "vars", "trigger", "execution"})
AT_THE_START = frozenset({"inputs", "vars", "trigger"})
IN_TRIGGERS = frozenset({"trigger", "vars"})
_BARE = re.compile(r"(nodes|inputs|vars)\.([A-Za-z_][A-Za-z0-9_]*)(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class _Pending:
    """A reference whose node exists; whether it runs before is asked for many at once."""

    reader: str
    reference: Reference
    in_scope: Scope
    pair: tuple[str, str]


def check_references(scope: Scope, references: Mapping[str, frozenset[Reference]], findings: Findings) -> None:
    """Report the references that lead nowhere; `references` are those of each node's config."""
    pending: list[_Pending] = []
    for name in scope.specs:
        _warn_of_braces(scope, scope.nodes[name].config, findings, at=scope.node_at(name, "config"))
    for name, found_in_config in references.items():
        for reference in _in_order(found_in_config):
            if reference.root == "nodes" and reference.name is not None:
                found = _owner(scope, name, reference)
                if found is not None:
                    pending.append(found)
                    continue
            fault = _fault(scope, reference, looping=scope.outer is not None)
            if fault is not None:
                _report(scope, name, reference, fault, findings)
    _check_ancestors(scope, pending, findings)


def check_deferred(scope: Scope, findings: Findings) -> None:
    """Report the expressions of the container around this scope, rendered inside of it, that lead nowhere."""
    outer = scope.outer
    spec = None if outer is None else outer.specs.get(scope.container)
    if outer is None or spec is None:
        return
    config, pending = outer.nodes[scope.container].config, list[_Pending]()
    for key in spec.deferred:
        if key not in config:
            continue
        compiled = compile_value(config[key])
        at = outer.node_at(scope.container, "config", key)
        for problem in compiled.problems:
            findings.error(problem.code, at + problem.pointer, problem.message)
        for reference in _in_order(compiled.references):
            if reference.root == "nodes" and reference.name is not None and reference.name not in scope.nodes:
                found = _owner(outer, scope.container, reference)
                if found is not None:
                    pending.append(found)
                    continue
            fault = _fault(scope, reference, looping=True)
            if fault is not None:
                code, message, fix = fault
                findings.error(code, at + pointer(*_leaf(config[key], reference)), message, fix=fix)
    _check_ancestors(outer, pending, findings)


def check_values(
    scope: Scope, values: Mapping[str, Any], findings: Findings, *, at: Sequence[str], roots: frozenset[str]
) -> None:
    """Report what is wrong with the expressions of values outside of nodes; `roots` are those that exist there."""
    for key, value in values.items():
        place = pointer(*at, key)
        compiled = compile_value(value)
        for problem in compiled.problems:
            findings.error(problem.code, place + problem.pointer, problem.message)
        _warn_of_braces(scope, value, findings, at=place)
        for reference in _in_order(compiled.references):
            if reference.root not in roots:
                message = f"`{reference.root}` cannot be used here"
                fix = "Use " + ", ".join(f"`{root}`" for root in sorted(roots))
                fault: _Fault | None = ("expression.root_unavailable", message, fix)
            else:
                fault = _fault(scope, reference, looping=False)
            if fault is not None:
                code, message, fix = fault
                findings.error(code, place + pointer(*_leaf(value, reference)), message, fix=fix)


def _warn_of_braces(scope: Scope, value: Any, findings: Findings, *, at: str) -> None:
    """A text that is word for word what would stand between braces, such as `nodes.read.rows`."""
    for path, text in _texts(value, ()):
        found = _BARE.fullmatch(text)
        if found is None:
            continue
        root, name = found[1], found[2]
        known = scope.nodes if root == "nodes" else scope.workflow.inputs if root == "inputs" else scope.workflow.vars
        if name in known:
            message = f"{brief(text)!r} is a text like any other, not what it names"
            fix = f'Write "{{{{ {brief(text)} }}}}" if the value is meant'
            findings.warning("expression.no_braces", at + pointer(*path), message, fix=fix)


_Fault = tuple[str, str, str | None]


def _fault(scope: Scope, reference: Reference, *, looping: bool) -> _Fault | None:
    """What is wrong with a reference wherever it stands; code, message, fix."""
    name, known = reference.name, scope.workflow
    match reference.root:
        case "item" | "index" if not looping:
            return "expression.no_item", f"`{reference.root}` exists only inside a loop", "Use `input`, or a loop node"
        case "inputs" if name is not None and name not in known.inputs:
            fix = did_you_mean(name, known.inputs) or f"Declare `{brief(name)}` under `inputs`"
            return "expression.unknown_input", f"the workflow has no input {brief(name)!r}", fix
        case "vars" if name is not None and name not in known.vars:
            fix = did_you_mean(name, known.vars) or f"Add `{brief(name)}` under `vars`"
            return "expression.unknown_var", f"the workflow has no var {brief(name)!r}", fix
        case "nodes" if name is not None and name not in scope.nodes and (home := _home(scope, name)) is not None:
            message = f"the node {brief(name)!r} is in the body of {home}, and is not seen from here"
            return "expression.unknown_node", message, f"Use what comes out of that one: `nodes.{home}`"
        case "nodes" if name is not None and name not in scope.nodes:
            return "expression.unknown_node", f"there is no node {brief(name)!r}", did_you_mean(name, scope.nodes)
        case "nodes" if name is not None:
            return _outlet_fault(scope, name, reference.key)
        case _:
            return None


def _home(scope: Scope, name: str) -> str | None:
    """The container that can be read from here and has a node of that name in its body."""
    around: Scope | None = scope
    while around is not None:
        if (found := around.home(name)) is not None:
            return found
        around = around.outer
    return None


def _outlet_fault(scope: Scope, name: str, key: str | None) -> _Fault | None:
    """Where a node type declares outlets, the key below the node names one of them."""
    declared = scope.outlets(name)
    if declared is None or key is None or scope.nodes[name].disabled:
        return None
    outlets = [outlet.name for outlet in declared]
    if outlets in ([], ["out"]) or key in (*outlets, ERROR_OUTLET):
        return None
    told = f"{name} ({scope.specs[name].id}) has the outlets {', '.join(outlets)}"
    message = f"{told}, and `nodes.{name}.{brief(key)}` names none of them"
    return "expression.unknown_outlet", message, one_of(key, outlets)


def _owner(scope: Scope, name: str, reference: Reference) -> _Pending | None:
    """The innermost scope around the node that has the name, None when there is none."""
    wanted, reader = cast("str", reference.name), name
    around: Scope | None = scope
    while around is not None:
        if wanted in around.nodes:
            return _Pending(name, reference, around, (wanted, reader))
        around, reader = around.outer, around.container
    return None


def _check_ancestors(scope: Scope, pending: list[_Pending], findings: Findings) -> None:
    pairs: dict[int, set[tuple[str, str]]] = {}
    around: dict[int, Scope] = {}
    for one in pending:
        around[id(one.in_scope)] = one.in_scope
        pairs.setdefault(id(one.in_scope), set()).add(one.pair)
    held = {key: around[key].graph.ancestry(wanted) for key, wanted in pairs.items()}
    sortable = {key: frozenset(found.order) for key, found in around.items()}
    for one in pending:
        key, (wanted, reader) = id(one.in_scope), one.pair
        if one.pair in held[key]:
            fault = _outlet_fault(one.in_scope, wanted, one.reference.key)
        elif wanted == reader:
            fault = (
                "expression.not_before",
                f"{wanted} cannot refer to its own output",
                "Use `input` for what comes in",
            )
        elif _runs_later(one.in_scope, reader, wanted):
            fault = _outlet_fault(one.in_scope, wanted, one.reference.key)
        elif wanted in sortable[key] and reader in sortable[key]:
            message = f"{wanted} does not run before {one.reader}, so its output cannot be used there"
            fault = ("expression.not_before", message, f"Add an edge so that {wanted} comes before it")
        else:  # a cycle, which is reported as such
            continue
        if fault is not None:
            _report(scope, one.reader, one.reference, fault, findings)


def _runs_later(scope: Scope, reader: str, wanted: str) -> bool:
    """Whether a node is of a later phase, because it undoes something or is of a branch that follows on a failure or
    the end."""
    order = ("main", *LATER)
    return order.index(scope.phases.get(reader, "main")) > order.index(scope.phases.get(wanted, "main"))


def _report(scope: Scope, name: str, reference: Reference, fault: _Fault, findings: Findings) -> None:
    code, message, fix = fault
    severity: Severity = scope.severity(name)
    config = scope.nodes[name].config
    spec = scope.specs[name]
    place: tuple[str | int, ...] = ()
    for key, value in config.items():
        if not has_expressions(value):
            continue
        compiled = compile_value(value) if key in spec.deferred else compile_config({key: value}, spec.schema)
        if reference in compiled.references:
            place = (key, *_leaf(value, reference))
            break
    findings.add(severity, code, scope.node_at(name, "config", *place), message, fix=fix)


def _leaf(value: Any, reference: Reference) -> tuple[str | int, ...]:
    """Path to the text within the value that holds the reference."""
    for path, text in _texts(value, ()):
        if has_expression(text) and reference in compile_value(text).references:
            return path
    return ()


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _texts(item, (*path, index))


def _in_order(references: frozenset[Reference]) -> list[Reference]:
    return sorted(references, key=lambda reference: (reference.root, reference.name or "", reference.key or ""))
