"""The walker: turns a syntax tree into closures over plain data, for a closed set of node kinds.

Trap: whatever is not in `_KINDS` is refused; a node kind that a later Jinja2 adds is refused too. A tree has no
loops, so its size bounds the steps, and each filter pays for the data it walks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from jinja2 import nodes

from concertmaster.domain.expression_filters import TEXT_FILTERS
from concertmaster.domain.expression_lists import LIST_FILTERS
from concertmaster.domain.expression_operators import ARITHMETIC, COMPARISON, negative, positive
from concertmaster.domain.expression_parse import parse
from concertmaster.domain.expression_steps import (
    ROOTS,
    Evaluate,
    Key,
    Reference,
    SliceKey,
    defined,
    empty_text,
    follow,
    follow_constants,
    null,
    refused,
    unknown_filter,
)
from concertmaster.domain.expression_tests import BINARY, UNARY
from concertmaster.domain.expression_values import Budget, ExpressionError, MissingKey, number, plain, storable, to_text

_FILTERS = {**TEXT_FILTERS, **LIST_FILTERS}
_DEFAULTS = ("default", "d")
_INTERNAL = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Attributes:
        identifier: the source ended in `| ident`; only SQL fields may use it.
    """

    run: Evaluate
    references: frozenset[Reference]
    identifier: bool = False


@functools.lru_cache(maxsize=2_048)
def compile_expression(source: str, roots: tuple[str, ...] = ROOTS) -> Expression:
    """Compile what stands between `{{` and `}}`. Pure, so equal sources share one result.

    Args:
        roots: what it may start with.

    Raises:
        ExpressionError: not an expression, or one with a part that is not allowed.
    """
    tree = parse(source)
    identifier = isinstance(tree, nodes.Filter) and tree.name == "ident"
    if isinstance(tree, nodes.Filter) and identifier:
        if tree.args or tree.kwargs or tree.dyn_args or tree.dyn_kwargs or tree.node is None:
            raise ExpressionError("expression.argument", "ident takes no arguments")
        tree = tree.node
    walker = _Walker(roots)
    run = walker.compile(tree)
    # A look-up only hands out what the scope already holds; anything made here must fit the budget in full depth,
    # for a small list of many references to a large one is a bomb to whoever writes it as JSON.
    made = not isinstance(tree, nodes.Name | nodes.Getattr | nodes.Getitem | nodes.Const)
    return Expression(_guarded(run, made=made), frozenset(walker.references), identifier)


def _guarded(run: Evaluate, *, made: bool) -> Evaluate:
    def evaluate(scope: Mapping[str, Any], budget: Budget) -> Any:
        try:
            value: Any = plain(run(scope, budget))
            if made and isinstance(value, list | dict):
                budget.weigh(cast("Any", value))
            return cast("Any", value)
        except _INTERNAL as error:
            raise ExpressionError("expression.failed", f"The expression can't be computed: {error}") from error

    return evaluate


