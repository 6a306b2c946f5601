"""Expectations of a whole table: its columns, types, number of rows and freshness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from concertmaster.nodes.builtin.duck.query import Query
from concertmaster.nodes.builtin.validation.checks import Check, missing_column
from concertmaster.nodes.builtin.validation.expectations import (
    Expectation,
    Fresh,
    HasColumns,
    HasTypes,
    RowCount,
    TypeWord,
)

_TYPES: dict[TypeWord, tuple[str, ...]] = {
    "text": ("VARCHAR",),
    "integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    "number": ("FLOAT", "DOUBLE", "DECIMAL"),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
    "datetime": ("TIMESTAMP",),
    "time": ("TIME", "TIME_NS"),
}


def checks_of_table(expectation: Expectation, query: Query, rows: int) -> Iterator[Check]:
    """The checks that an expectation of the whole table makes; nothing for those of rows."""
    match expectation:
        case HasColumns(columns=columns, others=others):
            label, fault = f"The columns {', '.join(columns)} are there", _columns_fault(columns, query, others=others)
        case HasTypes(types=types):
            label = ", ".join(f"'{name}' is {word}" for name, word in types.items())
            faults = [_type_fault(name, word, query) for name, word in types.items()]
            fault = "; ".join(fault for fault in faults if fault)
        case RowCount(min=low, max=high):
            label = f"It has {low:,} rows or more" + (f", and {high:,} at most" if high is not None else "")
            fault = f"There are {rows:,}" if rows < low or (high is not None and rows > high) else ""
        case Fresh(column=column, within=within):
            label = f"The latest '{column}' is not older than {_span(within)}"
            fault = _age_fault(column, within, query)
        case _:
            return
    yield Check(expectation.title or label, expectation.severity, fault=fault)


def _columns_fault(columns: Sequence[str], query: Query, *, others: bool) -> str:
    known = tuple(query.types)
    faults = [missing_column(name, known) for name in columns if name not in known]
    if not others:
        faults += [f"There is a column '{name}' too" for name in known if name not in columns]
    return "; ".join(faults)


def _type_fault(name: str, word: TypeWord, query: Query) -> str:
    if name not in query.types:
        return missing_column(name, tuple(query.types))
    found = query.types[name]
    wanted = _TYPES["integer"] + _TYPES["number"] if word == "number" else _TYPES[word]
    fits = any(found == one or (found.startswith(f"{one}") and one in ("DECIMAL", "TIMESTAMP")) for one in wanted)
    return "" if fits and not found.endswith("]") else f"'{name}' is {found}"


def _age_fault(column: str, within: timedelta, query: Query) -> str:
    if column not in query.types:
        return missing_column(column, tuple(query.types))
    if not query.types[column].startswith(("DATE", "TIMESTAMP", "VARCHAR")):
        return f"'{column}' is {query.types[column]} and no date or time"
    ((latest,),) = query.ask(f"SELECT epoch_us(max(try_cast({query.column(column)} AS TIMESTAMP))) FROM input")
    if latest is None:
        return f"'{column}' has no date or time"
    if latest > (datetime.now(UTC) - within).timestamp() * 1e6:
        return ""
    ((shown,),) = query.ask("SELECT make_timestamp($latest)::VARCHAR", {"latest": latest})
    return f"The latest is {shown} UTC"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    for word, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {word if seconds != length else word.removesuffix('s')}"
    return f"{seconds:g} seconds"
