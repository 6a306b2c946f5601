"""data.sort: in which order the items of a list are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from concertmaster import Input, UserError, node
from concertmaster.nodes.builtin.items import demand_key, items_of, look_up


@node(id="data.sort", category="data", effect="none", summary="by", icon="arrow-down-a-z", title="Sort list")
def data_sort(
    items: Input[Any],
    *,
    by: Sequence[str] = (),
    order: Literal["ascending", "descending"] = "ascending",
    nulls: Literal["last", "first"] = "last",
    case_sensitive: bool = False,
) -> list[Any]:
    """Sort a list by one or more keys of its items, or by the items themselves.

    Items that are equal in all of them keep their order. Tables of any size are for `table.sort`.

    Args:
        by: Keys, the most important first, with dots for keys inside (`address.city`); a minus in front turns the
            order of that key around, as in `-price`. Without any, numbers or texts are sorted themselves.
        order: Low to high, or high to low.
        nulls: Where items without a value go.
        case_sensitive: Sort `B` before `a`.

    Example:
        ```yaml
        concertmaster: 1
        name: newest-first
        nodes:
          people: {type: data.set, config: {value: [{name: Ada, born: 1815}, {name: Alan, born: 1912}]}}
          sorted: {type: data.sort, config: {by: [-born]}}
        edges: [people -> sorted]
        outputs: {first: "{{ nodes.sorted[0].name }}"}
        ```
    """
    found = list(items_of(items))
    # Sorting is stable, so the least important key goes first.
    for key in reversed(by or [""]):
        down = key.startswith("-")
        path = key[1:] if down else key
        if path:
            demand_key(found, path)
        values = [look_up(item, path, index=index) if path else item for index, item in enumerate(found)]
        places = _order(
            values, path, down=down != (order == "descending"), first=nulls == "first", exact=case_sensitive
        )
        found = [found[place] for place in places]
    return found


def _order(values: Sequence[Any], path: str, *, down: bool, first: bool, exact: bool) -> list[int]:
    """The places of the values in their new order.

    Raises:
        UserError: `data.not_sortable`.
    """
    ranks: dict[int, Any] = {}
    kinds: dict[Any, int] = {}
    for index, value in enumerate(values):
        if value is None:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        kind: Any = float if number else cast("Any", type(value))
        kinds.setdefault(kind, index)
        if kind not in (float, str, bool) or len(kinds) > 1:
            before = next(iter(kinds.values()))
            told = f"item {before} has {values[before]!r:.40} and item {index} has {value!r:.40}"
            raise UserError(
                "data.not_sortable",
                f"The list cannot be sorted{f' by {path!r}' if path else ''}: {told}; sort by a key that holds only "
                "numbers or only texts, or convert it with data.map",
                index=index,
            )
        ranks[index] = value if exact or not isinstance(value, str) else value.casefold()
    empty = [index for index, value in enumerate(values) if value is None]
    known = sorted(ranks, key=ranks.__getitem__, reverse=down)
    return [*empty, *known] if first else [*known, *empty]
