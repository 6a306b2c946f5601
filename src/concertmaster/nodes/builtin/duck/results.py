"""What DuckDB computes, in types that every other tool reads."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from concertmaster import UserError
from concertmaster.nodes.builtin.deferred import deferred
from concertmaster.nodes.builtin.duck.columns import quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
else:
    duckdb, pa = deferred("duckdb"), deferred("pyarrow")

_BIG_INTEGERS = ("HUGEINT", "UHUGEINT")


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
