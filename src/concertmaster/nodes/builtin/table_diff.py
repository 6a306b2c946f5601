"""table.diff: what changed from one table to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from concertmaster import Context, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import demand_columns, quoted
from concertmaster.nodes.builtin.duck.kinds import is_number, kind_of
from concertmaster.nodes.builtin.duck.query import Column, Memory, Query, listed
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What is compared.

    Attributes:
        mark: quoted name of a column that no table has.
        ours: columns that only the newer table has, `theirs` those of the older one.
    """

    query: Query
    mark: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    tolerance: float | None


@node(id="table.diff", category="tables", effect="none", summary="on", icon="file-diff", title="Compare tables")
def table_diff(
    table: Table,
    old: Table,
    on: Sequence[Column] = (),
    ignore: Sequence[Column] = (),
    tolerance: Annotated[float, Field(ge=0)] | None = None,
    layout: Literal["rows", "cells"] = "rows",
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
) -> Table:
    """Tell what changed from the table on port `old` to the one on port `in`.

    The result has a row for each row that is `added`, `removed` or `changed`, and none where nothing is: a test is
    `{{ nodes.diff.rows == 0 }}`. Columns that only one table has are told too (`column added`, `column removed`).

    Args:
        on: Columns that tell which rows belong together, such as an id; without them, whole rows are compared, so that
            a change is a row removed and a row added.
        ignore: Columns that are not compared.
        tolerance: How far two numbers may be apart and still be the same.
        layout: `rows` has the columns `change`, `changed` (names), the keys, and each other column with its new value
            and, in `<name>_old`, its old one. `cells` has a row for each changed cell: the keys, `change`, `column`,
            `old` and `new` as text.
        memory_mb: Memory for comparing; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: what-changed
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          corrected: {type: table.fill, config: {values: {dep_delay: 0}}}
          changes: {type: table.diff, config: {on: [carrier, month], layout: cells}}
        edges: [flights -> corrected, corrected -> changes, flights -> changes.old]
        outputs: {changes: "{{ nodes.changes.rows }}", columns: "{{ nodes.changes.columns }}"}
        ```
    """
    query = Query(context, memory_mb=memory_mb, tables={"input": table, "old": old})
    ours, theirs = query.types, query.session.columns_of("old")
    demand_columns(on, tuple(ours))
    demand_columns(on, tuple(theirs))
    demand_columns(ignore, tuple({**ours, **theirs}))
    left = [name for name in ours if name not in ignore and name not in on]
    comparison = _Comparison(
        query,
        query.free("present"),
        tuple(on),
        tuple(name for name in left if name in theirs),
        tuple(name for name in left if name not in theirs),
        tuple(name for name in theirs if name not in ours and name not in ignore),
        tolerance,
    )
    _demand_same_types([*on, *comparison.columns], ours, theirs)
    if not on:
        if layout == "cells" or tolerance is not None:
            raise UserError(
                "diff.keys", "Cells and tolerances need `on`: the columns that tell which rows belong together"
            )
        return query.run(_whole_rows(comparison))
    for name in ("input", "old"):
        _demand_unique(query, name, on)
    return query.run(_by_rows(comparison) if layout == "rows" else _by_cells(comparison))


def _demand_same_types(names: Sequence[str], ours: Mapping[str, str], theirs: Mapping[str, str]) -> None:
    for name in names:
        kinds = {kind_of(ours[name]), kind_of(theirs[name])} - {"nothing"}
        if len(kinds) > 1:
            raise UserError(
                "diff.types_differ",
                f"'{name}' was {theirs[name]} and is {ours[name]}; convert one of them with table.cast before",
                column=name,
            )


def _demand_unique(query: Query, table: str, on: Sequence[str]) -> None:
    keys = listed(map(quoted, on))
    found = query.ask(f"SELECT ({keys})::VARCHAR, count(*) FROM {table} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1")
    if found:
        (key, count), which = found[0], "newer" if table == "input" else "older"
        raise UserError(
            "diff.not_unique",
            f"In the {which} table, {count} rows have the same {', '.join(on)}: {str(key)[:100]}; add a column to "
            "`on`, or remove them with table.dedupe before",
        )


def _whole_rows(it: _Comparison) -> str:
    columns = listed(map(quoted, it.columns))
    if not it.columns:
        raise UserError("diff.nothing", "The two tables have no column in common that is compared")
    (change,) = _free(it.columns, "change")
    parts = [
        f"SELECT '{word}' AS {change}, * FROM (SELECT {columns} FROM {one} EXCEPT ALL SELECT {columns} FROM {other})"
        for word, one, other in (("removed", "old", "input"), ("added", "input", "old"))
    ]
    parts += [
        f"SELECT {it.query.value(f'{word}: {name}')} AS {change}, {listed(f'NULL AS {quoted(c)}' for c in it.columns)}"
        for word, name in _column_changes(it)
    ]
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ALL"


