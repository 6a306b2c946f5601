"""Lists as nodes take them: JSON, or the rows of a small table; and look-ups by dotted keys in their items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from concertmaster import Context, File, Table, UserError
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    from concertmaster.data import slices
else:
    slices = deferred("concertmaster.data.slices")

MOST_ROWS = 100_000
_ASKED_EVERY = 1_000


def items_of(value: Any) -> list[Any]:
    """The items of a list; a table's rows are objects.

    Raises:
        UserError: `data.not_a_list`, `data.table_too_large`.
    """
    if isinstance(value, Table):
        if value.rows > MOST_ROWS:
            raise UserError(
                "data.table_too_large",
                f"The table has {value.rows:,} rows, and as a list it may have {MOST_ROWS:,}; use the table.* nodes, "
                "which take tables of any size, or fewer rows (table.filter, table.sample)",
                rows=value.rows,
            )
        return list(slices.row_values(value.path, 0, value.rows))
    if isinstance(value, list):
        return cast("list[Any]", value)
    raise UserError("data.not_a_list", f"A list or a table has to be wired in, and {_shown(value)} came")


def watched(items: list[Any], context: Context | None) -> Iterator[tuple[int, Any]]:
    """Index and item; ends early when the attempt is cancelled, whose result nobody reads then."""
    for index, item in enumerate(items):
        if context is not None and index % _ASKED_EVERY == 0:
            if context.cancelled():
                return
            context.progress(index, len(items))
        yield index, item


def look_up(item: Any, path: str, *, index: int) -> Any:
    """The value under a dotted key, as in `address.city`; null in null, and null for a key that is not there.

    Raises:
        UserError: `data.no_key`: the item has no keys at all.
    """
    found = item
    for key in path.split("."):
        if found is None:
            return None
        if not isinstance(found, dict):
            raise UserError(
                "data.no_key", f"Item {index}: '{key}' of '{path}' is looked up in {_shown(found)}; it has no keys"
            )
        found = cast("dict[str, Any]", found).get(key)
    return found


def demand_key(items: list[Any], path: str) -> None:
    """Refuse a key that no item has: it is misspelt.

    Raises:
        UserError: `data.unknown_key`, `data.no_key`.
    """
    found = [look_up(item, path, index=index) for index, item in enumerate(items)]
    if not items or any(value is not None for value in found):
        return
    first = path.partition(".")[0]
    known = list(dict.fromkeys(key for item in items if isinstance(item, dict) for key in cast("dict[str, Any]", item)))
    if first in known:
        return
    raise UserError(
        "data.unknown_key", f"No item has '{path}'{hint(first, known)}; their keys are: {', '.join(known[:20]) or '-'}"
    )


def _shown(value: Any) -> str:
    if isinstance(value, File):
        return f"the file {value.name}, which file.read makes a table of,"
    words: dict[Any, str] = {
        dict: "an object",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
    }
    return "nothing (null)" if value is None else words.get(value.__class__, "something else")
