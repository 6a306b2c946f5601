"""The fixed list of filters, `value | name(argument)`: text and numbers here, lists and objects in their own file.

Each filter takes the value, its arguments by name, and the budget it pays for what it makes.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from concertmaster.domain.expression_values import (
    NODE_COST,
    Budget,
    ExpressionError,
    kind,
    number,
    to_json_text,
    to_text,
    wrong_kind,
)

_MAX_DIGITS = 400
_MAX_FORMAT = 200
_DIRECTIVE = re.compile(r"%(.?)", re.S)
_DIRECTIVES = frozenset("aAbBdfFHIjmMpSTuUVwWyYzZG%")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: its function, the names of its arguments in order, and how many of them must be given."""

    run: Callable[..., Any]
    parameters: tuple[str, ...] = ()
    required: int = 0


def text_of(name: str, value: Any) -> str:
    """The value if it is text, else the error that says so."""
    if isinstance(value, str):
        return value
    raise wrong_kind(f"{name} needs text", value)


def whole(name: str, value: Any, low: int, high: int) -> int:
    """The value if it is a whole number within the bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ExpressionError("expression.wrong_type", f"{name} must be a whole number from {low} to {high}")
    return value


def _per_text(name: str, function: Callable[[str], str]) -> Filter:
    def run(value: Any, *, budget: Budget) -> str:
        text = text_of(name, value)
        budget.spend(3 * len(text))
        return function(text)

    return Filter(run)


def _trim(value: Any, *, budget: Budget, chars: Any = None) -> str:
    text = text_of("trim", value)
    budget.spend(len(text))
    return text.strip(None if chars is None else text_of("trim", chars))


def _replace(value: Any, *, budget: Budget, old: Any, new: Any, count: Any = -1) -> str:
    text, old, new = text_of("replace", value), text_of("replace", old), text_of("replace", new)
    times = text.count(old)
    limit = times if count is None or count == -1 else min(times, whole("count", count, 0, 2**31))
    budget.spend(len(text) + limit * (1 + len(new)))
    return text.replace(old, new, limit)


def _split(value: Any, *, budget: Budget, separator: Any = None, maximum: Any = -1) -> list[str]:
    text = text_of("split", value)
    if separator == "":
        raise ExpressionError("expression.wrong_type", "split needs a separator of one or more characters")
    pieces = len(text) // 2 if separator is None else text.count(text_of("split", separator))
    budget.spend(len(text) + NODE_COST * (pieces + 1))
    return text.split(separator, whole("maximum", maximum, -1, 2**31))


def _round(value: Any, *, budget: Budget, precision: Any = 0, method: Any = "common") -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_kind("round needs a number", value)
    digits = whole("precision", precision, -20, 20)
    if method not in ("common", "ceil", "floor"):
        raise ExpressionError("expression.wrong_type", "method must be 'common', 'ceil' or 'floor'")
    number(value)
    if method == "common":
        return number(round(value, digits))
    scale = 10.0**digits
    floor = (value * scale) // 1
    rounded = floor if method == "floor" or floor == value * scale else floor + 1
    return number(rounded / scale)


def _absolute(value: Any, *, budget: Budget) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_kind("abs needs a number", value)
    return number(abs(value))


def _int(value: Any, *, budget: Budget, default: Any = None, base: Any = 10) -> Any:
    try:
        if isinstance(value, str):
            return number(int(_digits(value), whole("base", base, 2, 36)))
        if isinstance(value, int | float):
            return number(int(value))
    except (ValueError, OverflowError):
        pass
    return _fallback("whole number", value, default)


def _float(value: Any, *, budget: Budget, default: Any = None) -> Any:
    try:
        if isinstance(value, int | float | str):
            return number(float(_digits(value) if isinstance(value, str) else value))
    except (ValueError, OverflowError):
        pass
    return _fallback("number", value, default)


def _digits(text: str) -> str:
    if len(text) > _MAX_DIGITS:
        raise ValueError("too long for a number")
    return text


def _fallback(wanted: str, value: Any, default: Any) -> Any:
    if default is not None:
        return default
    shown = f"the text {value[:40]!r}" if isinstance(value, str) else kind(value)
    raise ExpressionError("expression.not_a_number", f"{shown} is not a {wanted}; add a default to allow it")


def _string(value: Any, *, budget: Budget) -> str:
    return to_text(value, budget)


def _tojson(value: Any, *, budget: Budget, indent: Any = None) -> str:
    return to_json_text(value, budget, None if indent is None else whole("indent", indent, 0, 8))


def _fromjson(value: Any, *, budget: Budget) -> Any:
    text = text_of("fromjson", value)
    # Two characters are enough for one more list, so the text's length bounds the parts it can have.
    budget.spend(len(text) * NODE_COST // 2)
    try:
        found = json.loads(text, parse_int=_json_int, parse_float=_json_float, parse_constant=_json_float)
        if "\\u" in text:
            # Half a surrogate pair is legal in JSON escapes and can't be stored as UTF-8; ValueError is raised here.
            json.dumps(found, ensure_ascii=False).encode()
        return found
    except ValueError as error:
        raise ExpressionError("expression.not_json", f"fromjson: the text is not JSON: {error}") from error
    except RecursionError as error:
        raise ExpressionError("expression.not_json", "fromjson: the JSON is nested too deeply") from error


def _json_int(digits: str) -> int:
    return number(int(_digits(digits)))


def _json_float(digits: str) -> float:
    return number(float(_digits(digits)))


def _urlencode(value: Any, *, budget: Budget) -> str:
    if isinstance(value, dict):
        pairs = [
            (str(key), to_text(item, budget)) for key, item in cast("dict[str, Any]", value).items() if item is not None
        ]
        budget.spend(12 * sum(len(key) + len(item) for key, item in pairs))
        return urllib.parse.urlencode(pairs, errors="replace")
    text = to_text(value, budget)
    budget.spend(12 * len(text))
    return urllib.parse.quote(text, safe="/", errors="replace")


def _date(value: Any, *, budget: Budget, format: Any = "%Y-%m-%d") -> str:
    pattern = text_of("date", format)
    unknown = next((sign for sign in _DIRECTIVE.findall(pattern) if sign not in _DIRECTIVES or not sign), None)
    if len(pattern) > _MAX_FORMAT or unknown is not None:
        named = "it is too long" if unknown is None else f"%{unknown} is not a directive"
        raise ExpressionError("expression.date", f"The date format is wrong: {named}; use for example '%Y-%m-%d %H:%M'")
    budget.spend(10 * len(pattern))
    try:
        # NUL and lone surrogates stop the C library's formatter; they are written around it.
        parts = re.split(r"([\x00\ud800-\udfff])", pattern)
        moment = _moment(value)
        return "".join(part if index % 2 else moment.strftime(part) for index, part in enumerate(parts))
    except (ValueError, OverflowError, OSError) as error:
        raise ExpressionError("expression.date", "date needs an ISO 8601 date or Unix seconds") from error


def _moment(value: Any) -> datetime:
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("iso")
    if isinstance(value, str) and len(value) <= 64:
        return datetime.fromisoformat(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, tz=UTC)
    raise wrong_kind("date needs an ISO 8601 date or Unix seconds", value)


TEXT_FILTERS: Mapping[str, Filter] = {
    "upper": _per_text("upper", str.upper),
    "lower": _per_text("lower", str.lower),
    "capitalize": _per_text("capitalize", str.capitalize),
    "trim": Filter(_trim, ("chars",)),
    "replace": Filter(_replace, ("old", "new", "count"), required=2),
    "split": Filter(_split, ("separator", "maximum")),
    "round": Filter(_round, ("precision", "method")),
    "abs": Filter(_absolute),
    "int": Filter(_int, ("default", "base")),
    "float": Filter(_float, ("default",)),
    "string": Filter(_string),
    "tojson": Filter(_tojson, ("indent",)),
    "fromjson": Filter(_fromjson),
    "urlencode": Filter(_urlencode),
    "date": Filter(_date, ("format",)),
}
