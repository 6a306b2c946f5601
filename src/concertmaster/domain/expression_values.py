"""Plain data as expressions see it: its kinds, its text, look-up by key, and the budget that bounds a rendering.

Trap: nothing here may call a method of a value that is not None, bool, int, float, str, list or dict.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, cast

from concertmaster.domain.errors import UserError
from concertmaster.domain.near_miss import hint

# What orjson can store, so that every number an expression makes can be written to the journal.
SMALLEST_INT = -(2**63)
LARGEST_INT = 2**64 - 1
NODE_COST = 8
BUDGET = 16_000_000
_SHOWN_KEYS = 20
_SURROGATE = re.compile("[\ud800-\udfff]")


class ExpressionError(UserError):
    """An expression can't be read or computed.

    `details` may hold `position` (offset of its `{{` in the text), `line` (in the expression, from 1), `expression`
    (its source) and `pointer` (of the config value it stands in).
    """

    def at(self, **details: Any) -> ExpressionError:
        """Add what an outer layer knows of the place; what is known already stays."""
        self.details = {**details, **self.details}
        return self


class MissingKey(ExpressionError):
    """A key, index or root that is not there; `default` and `is defined` turn it into a value."""


class Budget:
    """What one rendering may still spend: one unit a character, `NODE_COST` a list item, object entry or number.

    It bounds time and memory together: whatever makes or walks data pays for it first. It also numbers the parameters
    of SQL, so that all SQL of one config can stand in one query.
    """

    __slots__ = ("_parameters", "left", "units")

    def __init__(self, units: int = BUDGET) -> None:
        self.left = self.units = units
        self._parameters = 0

    def next_parameter(self) -> str:
        """A parameter name that this rendering has not used yet: `p1`, `p2`, ..."""
        self._parameters += 1
        return f"p{self._parameters}"

    def spend(self, units: int) -> None:
        """Take units.

        Raises:
            ExpressionError: code `expression.too_large`, when more is asked than is left.
        """
        if units > self.left:
            raise ExpressionError(
                "expression.too_large",
                f"The expression makes or walks more data than the {self.units:,} units an expression may; "
                "use a table node or a file for data of this size",
            )
        self.left -= units

    def weigh(self, value: Any, times: int = 1) -> None:
        """Spend the full size of a value; shared parts count as often as they appear."""
        stack: list[Any] = [value]
        total = 0
        while stack:
            item = stack.pop()
            total += NODE_COST
            if isinstance(item, str):
                total += len(item)
            elif isinstance(item, list):
                stack.extend(cast("list[Any]", item))
            elif isinstance(item, dict):
                entries = cast("dict[str, Any]", item)
                total += sum(map(len, entries))
                stack.extend(entries.values())
            # The stack counts too, or a list of many references to one large list would fill memory before the sum.
            if (total + len(stack) * NODE_COST) * times > self.left:
                self.spend(self.left + 1)
        self.spend(total * times)


def kind(value: Any) -> str:
    """The JSON word for a value's type, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else f"a {type(value).__name__}, which is not plain data"


def wrong_kind(what: str, value: Any) -> ExpressionError:
    """The error for an operand or input of a kind that `what` can't take."""
    hint = "; give it a value with default(...)" if value is None else ""
    return ExpressionError("expression.wrong_type", f"{what}, but got {kind(value)}{hint}")


def number(value: Any) -> Any:
    """The number itself if it is one that can be stored.

    Raises:
        ExpressionError: `expression.number`, for an int outside of 64 bits, infinity, NaN or a complex number.
    """
    if isinstance(value, int):
        if SMALLEST_INT <= value <= LARGEST_INT:
            return value
        raise ExpressionError("expression.number", "The number is outside of the range of 64 bits")
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ExpressionError("expression.number", "The result is not a finite real number")


def storable(text: str) -> str:
    """The text itself if UTF-8 can hold it; an escape such as `\\ud800` writes one that it can't."""
    if _SURROGATE.search(text) is None:
        return text
    raise ExpressionError("expression.syntax", "The string holds half a character (a lone surrogate)")


def plain(value: Any) -> Any:
    """The value if it is plain data (only its outside is looked at)."""
    if value is None or isinstance(value, str | bool | int | float | list | dict):
        return cast("Any", value)
    raise wrong_kind("An expression gives plain data", value)


def to_text(value: Any, budget: Budget) -> str:
    """How a value stands inside a text: null as nothing, booleans as in JSON, lists and objects as JSON."""
    if isinstance(value, str):
        budget.spend(len(value))
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(number(value))
    return to_json_text(value, budget)


def to_json_text(value: Any, budget: Budget, indent: int | None = None) -> str:
    """The value as JSON text, non-ASCII characters as they are."""
    budget.weigh(plain(value))
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    except (TypeError, ValueError) as error:
        raise ExpressionError("expression.not_json", f"The value can't be written as JSON: {error}") from error
    budget.spend(len(text))
    return text


def look_up(value: Any, key: Any) -> Any:
    """`value[key]` on plain data: null in null, a key in an object, an index in a list or text.

    Raises:
        MissingKey: the key or index is not there; the message names the keys that are.
        ExpressionError: the value has no parts, or the key is of the wrong kind.
    """
    if value is None:
        return None
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        if not isinstance(key, str):
            raise wrong_kind("The key of an object must be text", key)
        if key in entries:
            return entries[key]
        raise _missing_key(key, entries)
    if isinstance(value, list | str):
        return _item(cast("list[Any] | str", value), key)
    raise ExpressionError("expression.no_parts", f"{_named(key)} can't be looked up in {kind(value)}")


def has_key(value: Any, key: Any) -> bool:
    """Whether `look_up` would not raise `MissingKey`; without the price of its message."""
    if isinstance(value, dict):
        return not isinstance(key, str) or key in value
    if isinstance(value, list | str) and isinstance(key, int):
        size = len(cast("list[Any] | str", value))
        return -size <= key < size
    return True


def _item(value: list[Any] | str, key: Any) -> Any:
    if isinstance(key, bool) or not isinstance(key, int):
        hint = f"; take an item by number, as in [0], or map(attribute={key!r})" if isinstance(key, str) else ""
        raise ExpressionError("expression.no_parts", f"{kind(value).capitalize()} has no {_named(key)}{hint}")
    if -len(value) <= key < len(value):
        return value[key]
    raise MissingKey("expression.missing_index", f"There is no item {key}: {kind(value)} of length {len(value)}")


def _named(key: Any) -> str:
    return f"key {key[:60]!r}" if isinstance(key, str) else f"item by {kind(key)}"


def _missing_key(key: str, entries: dict[str, Any]) -> MissingKey:
    shown = [str(name)[:40] for _, name in zip(range(_SHOWN_KEYS), entries, strict=False)]
    more = f" and {len(entries) - len(shown)} more" if len(entries) > len(shown) else ""
    known = f"known keys: {', '.join(shown)}{more}" if shown else "the object is empty"
    return MissingKey("expression.missing_key", f"There is no key {key[:60]!r}{hint(key[:60], shown)}; {known}")
