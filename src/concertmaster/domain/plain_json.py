"""Plain JSON: the numbers and strings a document may hold, brought to one form.

A number is the same however it is written (`1`, `1.0`, `1e0`), as in JavaScript, so that a document that went
through a browser keeps its hash.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

MAX_DEPTH = 128
_INT64 = 2**63


def canonical_number(number: float) -> int | float | None:
    """The one form of a number: an int where it is whole and fits 64 bits, else a float; None when JSON has no such.

    None also for a whole number beyond 64 bits that a float cannot hold exactly.
    """
    if isinstance(number, int):
        if -_INT64 <= number < _INT64:
            return number
        try:
            number, exact = float(number), number
        except OverflowError:
            return None
        return number if int(number) == exact else None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and -_INT64 <= number < _INT64 else number


def plain(value: Any) -> Any:
    """A deep copy made of dict, list, str, int, float, bool and None, numbers in canonical form.

    Raises:
        ValueError: something in it is not JSON.
    """
    match value:
        case None | bool() | str():
            return value
        case int() | float():
            number = canonical_number(value)
            if number is None:
                raise ValueError(f"{value} is no JSON number")
            return number
        case Mapping():
            return {str(key): plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
        case Sequence():
            return [plain(item) for item in cast("Sequence[Any]", value)]
        case _:
            raise ValueError(f"a {type(value).__name__} is no JSON value")


def type_word(value: Any) -> str:
    """What a person calls the type of a JSON value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "a mapping"
        case _:
            return "a list"
