"""Filters on lists and objects. Attributes are key look-ups with dots (`map(attribute="user.name")`)."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from concertmaster.domain.expression_filters import TEXT_FILTERS, Filter, text_of
from concertmaster.domain.expression_tests import BINARY, UNARY
from concertmaster.domain.expression_values import (
    NODE_COST,
    Budget,
    ExpressionError,
    has_key,
    look_up,
    number,
    plain,
    to_text,
    wrong_kind,
)

_MAX_ATTRIBUTE = 200
_MISSING: Any = object()


def _items_of(name: str, value: Any, budget: Budget) -> list[Any]:
    """The items of a list, or the characters of a text; paid for."""
    if isinstance(value, list):
        items = cast("list[Any]", value)
    elif isinstance(value, str):
        items = list(value)
    else:
        raise wrong_kind(f"{name} needs a list", value)
    budget.spend(NODE_COST * len(items))
    return items


def _attribute(path: Any, budget: Budget, default: Any = _MISSING) -> Callable[[Any], Any]:
    """The function that looks a dotted path up in an item; None is the item itself.

    With a default, a missing key is asked for before it is looked up: the message of the error it would otherwise
    raise and drop is dear, and a list may miss a key a million times.
    """
    if path is None:
        return lambda item: item
    if isinstance(path, int) and not isinstance(path, bool):
        return lambda item: look_up(item, path) if default is _MISSING or has_key(item, path) else default
    text = text_of("attribute", path)
    if len(text) > _MAX_ATTRIBUTE:
        raise ExpressionError("expression.wrong_type", f"attribute may have {_MAX_ATTRIBUTE} characters")
    keys = [int(key) if key.isascii() and key.isdigit() else key for key in text.split(".")]

    def find(item: Any) -> Any:
        budget.spend(NODE_COST * len(keys))
        for key in keys:
            wanted = str(key) if isinstance(item, dict) else key
            if default is not _MISSING and not has_key(item, wanted):
                return default
            item = look_up(item, wanted)
        return item

    return find


def _length(value: Any, *, budget: Budget) -> int:
    if isinstance(value, str | list | dict):
        return len(cast("str | list[Any] | dict[str, Any]", value))
    raise wrong_kind("length needs text, a list or an object", value)


def _first(value: Any, *, budget: Budget) -> Any:
    return look_up(value, 0) if _length(value, budget=budget) else None


def _last(value: Any, *, budget: Budget) -> Any:
    return look_up(value, -1) if _length(value, budget=budget) else None


def _entries(name: str, pick: Callable[[dict[str, Any]], list[Any]]) -> Filter:
    def run(value: Any, *, budget: Budget) -> list[Any]:
        if not isinstance(value, dict):
            raise wrong_kind(f"{name} needs an object", value)
        entries = cast("dict[str, Any]", value)
        budget.spend(3 * NODE_COST * len(entries))
        return pick(entries)

    return Filter(run)


def _list(value: Any, *, budget: Budget) -> list[Any]:
    return list(_items_of("list", value, budget))


def _reverse(value: Any, *, budget: Budget) -> Any:
    items = _items_of("reverse", value, budget)
    return value[::-1] if isinstance(value, str) else items[::-1]


def _join(value: Any, *, budget: Budget, separator: Any = "", attribute: Any = None) -> str:
    items = _items_of("join", value, budget)
    between = text_of("join", separator)
    budget.spend(len(between) * len(items))
    find = _attribute(attribute, budget)
    return between.join([to_text(find(item), budget) for item in items])


def _map(
    value: Any, *, budget: Budget, filter: Any = None, attribute: Any = None, default: Any = _MISSING
) -> list[Any]:
    items = _items_of("map", value, budget)
    if filter is not None:
        run = _bare_filter(text_of("map", filter)).run
        return [run(item, budget=budget) for item in items]
    if attribute is None:
        raise ExpressionError("expression.wrong_type", "map needs a filter name or attribute='...'")
    find = _attribute(attribute, budget, default)
    return [find(item) for item in items]


def _bare_filter(name: str) -> Filter:
    """A filter that `map` may run on each item: one that needs no arguments."""
    found = TEXT_FILTERS.get(name) or LIST_FILTERS.get(name)
    if found is None or found.required:
        raise ExpressionError(
            "expression.unknown_filter", f"map can't run {name[:40]!r}; for a key use attribute='...'"
        )
    return found


def _selector(name: str, *, wanted: bool, by_attribute: bool) -> Filter:
    def run(value: Any, *, budget: Budget, attribute: Any = None, test: Any = None, argument: Any = _MISSING) -> Any:
        find = _attribute(attribute, budget)
        keep = _predicate(test, argument, budget)
        return [item for item in _items_of(name, value, budget) if keep(find(item)) is wanted]

    return Filter(run, ("attribute", "test", "argument"), 1) if by_attribute else Filter(run, ("test", "argument"))


def _predicate(test: Any, argument: Any, budget: Budget) -> Callable[[Any], bool]:
    if test is None:
        return bool
    name = text_of("test", test)
    if argument is _MISSING and name in UNARY:
        return UNARY[name]
    if argument is not _MISSING and name in BINARY:
        binary = BINARY[name]
        return lambda item: binary(item, argument, budget)
    known = sorted(UNARY) if argument is _MISSING else sorted(BINARY)
    raise ExpressionError("expression.unknown_test", f"There is no test {name[:40]!r} here; known: {', '.join(known)}")


def _sort_key(value: Any) -> tuple[int, Any]:
    if value is None:
        return (2, 0)
    if isinstance(value, int | float):
        return (0, value)
    if isinstance(value, str):
        return (1, value)
    raise wrong_kind("Numbers and text can be ordered", value)


def _sort(
    value: Any, *, budget: Budget, reverse: Any = False, case_sensitive: Any = False, attribute: Any = None
) -> list[Any]:
    items = _items_of("sort", value, budget)
    find = _attribute(attribute, budget)
    keys = [_folded(find(item), case_sensitive, budget) for item in items]
    ranks = [_sort_key(key) for key in keys]
    if len({rank for rank, _ in ranks} - {2}) > 1:
        raise ExpressionError("expression.wrong_type", "sort can't order numbers and text in one list")
    budget.spend(NODE_COST * len(items) * max(1, len(items).bit_length()))
    order = sorted(range(len(items)), key=ranks.__getitem__, reverse=bool(reverse))
    return [items[index] for index in order]


def _folded(value: Any, case_sensitive: Any, budget: Budget) -> Any:
    if isinstance(value, str):
        budget.spend(2 * len(value))
        return value if case_sensitive else value.lower()
    return value


def _unique(value: Any, *, budget: Budget, case_sensitive: Any = False, attribute: Any = None) -> list[Any]:
    find = _attribute(attribute, budget)
    seen: set[Any] = set()
    kept: list[Any] = []
    for item in _items_of("unique", value, budget):
        key = _identity(_folded(find(item), case_sensitive, budget), budget)
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


def _identity(value: Any, budget: Budget) -> Any:
    """A hashable stand-in for a value; 1, 1.0 and true stay equal, as they are to `==`."""
    if isinstance(value, list | dict):
        budget.weigh(cast("Any", value))
        return ("json", json.dumps(value, sort_keys=True))
    return plain(value)


def _sum(value: Any, *, budget: Budget, attribute: Any = None, start: Any = 0) -> Any:
    find = _attribute(attribute, budget)
    total = _summand(start)
    for item in _items_of("sum", value, budget):
        total = number(total + _summand(find(item)))
    return total


def _summand(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    raise wrong_kind("sum needs numbers", value)


def _extreme(name: str, pick: Callable[..., Any]) -> Filter:
    def run(value: Any, *, budget: Budget, attribute: Any = None, case_sensitive: Any = False) -> Any:
        items = _items_of(name, value, budget)
        if not items:
            return None
        find = _attribute(attribute, budget)
        ranks = [_sort_key(_folded(find(item), case_sensitive, budget)) for item in items]
        if len({rank for rank, _ in ranks}) > 1 or any(rank == 2 for rank, _ in ranks):
            raise ExpressionError("expression.wrong_type", f"{name} needs numbers only or texts only")
        return items[pick(range(len(items)), key=ranks.__getitem__)]

    return Filter(run, ("case_sensitive", "attribute"))


LIST_FILTERS: Mapping[str, Filter] = {
    "length": Filter(_length),
    "count": Filter(_length),
    "first": Filter(_first),
    "last": Filter(_last),
    "list": Filter(_list),
    "reverse": Filter(_reverse),
    "join": Filter(_join, ("separator", "attribute")),
    "keys": _entries("keys", lambda entries: list(entries)),
    "values": _entries("values", lambda entries: list(entries.values())),
    "items": _entries("items", lambda entries: [[key, item] for key, item in entries.items()]),
    "map": Filter(_map, ("filter", "attribute", "default")),
    "select": _selector("select", wanted=True, by_attribute=False),
    "reject": _selector("reject", wanted=False, by_attribute=False),
    "selectattr": _selector("selectattr", wanted=True, by_attribute=True),
    "rejectattr": _selector("rejectattr", wanted=False, by_attribute=True),
    "sort": Filter(_sort, ("reverse", "case_sensitive", "attribute")),
    "unique": Filter(_unique, ("case_sensitive", "attribute")),
    "sum": Filter(_sum, ("attribute", "start")),
    "min": _extreme("min", functools.partial(min)),
    "max": _extreme("max", functools.partial(max)),
}