def _by_rows(it: _Comparison) -> str:
    change, changed = _free((*it.keys, *it.columns), "change", "changed")
    taken = {name.lower() for name in (*it.keys, *it.columns)}
    cells: list[str] = []
    for name in it.columns:
        was = f"{name}_old"
        while was.lower() in taken:
            was += "_"
        taken.add(was.lower())
        cells += [f"a.{quoted(name)} AS {quoted(name)}", f"b.{quoted(name)} AS {quoted(was)}"]
    keys = [f"coalesce(a.{quoted(name)}, b.{quoted(name)}) AS {quoted(name)}" for name in it.keys]
    names = [f"CASE WHEN {_differs(it, name)} THEN {it.query.value(name)} END" for name in it.columns]
    both = f"a.{it.mark} AND b.{it.mark}"
    told = f"CASE WHEN {both} THEN concat_ws(', ', {listed(names)}) END" if names else "NULL"
    rows = f"SELECT {listed([f'{_change(it)} AS {change}', f'{told} AS {changed}', *keys, *cells])} {_joined(it)}"
    parts = [rows, *(_column_row(it, word, name, len(keys) + len(cells)) for word, name in _column_changes(it))]
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY {_places(3, len(keys))}"


def _by_cells(it: _Comparison) -> str:
    change, column, old, new = _free(it.keys, "change", "column", "old", "new")
    keys = [f"coalesce(a.{quoted(name)}, b.{quoted(name)}) AS {quoted(name)}" for name in it.keys]
    cells = [
        f"CASE WHEN {_differs(it, name)} THEN {{c: {it.query.value(name)}, o: b.{quoted(name)}::VARCHAR, "
        f"n: a.{quoted(name)}::VARCHAR}} END"
        for name in it.columns
    ]
    nothing = "{c: NULL::VARCHAR, o: NULL::VARCHAR, n: NULL::VARCHAR}"
    both = (
        f"CASE WHEN a.{it.mark} AND b.{it.mark} THEN [{listed(cells)}] ELSE [{nothing}] END"
        if cells
        else f"[{nothing}]"
    )
    inner = f"SELECT {listed([*keys, f'{_change(it)} AS {change}', f'unnest({both}) AS cell'])} {_joined(it)}"
    own = listed(map(quoted, it.keys))
    rows = (
        f"SELECT {own}, {change}, cell.c AS {column}, cell.o AS {old}, cell.n AS {new} FROM ({inner}) "
        "WHERE cell IS NOT NULL"
    )
    nulls = listed(["NULL"] * len(it.keys))
    parts = [rows] + [
        f"SELECT {nulls}, {it.query.value(word)}, {it.query.value(name)}, NULL, NULL"
        for word, name in _column_changes(it)
    ]
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY {_places(1, len(keys))}"


def _joined(it: _Comparison) -> str:
    same = " AND ".join(f"a.{quoted(name)} IS NOT DISTINCT FROM b.{quoted(name)}" for name in it.keys)
    differ = " OR ".join([f"a.{it.mark} IS NULL", f"b.{it.mark} IS NULL", *(_differs(it, name) for name in it.columns)])
    marked = [f"(SELECT *, true AS {it.mark} FROM {name}) AS {short}" for name, short in (("input", "a"), ("old", "b"))]
    return f"FROM {marked[0]} FULL JOIN {marked[1]} ON {same} WHERE {differ}"


def _differs(it: _Comparison, name: str) -> str:
    a, b = f"a.{quoted(name)}", f"b.{quoted(name)}"
    if it.tolerance is None or not is_number(it.query.types[name]):
        return f"({a} IS DISTINCT FROM {b})"
    near = f"abs({a}::DOUBLE - {b}::DOUBLE) <= {it.query.value(it.tolerance)}"
    return f"({a} IS DISTINCT FROM {b} AND ({near}) IS NOT TRUE)"


def _change(it: _Comparison) -> str:
    return f"CASE WHEN a.{it.mark} IS NULL THEN 'removed' WHEN b.{it.mark} IS NULL THEN 'added' ELSE 'changed' END"


def _column_changes(it: _Comparison) -> list[tuple[str, str]]:
    return [*(("column removed", name) for name in it.theirs), *(("column added", name) for name in it.ours)]


def _column_row(it: _Comparison, word: str, name: str, empty: int) -> str:
    return f"SELECT {listed([it.query.value(word), it.query.value(name), *['NULL'] * empty])}"


def _places(start: int, count: int) -> str:
    return listed(f"{start + number} NULLS FIRST" for number in range(count))


def _free(beside: Sequence[str], *words: str) -> list[str]:
    """Quoted names of the columns that tell about the change, with a dash where one beside them has that name."""
    taken = {name.lower() for name in beside}
    free: list[str] = []
    for word in words:
        while word in taken:
            word += "_"
        free.append(quoted(word))
    return free
