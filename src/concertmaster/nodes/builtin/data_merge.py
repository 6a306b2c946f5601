"""data.merge: several objects, or lists of objects, made into one."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from concertmaster import Input, UserError, node
from concertmaster.nodes.builtin.items import items_of, look_up

Object = dict[str, Any]
Conflict = Literal["last", "first", "fail"]
_DEEPEST = 100


@node(id="data.merge", category="data", effect="none", summary="mode", icon="combine", title="Merge objects")
def data_merge(
    values: list[Input[Any]],
    *,
    mode: Literal["deep", "shallow", "position", "key"] = "deep",
    key: Annotated[str, Field(min_length=1)] | None = None,
    keep: Literal["all", "matched", "first"] = "all",
    conflict: Conflict = "last",
) -> Any:
    """Make one object of several, or one list of several lists of objects.

    Takes any number of edges, in the order of the document. Tables of any size are for `table.join`; to bring branches
    together whatever they carry, use `logic.merge`.

    Args:
        mode: `deep` merges objects and the objects inside of them, `shallow` only the outermost keys; `position` merges
            lists item by item, `key` the items of lists that have the same value under `key`.
        key: With `mode: key`, the key that items have in common; dots lead inside, as in `customer.id`.
        keep: Of lists: `all` items, only those that are `matched` in every list, or those of the `first` list.
        conflict: Who wins where two have different values under one key: the `last` or the `first`; or `fail`.

    Example:
        ```yaml
        concertmaster: 1
        name: with-prices
        nodes:
          orders: {type: data.set, config: {value: [{id: 7, item: tea}, {id: 8, item: rice}]}}
          prices: {type: data.set, config: {value: [{id: 8, price: 2}, {id: 7, price: 5}]}}
          both: {type: data.merge, config: {mode: key, key: id}}
        edges: [orders -> both, prices -> both]
        outputs: {both: "{{ nodes.both }}"}
        ```
    """
    given = [value for value in values if value is not None]
    if mode in ("deep", "shallow"):
        merged: Object = {}
        for number, value in enumerate(given):
            merged = _merged(merged, _object(value, f"input {number}"), conflict, deep=mode == "deep", path="")
        return merged
    lists = [
        [_object(item, f"item {index} of input {number}") for index, item in enumerate(items_of(value))]
        for number, value in enumerate(given)
    ]
    if mode == "position":
        return _by_position(lists, keep, conflict)
    if key is None:
        raise UserError("merge.no_key", "`mode: key` needs `key`: the key that the items have in common")
    return _by_key(lists, key, keep, conflict)


def _merged(one: Object, other: Object, conflict: Conflict, *, deep: bool, path: str, depth: int = 0) -> Object:
    """Both together; neither is changed."""
    result = dict(one)
    for name, value in other.items():
        place = f"{path}.{name}" if path else name
        if name not in result or result[name] == value:
            result[name] = value
        elif deep and isinstance(result[name], dict) and isinstance(value, dict) and depth < _DEEPEST:
            inner = cast("Object", value)
            result[name] = _merged(result[name], inner, conflict, deep=True, path=place, depth=depth + 1)
        elif conflict == "fail":
            raise UserError(
                "merge.conflict",
                f"'{place}' has two values, {result[name]!r:.60} and {value!r:.60}; rename one, or say with `conflict` "
                "who wins",
                key=place,
            )
        elif conflict == "last":
            result[name] = value
    return result


def _by_position(lists: list[list[Object]], keep: str, conflict: Conflict) -> list[Object]:
    lengths = [len(items) for items in lists] or [0]
    count = {"all": max(lengths), "matched": min(lengths), "first": lengths[0]}[keep]
    made: list[Object] = []
    for index in range(count):
        merged: Object = {}
        for items in lists:
            if index < len(items):
                merged = _merged(merged, items[index], conflict, deep=False, path=f"{index}")
        made.append(merged)
    return made


def _by_key(lists: list[list[Object]], key: str, keep: str, conflict: Conflict) -> list[Object]:
    """The items of the first list, each with those of the others that have its key; then what is left of these.

    As in SQL, null is equal to nothing.
    """
    if not lists:
        return []
    others = [_indexed(items, key, number) for number, items in enumerate(lists[1:], 1)]
    made: list[Object] = []
    used: set[str] = set()
    for index, item in enumerate(lists[0]):
        name = _name(item, key, index)
        found = [other[name] for other in others if name is not None and name in other]
        if keep == "matched" and len(found) < len(others):
            continue
        if name is not None:
            used.add(name)
        for other in found:
            item = _merged(item, other, conflict, deep=False, path=f"{key} {name}")
        made.append(item)
    return made + _left(lists[1:], key, used, conflict) if keep == "all" else made


def _indexed(items: list[Object], key: str, number: int) -> dict[str, Object]:
    found: dict[str, Object] = {}
    for index, item in enumerate(items):
        name = _name(item, key, index)
        if name in found:
            raise UserError(
                "merge.key_twice",
                f"Input {number} has several items whose '{key}' is {name}; group them before (data.group), or use "
                "table.join, which pairs each with each",
                key=key,
            )
        if name is not None:
            found[name] = item
    return found


def _left(lists: list[list[Object]], key: str, used: set[str], conflict: Conflict) -> list[Object]:
    """What no item of the first list has taken, merged among itself."""
    left: dict[str, Object] = {}
    for number, items in enumerate(lists):
        for index, item in enumerate(items):
            name = _name(item, key, index)
            if name is None:
                left[f"{number} {index}"] = item
            elif name not in used:
                left[name] = _merged(left.get(name, {}), item, conflict, deep=False, path=f"{key} {name}")
    return list(left.values())


def _name(item: Object, key: str, index: int) -> str | None:
    found = look_up(item, key, index=index)
    return None if found is None else json.dumps(found, sort_keys=True)


def _object(value: Any, what: str) -> Object:
    if isinstance(value, dict):
        return cast("Object", value)
    raise UserError(
        "merge.not_an_object",
        f"Objects can be merged, and {what} is {value!r:.60}; wire objects in (or lists of them, with `mode: position` "
        "or `mode: key`)",
    )
