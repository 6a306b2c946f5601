"""Tables as DuckDB relations, and what DuckDB computes in types that every other tool reads."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from concertmaster.domain.errors import UserError
from concertmaster.domain.values import Column

_MEMORY_MB = 2048
_BIG_INTEGERS = ("HUGEINT", "UHUGEINT")


# Polars keeps durations in Parquet as plain integers with a remark that DuckDB does not read.
_DURATIONS = {
    "duration[ms]": "to_milliseconds({0})",
    "duration[us]": "to_microseconds({0})",
    "duration[ns]": "to_microseconds({0} // 1000)",
}


def quoted(name: str) -> str:
    """A name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def every_column(columns: Sequence[Column]) -> str:
    """`*` for the file of a table, with durations as what they are."""
    replaced = [
        f"{_DURATIONS[column.type].format(quoted(column.name))} AS {quoted(column.name)}"
        for column in columns
        if column.type in _DURATIONS
    ]
    return f"* REPLACE ({', '.join(replaced)})" if replaced else "*"


def relation_of(path: Path, columns: Sequence[Column], spill: Path) -> duckdb.DuckDBPyRelation:
    """A table's file as a relation, on a connection of its own that spills into the folder `spill`."""
    connection = duckdb.connect(config={"memory_limit": f"{_MEMORY_MB}MB", "temp_directory": str(spill)})
    relation = connection.read_parquet(str(path))
    shown = every_column(columns)
    return relation if shown == "*" else relation.project(shown)


def fit_for_arrow(relation: duckdb.DuckDBPyRelation, batch_rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema and rows of a relation: sums of integers in 64 bits, intervals as durations (a month has 30 days).

    Raises:
        UserError: `sql.failed`, while rows are read: a sum is too large.
    """
    kinds = [str(type_) for type_ in relation.types]
    if "INTERVAL" in kinds:
        shown = [
            f"epoch_us({quoted(name)}) AS {quoted(name)}" if kind == "INTERVAL" else quoted(name)
            for name, kind in zip(relation.columns, kinds, strict=True)
        ]
        relation = relation.project(", ".join(shown))
    reader = relation.to_arrow_reader(batch_rows)
    schema = reader.schema
    for n, kind in enumerate(kinds):
        if kind in _BIG_INTEGERS:
            schema = schema.set(n, schema.field(n).with_type(pa.int64()))
        elif kind == "INTERVAL":
            schema = schema.set(n, schema.field(n).with_type(pa.duration("us")))
    return schema, reader if schema.equals(reader.schema) else (_fitted(batch, schema) for batch in reader)


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    try:
        return pa.RecordBatch.from_arrays(
            [column.cast(schema.field(n).type) for n, column in enumerate(batch.columns)], schema=schema
        )
    except pa.ArrowInvalid as error:
        raise UserError(
            "sql.failed", f"A sum does not fit into 64 bits ({error}); sum decimals: sum(x::double)"
        ) from error
