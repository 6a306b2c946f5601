"""Kind: the form in which a node function takes a value; told from a class by name, so that nothing heavy loads."""

from __future__ import annotations

from typing import Literal

Kind = Literal["table", "lazyframe", "dataframe", "arrow", "reader", "relation", "pandas", "file", "json", "handle"]

TABLE_KINDS: frozenset[Kind] = frozenset({"table", "lazyframe", "dataframe", "arrow", "reader", "relation", "pandas"})

_BY_NAME: dict[tuple[str, str], Kind] = {
    ("concertmaster", "Table"): "table",
    ("concertmaster", "File"): "file",
    ("polars", "LazyFrame"): "lazyframe",
    ("polars", "DataFrame"): "dataframe",
    ("pyarrow", "Table"): "arrow",
    ("pyarrow", "RecordBatchReader"): "reader",
    ("duckdb", "DuckDBPyRelation"): "relation",
    ("_duckdb", "DuckDBPyRelation"): "relation",
    ("pandas", "DataFrame"): "pandas",
}
_ONLY_RESULTS = {
    ("concertmaster", "ParquetFile"): "table",
    ("pyarrow", "RecordBatch"): "table",
    ("pathlib", "Path"): "file",
    ("pathlib", "PosixPath"): "file",
}


def kind_of_class(annotation: object) -> Kind | None:
    """The kind a class stands for as a parameter, None when it is no data type."""
    return _BY_NAME.get(_name(annotation)) if isinstance(annotation, type) else None


def result_of_class(annotation: object) -> Literal["table", "file"] | None:
    """What a class becomes as a result, None when it is JSON."""
    if not isinstance(annotation, type):
        return None
    kind = _BY_NAME.get(_name(annotation))
    if kind is None:
        found = _ONLY_RESULTS.get(_name(annotation))
        return "table" if found == "table" else "file" if found == "file" else None
    return "file" if kind == "file" else "table"


def _name(annotation: type) -> tuple[str, str]:
    return annotation.__module__.partition(".")[0], annotation.__qualname__
