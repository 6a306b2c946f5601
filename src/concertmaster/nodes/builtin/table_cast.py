"""table.cast: which types the columns of a table have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from concertmaster import Context, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import demand_columns, quoted
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.query import Name, Query, listed

Type = Literal["text", "integer", "number", "decimal", "boolean", "date", "datetime", "datetime_utc", "time"]

_SQL: Mapping[Type, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "datetime_utc": "TIMESTAMPTZ",
    "time": "TIME",
}
_DATES: tuple[Type, ...] = ("date", "datetime", "datetime_utc", "time")


def _forgives(config: Any) -> bool:
    """What does not convert has to be found in rows and columns that nobody asks for, too."""
    return config.on_error == "null"


@node(
    id="table.cast",
    category="tables",
    effect="none",
    lazy=replace(DUCK, inner=_forgives),
    summary="columns",
    icon="replace",
    title="Convert types",
)
def table_cast(
    table: Table,
    columns: Annotated[Mapping[Name, Type], Field(min_length=1)],
    formats: Mapping[Name, str] | None = None,
    decimals: Annotated[int, Field(ge=0, le=18)] = 2,
    on_error: Literal["fail", "null"] = "fail",
    context: Context | None = None,
) -> Table:
    """Convert columns to other types.

    Nothing is lost silently: `1.5` is no `integer`, and a value that does not convert fails the node with its column,
    unless `on_error` says otherwise. Text without anything but spaces is a missing value for every type but `text`.

    Args:
        columns: Column to its new type. `datetime_utc` reads offsets such as `+02:00`; without one, UTC is meant.
        formats: Column to the form of its dates and times as text, such as `%d.%m.%Y` or `%Y-%m-%d %H:%M:%S`.
        decimals: Digits after the point in columns of type `decimal`.
        on_error: `fail` at a value that does not convert, or make it a missing one (`null`).

    Example:
        ```yaml
        concertmaster: 1
        name: typed-flights
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          typed: {type: table.cast, config: {columns: {month: text, dep_delay: number}}}
          march: {type: table.filter, config: {condition: "month = '1'"}}
        edges: [flights -> typed, typed -> march]
        outputs: {rows: "{{ nodes.march.rows }}"}
        ```
    """
    query = Query(context, tables={"input": table})
    demand_columns(columns, tuple(query.types))
    for name in formats or {}:
        if name not in columns:
            raise UserError("cast.format", f"`formats` has '{name}', which is not in `columns`; say its type there too")
    cells = {
        name: _cell(query, name, type_, (formats or {}).get(name), decimals=decimals, fail=on_error == "fail")
        for name, type_ in columns.items()
    }
    shown = [f"{cells[name]} AS {quoted(name)}" if name in cells else quoted(name) for name in query.types]
    return query.run(f"SELECT {listed(shown)} FROM input")


def _cell(query: Query, name: str, type_: Type, form: str | None, *, decimals: int, fail: bool) -> str:
    column, had = query.column(name), query.types[name]
    wanted = _SQL.get(type_, f"DECIMAL(38, {decimals})")
    source = f"nullif(trim({column}), '')" if had == "VARCHAR" and type_ != "text" else column
    if form is None:
        converted = f"TRY_CAST({source} AS {wanted})"
    elif had == "VARCHAR" and type_ in _DATES:
        converted = f"try_strptime({source}, {query.value(form)})::{wanted}"
    elif type_ == "text" and had.startswith(("DATE", "TIME")):
        converted = f"strftime({source}, {query.value(form)})"
    else:
        raise UserError(
            "cast.format", f"A format is for dates and times, but the column '{name}' goes from {had} to {type_}"
        )
    if form is not None:
        _demand_format(query, name, form)
    if type_ == "integer":
        converted = f"CASE WHEN {_whole(source, had)} THEN {converted} END"
    if not fail:
        return converted
    told = query.fail(
        "cast.failed", f"Column '{name}': '", source, f"' is no {type_.replace('_', ' ')}; {_remedy(form)}"
    )
    return f"CASE WHEN {source} IS NOT NULL AND {converted} IS NULL THEN {told} ELSE {converted} END"


def _whole(source: str, had: str) -> str:
    if had == "VARCHAR":
        return f"regexp_full_match({source}, '[+-]?[0-9]+([.]0*)?')"
    return f"{source} = trunc({source})" if had.startswith(("FLOAT", "DOUBLE", "DECIMAL")) else "true"


def _remedy(form: str | None) -> str:
    other = f"its format is '{form}'; " if form else ""
    return f"{other}`on_error: null` makes such values missing, and table.derive computes any other conversion"


def _demand_format(query: Query, name: str, form: str) -> None:
    """Ask DuckDB about the format before a row is read."""
    try:
        query.ask("SELECT strftime(TIMESTAMP '2000-01-01', $form), try_strptime('', $form)", {"form": form})
    except UserError as error:
        reason = error.message.split("\n", 1)[0]
        raise UserError("cast.format", f"The format '{form}' of column '{name}' is wrong: {reason}") from error
