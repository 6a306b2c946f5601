"""Operators of expressions on plain data; every result is priced before it is made, so none can be a bomb."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

from concertmaster.domain.expression_values import NODE_COST, Budget, ExpressionError, kind, number, wrong_kind

Binary = Callable[[Any, Any, Budget], Any]
Operation = Callable[[Any, Any], Any]
_MAX_EXPONENT = 1_024


def add(left: Any, right: Any, budget: Budget) -> Any:
    """Numbers are summed, two texts or two lists joined."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return number(left + right)
    if isinstance(left, str) and isinstance(right, str):
        budget.spend(len(left) + len(right))
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        first, second = cast("list[Any]", left), cast("list[Any]", right)
        budget.spend(NODE_COST * (len(first) + len(second)))
        return first + second
    hint = "; join text with ~" if isinstance(left, str) or isinstance(right, str) else ""
    raise _operands("+", left, right, hint)


def multiply(left: Any, right: Any, budget: Budget) -> Any:
    """Two numbers, or a text or list as many times."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _arithmetic("*", operator.mul, left, right)
    if isinstance(right, str | list):
        left, right = cast("Any", right), left
    if isinstance(left, str | list) and isinstance(right, int) and not isinstance(right, bool):
        repeated = cast("str | list[Any]", left)
        if isinstance(repeated, str):
            budget.spend(len(repeated) * max(right, 0))
        else:
            # A list is paid for in full depth: its parts are shared here but not once they are written as JSON.
            budget.weigh(repeated, times=max(right, 1))
        return repeated * right
    raise _operands("*", left, right)


def power(left: Any, right: Any, budget: Budget) -> Any:
    """Numbers only; the size of the result is checked before it is computed."""
    _numbers("**", left, right)
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        if abs(left) > 1 and (abs(left).bit_length() - 1) * right > 64:
            raise ExpressionError("expression.number", "The power is outside of the range of 64 bits")
        return number(left**right)
    if isinstance(left, int) and abs(right) > _MAX_EXPONENT and abs(left) > 1:
        raise ExpressionError("expression.number", f"The exponent may be {_MAX_EXPONENT} at most")
    return _arithmetic("**", cast("Operation", operator.pow), left, right)


def _number_operator(sign: str, function: Operation) -> Binary:
    def run(left: Any, right: Any, budget: Budget) -> Any:
        _numbers(sign, left, right)
        return _arithmetic(sign, function, left, right)

    return run


def _order_operator(sign: str, function: Operation) -> Binary:
    def run(left: Any, right: Any, budget: Budget) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if numbers or (isinstance(left, str) and isinstance(right, str)):
            return function(left, right)
        raise _operands(sign, left, right)

    return run


def equal(left: Any, right: Any, budget: Budget) -> bool:
    """Deep equality; never an error."""
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        budget.weigh(left)
    return left == right


def contains(item: Any, container: Any, budget: Budget) -> bool:
    """Whether a list has the item, an object the key or a text the text; null holds nothing."""
    if container is None:
        return False
    if isinstance(container, str):
        if not isinstance(item, str):
            raise wrong_kind("Only text can be in text", item)
        budget.spend(len(container))
        return item in container
    if isinstance(container, dict):
        return isinstance(item, str) and item in container
    if isinstance(container, list):
        entries = cast("list[Any]", container)
        if isinstance(item, list | dict):
            budget.weigh(entries)
        budget.spend(NODE_COST * len(entries))
        return item in entries
    raise wrong_kind("`in` needs a list, an object or text on its right", container)


def slice_of(value: Any, bounds: tuple[Any, Any, Any], budget: Budget) -> Any:
    """`value[start:stop:step]` of a list or text; null gives null."""
    if value is None:
        return None
    for bound in bounds:
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int)):
            raise wrong_kind("The bounds of a slice must be whole numbers", bound)
    if bounds[2] == 0:
        raise ExpressionError("expression.wrong_type", "The step of a slice can't be 0")
    if not isinstance(value, str | list):
        raise wrong_kind("Only text and lists have slices", value)
    part = cast("str | list[Any]", value)[slice(*bounds)]
    budget.spend(len(part) * (1 if isinstance(part, str) else NODE_COST))
    return part


def negative(value: Any) -> Any:
    """`-value` of a number."""
    if isinstance(value, int | float):
        return number(-value)
    raise wrong_kind("- needs a number", value)


def positive(value: Any) -> Any:
    """`+value` of a number."""
    if isinstance(value, int | float):
        return +value
    raise wrong_kind("+ needs a number", value)


def _arithmetic(sign: str, function: Operation, left: Any, right: Any) -> Any:
    try:
        return number(function(left, right))
    except ZeroDivisionError as error:
        raise ExpressionError("expression.zero_division", "division by zero") from error
    except OverflowError as error:
        raise ExpressionError("expression.number", f"The result of {sign} is too large") from error


def _numbers(sign: str, left: Any, right: Any) -> None:
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        hint = "; build text with ~" if sign == "%" and isinstance(left, str) else ""
        raise _operands(sign, left, right, hint)


def _operands(sign: str, left: Any, right: Any, hint: str = "") -> ExpressionError:
    if not hint and (left is None or right is None):
        hint = "; give null a value with default(...)"
    return ExpressionError("expression.wrong_type", f"{sign} does not work on {kind(left)} and {kind(right)}{hint}")


ARITHMETIC: Mapping[str, Binary] = {
    "+": add,
    "*": multiply,
    "**": power,
    "-": _number_operator("-", operator.sub),
    "/": _number_operator("/", cast("Operation", operator.truediv)),
    "//": _number_operator("//", cast("Operation", operator.floordiv)),
    "%": _number_operator("%", cast("Operation", operator.mod)),
}
COMPARISON: Mapping[str, Binary] = {
    "eq": equal,
    "ne": lambda left, right, budget: not equal(left, right, budget),
    "lt": _order_operator("<", operator.lt),
    "lteq": _order_operator("<=", operator.le),
    "gt": _order_operator(">", operator.gt),
    "gteq": _order_operator(">=", operator.ge),
    "in": contains,
    "notin": lambda left, right, budget: not contains(left, right, budget),
}
