"""Rows that a query may still add to: the tables of nodes that are computed together.

A node's function does with them what it does with stored tables; its query is put on top of theirs instead of being
run. It is bound to empty tables of the same columns, so names and types are those it would find stored.
"""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from concertmaster import Context, Sql, Table
from concertmaster.domain.values import Column
from concertmaster.nodes.builtin.duck.check import Part, check_query
from concertmaster.nodes.builtin.duck.columns import quoted, refuse_alike
from concertmaster.nodes.builtin.duck.session import Session, refuse_double_columns
from concertmaster.nodes.lazy import NotTogetherError

if TYPE_CHECKING:
    from concertmaster.nodes.builtin.duck.session import Source

# DuckDB's types that a stored table gives back as they were, and what a stored table calls them.
_WORDS = {
    "BOOLEAN": "bool",
    "TINYINT": "int8",
    "SMALLINT": "int16",
    "INTEGER": "int32",
    "BIGINT": "int64",
    "UTINYINT": "uint8",
    "USMALLINT": "uint16",
    "UINTEGER": "uint32",
    "UBIGINT": "uint64",
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP": "datetime[us]",
    "TIMESTAMP WITH TIME ZONE": "datetime[us, UTC]",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
# What Polars and DuckDB both keep as it is.
_DTYPES: Mapping[str, Any] = {
    "bool": pl.Boolean(),
    "int8": pl.Int8(),
    "int16": pl.Int16(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "uint8": pl.UInt8(),
    "uint16": pl.UInt16(),
    "uint32": pl.UInt32(),
    "uint64": pl.UInt64(),
    "float32": pl.Float32(),
    "float64": pl.Float64(),
    "string": pl.String(),
    "date": pl.Date(),
    "datetime[us]": pl.Datetime("us"),
    "datetime[us, UTC]": pl.Datetime("us", "UTC"),
}
# Another result each time: what is computed again, for a preview, has to be the same.
_FICKLE = frozenset(
    {
        "age", "current_date", "current_localtime", "current_localtimestamp", "current_time", "current_timestamp",
        "gen_random_uuid", "get_current_time", "get_current_timestamp", "localtime", "localtimestamp", "now", "random",
        "today", "transaction_timestamp", "uuid", "uuidv4", "uuidv7",
    }
)  # fmt: skip
# As in `expressions.py`; literals and comments that these might misread are not put together at all.
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w+)\b", re.DOTALL)
_MISREAD = re.compile(r"\\'|\$\w*\$|/\*.*/\*", re.DOTALL)
_END = re.compile(r"[;\s]+\Z")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gives, before it is run.

    Attributes:
        text: one SELECT over the sources of the bench.
        types: names of the columns to their DuckDB types.
        columns: as a stored table would have them; None where that cannot be said.
        fickle: it may give something else each time.
        source: it is a table from outside as it is.
    """

    bench: Bench
    text: str
    parameters: Mapping[str, Any]
    types: Mapping[str, str]
    columns: tuple[Column, ...] | None
    fickle: bool = False
    source: bool = False

    def lazy(self) -> pl.LazyFrame:
        """A frame with its columns and no rows.

        Raises:
            NotTogetherError: Polars would make something else of them than DuckDB.
        """
        words = {column.name: column.type for column in self.columns or ()}
        if odd := [word for word in words.values() if word not in _DTYPES]:
            raise NotTogetherError(f"columns of type {odd[0]}")
        return pl.LazyFrame(schema={name: _DTYPES[word] for name, word in words.items()})

    def as_stored(self) -> Rows:
        """The same as they would come back from the store.

        Raises:
            NotTogetherError: in other types, or otherwise each time.
        """
        if self.fickle:
            raise NotTogetherError("another result each time")
        if self.columns is not None:
            return self
        sums = [name for name, type_ in self.types.items() if type_ == "HUGEINT"]
        types = {name: "BIGINT" if name in sums else type_ for name, type_ in self.types.items()}
        columns = _columns(types)
        if columns is None:
            raise NotTogetherError(f"columns of types {', '.join(types.values())}")
        cast_ = ", ".join(f"CAST({quoted(name)} AS BIGINT) AS {quoted(name)}" for name in sums)
        return Rows(self.bench, f"SELECT * REPLACE ({cast_}) FROM (\n{self.text}\n)", self.parameters, types, columns)

    def shape(self) -> str:
        """A SELECT of no rows with these columns."""
        cells = ", ".join(f"CAST(NULL AS {type_}) AS {quoted(name)}" for name, type_ in self.types.items())
        return f"SELECT {cells} WHERE false"


class Bench(Session):
    """The one session of nodes that are computed together, over everything that comes from outside of them."""

    def __init__(self, sources: Sequence[Source], context: Context, *, memory_mb: int) -> None:
        self._composed = 0
        self._shapes: set[str] = set()
        # No port has such a name, and no query can ask for it: it is checked against its own inputs.
        self._named = {f"source {number}": source for number, source in enumerate(sources)}
        self._texts = {name: f"SELECT * FROM {quoted(name)}" for name in self._named}
        super().__init__(self._named, context, memory_mb=memory_mb)

    def sources(self) -> list[Rows]:
        """The tables from outside, in order."""
        found: list[Rows] = []
        for name, source in self._named.items():
            relation = self.con.sql(self._texts[name])
            types = dict(zip(relation.columns, map(str, relation.types), strict=True))
            columns = source.columns if isinstance(source, Table) else _columns(types)
            if columns is None or (isinstance(source, pl.LazyFrame) and not _kept(source, columns)):
                raise NotTogetherError(f"columns of types {', '.join(types.values())}")
            found.append(Rows(self, self._texts[name], {}, types, tuple(columns), source=True))
        return found

    def _name(self, name: str, rows: str) -> None:
        # A view would have the file looked into twice more.
        self._texts[name] = rows

    def show(self, inputs: Mapping[str, Rows]) -> None:
        """Let queries be bound to these names."""
        for name, rows in inputs.items():
            self.con.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {rows.shape()}")
            self._shapes.add(name)

    def compose(self, inputs: Mapping[str, Rows], sql: Sql, parts: Sequence[Part]) -> Rows:
        """A query on top of those of its inputs.

        Args:
            parts: of the query's parse tree.
        Raises:
            UserError: as `Session.query`.
            NotTogetherError: it is written in a way that does not let it be a part of another.
        """
        if _MISREAD.search(sql.text):
            raise NotTogetherError("literals or comments of an unusual kind")
        with self._watched():
            relation = self.con.sql(sql.text, params=sql.parameters or None)
            names, kinds = list(relation.columns), [str(type_) for type_ in relation.types]
        refuse_double_columns(names)
        types = dict(zip(names, kinds, strict=True))
        prefix = f"m{self._composed}_"
        self._composed += 1
        parameters = {prefix + name: value for name, value in sql.parameters.items()}
        own = _END.sub("", _PARAMETER.sub(lambda found: _renamed(found, sql.parameters, prefix), sql.text))
        tables: list[str] = []
        for name, rows in inputs.items():
            uses = sum(_is_table(part, name) for part in parts)
            if uses:
                # Used twice, it is computed once, as a stored one is; what is stored is read each time for itself, so
                # that each use leaves out what it does not need.
                kept = "MATERIALIZED" if uses > 1 and not rows.source else "NOT MATERIALIZED"
                tables.append(f"{quoted(name)} AS {kept} (\n{rows.text}\n)")
                parameters |= rows.parameters
        above = f"WITH {', '.join(tables)} " if tables else ""
        return Rows(
            self, f"{above}SELECT * FROM (\n{own}\n)", parameters, types, _columns(types), any(map(_is_fickle, parts))
        )

    def read(self, rows: Rows) -> Any:
        """Run it; an Arrow reader."""
        # What a name might mean from now on is a table of the query, or nothing.
        for name in self._shapes:
            self.con.execute(f"DROP VIEW temp.{quoted(name)}")
        return self.run(Sql(rows.text, dict(rows.parameters)))

    def plan(self, rows: Rows) -> str:
        """What DuckDB would do for it, as text."""
        found = self.con.execute(f"EXPLAIN {rows.text}", dict(rows.parameters) or None).fetchall()
        return "\n".join(str(row[1]) for row in found)


class LazySession(Session):
    """A node's session over rows of a bench: its query is composed instead of run."""

    def __init__(self, inputs: Mapping[str, Rows]) -> None:
        self._inputs = {name: rows.as_stored() for name, rows in inputs.items()}
        self._bench = next(iter(inputs.values())).bench
        self._context, self._memory_mb = self._bench.circumstances
        self._columns = {name: list(rows.types) for name, rows in self._inputs.items()}
        for names in self._columns.values():
            refuse_alike(names)
        self.con = self._bench.con
        self._bench.show(self._inputs)

    def columns_of(self, table: str) -> dict[str, str]:
        return dict(self._inputs[table].types)

    def ask(self, sql: Sql) -> list[tuple[Any, ...]]:
        parts = check_query(self.con, sql.text, tuple(self._columns))
        if any(part.get("type") == "BASE_TABLE" for part in parts):
            raise NotTogetherError("a question about the rows before the query")
        return super().ask(sql)

    def query(self, sql: Sql) -> Any:
        self.check_identifiers(sql)
        return self._bench.compose(self._inputs, sql, check_query(self.con, sql.text, tuple(self._columns)))


def session_over(inputs: Mapping[str, Any], context: Context | None, *, memory_mb: int) -> Session:
    """A session over tables; one that composes over rows."""
    rows = {name: source for name, source in inputs.items() if isinstance(source, Rows)}
    if len(rows) < len(inputs) or not rows:
        return Session(inputs, context, memory_mb=memory_mb)
    return LazySession(rows)


def _columns(types: Mapping[str, str]) -> tuple[Column, ...] | None:
    words = {name: _word(type_) for name, type_ in types.items()}
    known = {name: word for name, word in words.items() if word is not None}
    return tuple(Column(name, word) for name, word in known.items()) if len(known) == len(words) else None


def _word(type_: str) -> str | None:
    decimal = _DECIMAL.fullmatch(type_)
    return f"decimal[{decimal[1]},{decimal[2]}]" if decimal else _WORDS.get(type_)


def _kept(source: pl.LazyFrame, columns: Sequence[Column]) -> bool:
    """Whether the frame has those types: stored, it would be read with them."""
    schema = source.collect_schema()
    return all(schema[column.name] == _DTYPES.get(column.type, schema[column.name]) for column in columns)


def _renamed(found: re.Match[str], parameters: Mapping[str, Any], prefix: str) -> str:
    name = found[1]
    return f"${prefix}{name}" if name is not None and name in parameters else found[0]


def _is_table(part: Part, name: str) -> bool:
    return part.get("type") == "BASE_TABLE" and str(part.get("table_name", "")).lower() == name.lower()


def _is_fickle(part: Part) -> bool:
    if part.get("class") == "COLUMN_REF":
        names = cast("list[str]", part.get("column_names", []))
        return len(names) == 1 and names[0].lower() in _FICKLE
    return bool(part.get("sample")) or str(part.get("function_name", "")).lower() in _FICKLE
