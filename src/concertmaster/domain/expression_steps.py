"""What expressions can read, the closures that look-ups compile to, and the words for what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from jinja2 import nodes

from concertmaster.domain.expression_operators import slice_of
from concertmaster.domain.expression_values import Budget, ExpressionError, MissingKey, look_up
from concertmaster.domain.near_miss import hint

Evaluate = Callable[[Mapping[str, Any], Budget], Any]
ROOTS = ("input", "inputs", "nodes", "item", "index", "trigger", "vars", "execution")


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in the scope that an expression reads.

    Attributes:
        root: one of `ROOTS`, or of those that were given instead.
        name: the key right below it (`late` of `nodes.late.rows`), None when there is none or it is computed.
        key: the key below that (`rows`), likewise.
    """

    root: str
    name: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class SliceKey:
    """`[start:stop:step]` as a key of a look-up chain."""

    start: Evaluate | None
    stop: Evaluate | None
    step: Evaluate | None

    def of(self, value: Any, scope: Mapping[str, Any], budget: Budget) -> Any:
        """The slice of the value."""
        bounds = [None if bound is None else bound(scope, budget) for bound in (self.start, self.stop, self.step)]
        return slice_of(value, (bounds[0], bounds[1], bounds[2]), budget)


Key = str | int | SliceKey | Evaluate


def null(scope: Mapping[str, Any], budget: Budget) -> None:
    """The constant null."""
    return


def empty_text(scope: Mapping[str, Any], budget: Budget) -> str:
    """The constant "", which `default` without an argument gives."""
    return ""


def follow(start: Evaluate, keys: list[Key]) -> Evaluate:
    """Look keys up one after the other, some of them computed."""

    def run(scope: Mapping[str, Any], budget: Budget) -> Any:
        value = start(scope, budget)
        for key in keys:
            if isinstance(key, str | int):
                value = look_up(value, key)
            elif isinstance(key, SliceKey):
                value = key.of(value, scope, budget)
            else:
                value = look_up(value, key(scope, budget))
        return value

    return run


def follow_constants(root: str, start: Evaluate, keys: tuple[str | int, ...]) -> Evaluate:
    """Look constant keys up below a root; an error names how far it came."""

    def run(scope: Mapping[str, Any], budget: Budget) -> Any:
        value = start(scope, budget)
        for depth, key in enumerate(keys):
            if type(value) is dict and key in value:
                value = cast("dict[str, Any]", value)[cast("str", key)]
                continue
            try:
                value = look_up(value, key)
            except ExpressionError as error:
                place = "".join(
                    [root, *(f".{part}" if isinstance(part, str) else f"[{part}]" for part in keys[:depth])]
                )
                raise type(error)(error.code, f"{place}: {error.message}", **error.details) from None
        return value

    return run


def defined(inner: Evaluate, *, wanted: bool) -> Evaluate:
    """`is defined`: whether every key of the look-up is there; null is defined."""

    def run(scope: Mapping[str, Any], budget: Budget) -> bool:
        try:
            inner(scope, budget)
        except MissingKey:
            return not wanted
        return wanted

    return run


def refused(node: nodes.Node) -> ExpressionError:
    """The error for a node kind that is not in the language."""
    if isinstance(node, nodes.Call):
        return ExpressionError(
            "expression.call", "Calls are not supported; use a filter, as in {{ items | length }} or {{ name | upper }}"
        )
    return ExpressionError("expression.not_allowed", f"{type(node).__name__} is not part of the expression language")


def unknown_filter(name: str, known: Iterable[str]) -> ExpressionError:
    """The error for a filter that is not on the list."""
    if name == "ident":
        return ExpressionError(
            "expression.ident", "ident stands last and only in SQL fields, as in {{ inputs.column | ident }}"
        )
    names = sorted(known)
    return ExpressionError(
        "expression.unknown_filter",
        f"There is no filter {name[:40]!r}{hint(name[:40], names)}; known: {', '.join(names)}",
    )