class _Walker:
    """Compiles one tree and notes the references in it."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._roots = roots
        self.references: set[Reference] = set()

    def compile(self, node: nodes.Node) -> Evaluate:
        compiler = _KINDS.get(type(node))
        if compiler is None:
            raise refused(node)
        return compiler(self, node)

    def constant(self, node: nodes.Const) -> Evaluate:
        value = node.value
        if isinstance(value, int | float):
            number(value)
        elif value is not None and not isinstance(value, str):
            raise refused(node)
        elif value is not None:
            storable(value)
        return lambda scope, budget: value

    def path(self, node: nodes.Node) -> Evaluate:
        """A chain of look-ups; the commonest expression, so constant keys are followed in one closure."""
        keys: list[Key] = []
        while isinstance(node, nodes.Getattr | nodes.Getitem):
            keys.append(node.attr if isinstance(node, nodes.Getattr) else self._key(node.arg))
            node = node.node
        keys.reverse()
        if not isinstance(node, nodes.Name):
            return follow(self.compile(node), keys)
        root = self._root(node.name, keys)
        constant = tuple(key for key in keys if isinstance(key, str | int))
        return follow_constants(node.name, root, constant) if len(constant) == len(keys) else follow(root, keys)

    def _key(self, node: nodes.Expr) -> Key:
        if isinstance(node, nodes.Const) and isinstance(node.value, str | int):
            return node.value
        if isinstance(node, nodes.Slice):
            bounds = [None if bound is None else self.compile(bound) for bound in (node.start, node.stop, node.step)]
            return SliceKey(bounds[0], bounds[1], bounds[2])
        return self.compile(node)

    def _root(self, name: str, keys: list[Key]) -> Evaluate:
        if name not in self._roots:
            known = ", ".join(self._roots)
            raise ExpressionError(
                "expression.unknown_root", f"There is no {name[:40]!r}; an expression starts with {known}"
            )
        first, second = [key if isinstance(key, str) else None for key in (*keys[:2], 0, 0)][:2]
        self.references.add(Reference(name, first, second if first is not None else None))

        def run(scope: Mapping[str, Any], budget: Budget) -> Any:
            if name in scope:
                return scope[name]
            raise MissingKey("expression.missing_root", f"{name} is not available here; there is {', '.join(scope)}")

        return run

    def binary(self, node: nodes.BinExpr) -> Evaluate:
        left, right = self.compile(node.left), self.compile(node.right)
        if isinstance(node, nodes.And):
            return lambda scope, budget: left(scope, budget) and right(scope, budget)
        if isinstance(node, nodes.Or):
            return lambda scope, budget: left(scope, budget) or right(scope, budget)
        function = ARITHMETIC[node.operator]
        return lambda scope, budget: function(left(scope, budget), right(scope, budget), budget)

    def unary(self, node: nodes.UnaryExpr) -> Evaluate:
        inner = self.compile(node.node)
        if isinstance(node, nodes.Not):
            return lambda scope, budget: not inner(scope, budget)
        function = negative if isinstance(node, nodes.Neg) else positive
        return lambda scope, budget: function(inner(scope, budget))

    def compare(self, node: nodes.Compare) -> Evaluate:
        first = self.compile(node.expr)
        steps = [(COMPARISON[operand.op], self.compile(operand.expr)) for operand in node.ops]

        def run(scope: Mapping[str, Any], budget: Budget) -> Any:
            left = first(scope, budget)
            for function, compiled in steps:
                right = compiled(scope, budget)
                if not function(left, right, budget):
                    return False
                left = right
            return True

        return run

    def condition(self, node: nodes.CondExpr) -> Evaluate:
        test, yes = self.compile(node.test), self.compile(node.expr1)
        no = null if node.expr2 is None else self.compile(node.expr2)
        return lambda scope, budget: yes(scope, budget) if test(scope, budget) else no(scope, budget)

    def sequence(self, node: nodes.List | nodes.Tuple) -> Evaluate:
        items = [self.compile(item) for item in node.items]
        return lambda scope, budget: [item(scope, budget) for item in items]

    def object(self, node: nodes.Dict) -> Evaluate:
        pairs = [(self.compile(pair.key), self.compile(pair.value)) for pair in node.items]

        def run(scope: Mapping[str, Any], budget: Budget) -> dict[str, Any]:
            made: dict[str, Any] = {}
            for compiled_key, value in pairs:
                key = compiled_key(scope, budget)
                if not isinstance(key, str):
                    raise ExpressionError("expression.wrong_type", "The keys of an object must be text; quote them")
                made[key] = value(scope, budget)
            return made

        return run

    def concatenation(self, node: nodes.Concat) -> Evaluate:
        parts = [self.compile(part) for part in node.nodes]
        return lambda scope, budget: "".join([to_text(part(scope, budget), budget) for part in parts])

    def filter(self, node: nodes.Filter) -> Evaluate:
        if node.node is None:
            raise refused(node)
        inner = self.compile(node.node)
        if node.name in _DEFAULTS:
            return self._default(inner, node)
        found = _FILTERS.get(node.name)
        if found is None:
            raise unknown_filter(node.name, (*_FILTERS, *_DEFAULTS))
        arguments = list(self._bind(node, found.parameters, found.required).items())
        function = found.run

        def run(scope: Mapping[str, Any], budget: Budget) -> Any:
            value = inner(scope, budget)
            given = {name: argument(scope, budget) for name, argument in arguments}
            return function(value, budget=budget, **given)

        return run

    def _default(self, inner: Evaluate, node: nodes.Filter) -> Evaluate:
        """`default` also stands in for null, since a look-up in null (a skipped node) gives null."""
        given = self._bind(node, ("default_value", "boolean"), 0)
        fallback = given.get("default_value", empty_text)
        falsy = given.get("boolean", null)

        def run(scope: Mapping[str, Any], budget: Budget) -> Any:
            try:
                value = inner(scope, budget)
            except MissingKey:
                return fallback(scope, budget)
            if value is None or (not value and falsy(scope, budget)):
                return fallback(scope, budget)
            return value

        return run

    def test(self, node: nodes.Test) -> Evaluate:
        inner, name = self.compile(node.node), node.name
        if name in ("defined", "undefined"):
            self._bind(node, (), 0)
            return defined(inner, wanted=name == "defined")
        if name in UNARY:
            self._bind(node, (), 0)
            unary = UNARY[name]
            return lambda scope, budget: unary(inner(scope, budget))
        if name not in BINARY:
            known = ", ".join(sorted({*UNARY, *BINARY, "defined", "undefined"}))
            raise ExpressionError("expression.unknown_test", f"There is no test {name[:40]!r}; known: {known}")
        binary, argument = BINARY[name], self._bind(node, ("argument",), 1)["argument"]
        return lambda scope, budget: binary(inner(scope, budget), argument(scope, budget), budget)

    def _bind(self, node: nodes.Filter | nodes.Test, parameters: tuple[str, ...], required: int) -> dict[str, Evaluate]:
        """Match the arguments as written to the names a filter takes."""
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise ExpressionError("expression.argument", f"{node.name}: * and ** arguments are not supported")
        given: dict[str, nodes.Node] = dict(zip(parameters, node.args, strict=False))
        named: dict[str, nodes.Node] = {pair.key: pair.value for pair in cast("list[nodes.Keyword]", node.kwargs)}
        unknown = [name for name in named if name not in parameters or name in given]
        if unknown or len(node.args) > len(parameters) or len({*given, *named} & {*parameters[:required]}) < required:
            takes = f"takes {', '.join(parameters)}" if parameters else "takes no arguments"
            raise ExpressionError("expression.argument", f"{node.name} {takes} ({required} required)")
        return {name: self.compile(argument) for name, argument in {**given, **named}.items()}


_KINDS: Mapping[type[nodes.Node], Callable[[_Walker, Any], Evaluate]] = {
    nodes.Const: _Walker.constant,
    nodes.Name: _Walker.path,
    nodes.Getattr: _Walker.path,
    nodes.Getitem: _Walker.path,
    nodes.List: _Walker.sequence,
    nodes.Tuple: _Walker.sequence,
    nodes.Dict: _Walker.object,
    nodes.CondExpr: _Walker.condition,
    nodes.Compare: _Walker.compare,
    nodes.Concat: _Walker.concatenation,
    nodes.Filter: _Walker.filter,
    nodes.Test: _Walker.test,
    nodes.Not: _Walker.unary,
    nodes.Neg: _Walker.unary,
    nodes.Pos: _Walker.unary,
    **dict.fromkeys((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow), _Walker.binary),
    **dict.fromkeys((nodes.And, nodes.Or), _Walker.binary),
}
