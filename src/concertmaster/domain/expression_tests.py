"""The fixed list of tests, `value is name(argument)`; `defined` and `undefined` live in the walker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from concertmaster.domain.expression_operators import COMPARISON
from concertmaster.domain.expression_values import Budget, ExpressionError, wrong_kind

Test = Callable[..., bool]


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_kind("The test needs a whole number", value)
    return value


def _divisible(value: Any, by: Any, budget: Budget) -> bool:
    if _whole(by) == 0:
        raise ExpressionError("expression.zero_division", "divisibleby 0")
    return _whole(value) % by == 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_failed(value: Any) -> bool:
    """Whether it stands for an item that failed in a loop with `on_error: collect`."""
    given = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    error = given.get("error") if len(given) == 1 else None
    return isinstance(error, dict) and {"code", "message"} <= cast("dict[str, Any]", error).keys()


UNARY: Mapping[str, Callable[[Any], bool]] = {
    "none": lambda value: value is None,
    "number": _is_number,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, float),
    "boolean": lambda value: isinstance(value, bool),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "string": lambda value: isinstance(value, str),
    "mapping": lambda value: isinstance(value, dict),
    "sequence": lambda value: isinstance(value, str | list | dict),
    "iterable": lambda value: isinstance(value, str | list | dict),
    "odd": lambda value: _whole(value) % 2 == 1,
    "even": lambda value: _whole(value) % 2 == 0,
    "failed": _is_failed,
    "empty": lambda value: value is None or (isinstance(value, str | list | dict) and not value),
}
BINARY: Mapping[str, Test] = {
    "divisibleby": _divisible,
    "in": COMPARISON["in"],
    "eq": COMPARISON["eq"],
    "equalto": COMPARISON["eq"],
    "==": COMPARISON["eq"],
    "ne": COMPARISON["ne"],
    "!=": COMPARISON["ne"],
    "lt": COMPARISON["lt"],
    "lessthan": COMPARISON["lt"],
    "<": COMPARISON["lt"],
    "le": COMPARISON["lteq"],
    "<=": COMPARISON["lteq"],
    "gt": COMPARISON["gt"],
    "greaterthan": COMPARISON["gt"],
    ">": COMPARISON["gt"],
    "ge": COMPARISON["gteq"],
    ">=": COMPARISON["gteq"],
}
