"""What may be expected of a table: one model a kind, of which the form of `table.validate` is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from concertmaster import Options, Sql
from concertmaster.nodes.schema import Duration

Name = Annotated[str, Field(min_length=1)]
Column = Annotated[Name, Field(description="Column that it is about."), Options("columns")]
Columns = Annotated[
    Sequence[Annotated[Name, Options("columns")]], Field(min_length=1, description="Columns that it is about.")
]
Bound = Annotated[int | float | str, WithJsonSchema({"type": ["number", "string"]})]
TypeWord = Literal["text", "integer", "number", "boolean", "date", "datetime", "time"]

_LAST: dict[str, Any] = {"x-order": 100}  # in the form, what all kinds have comes after what is special to one


def _kind(title: str) -> ConfigDict:
    return ConfigDict(title=title, extra="forbid", frozen=True)


class _Expectation(BaseModel):
    title: Annotated[
        str, Field(description="What the report calls it, instead of a sentence of its own.", json_schema_extra=_LAST)
    ] = ""
    severity: Annotated[
        Literal["error", "warning"],
        Field(description="A warning is reported, but makes nothing invalid.", json_schema_extra=_LAST),
    ] = "error"


class _OfRows(_Expectation):
    tolerance: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Part of the rows that may miss it before it counts as failed, such as `0.01`.",
            json_schema_extra=_LAST,
        ),
    ] = 0


class NotNull(_OfRows):
    """Every row has a value."""

    model_config = _kind("No missing values")
    expect: Literal["not_null"]
    columns: Columns


class Unique(_OfRows):
    """No two rows have the same values; rows with a missing one do not count."""

    model_config = _kind("Unique")
    expect: Literal["unique"]
    columns: Columns


class Range(_OfRows):
    """Values lie between two bounds, which are included; numbers, dates, times or text."""

    model_config = _kind("Range")
    expect: Literal["range"]
    column: Column
    min: Annotated[Bound | None, Field(description="Smallest value.")] = None
    max: Annotated[Bound | None, Field(description="Largest value.")] = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Range:
        if self.min is None and self.max is None:
            raise ValueError("set `min`, `max` or both")
        return self


class Regex(_OfRows):
    """The whole text of a value has a pattern."""

    model_config = _kind("Pattern")
    expect: Literal["regex"]
    column: Column
    pattern: Annotated[Name, Field(description="Regular expression for the whole value, such as `[A-Z]{3}`.")]


class OneOf(_OfRows):
    """Values are from a list."""

    model_config = _kind("One of")
    expect: Literal["one_of"]
    column: Column
    values: Annotated[Sequence[Bound], Field(min_length=1, description="Values that may occur.")]


class Condition(_OfRows):
    """A SQL condition is not false in any row."""

    model_config = _kind("Condition")
    expect: Literal["condition"]
    condition: Annotated[Sql, Field(description="SQL over the columns, such as `arr_time > dep_time`.")]


class Referential(_OfRows):
    """Values occur in another table."""

    model_config = _kind("Referential")
    expect: Literal["referential"]
    columns: Columns
    table: Annotated[Name, Field(description="Port that the other table is wired to, such as `airports`.")]
    references: Annotated[
        Sequence[Annotated[Name, Options("columns")]],
        Field(description="Columns of the other table; the same names when there are none."),
    ] = ()


class HasColumns(_Expectation):
    """The columns are there."""

    model_config = _kind("Columns")
    expect: Literal["columns"]
    columns: Columns
    others: Annotated[bool, Field(description="Whether there may be other columns too.")] = True


class HasTypes(_Expectation):
    """Columns have types; `number` also takes whole numbers."""

    model_config = _kind("Types")
    expect: Literal["types"]
    types: Annotated[dict[Name, TypeWord], Field(min_length=1, description="Column to type.")]


class RowCount(_Expectation):
    """The table has so many rows."""

    model_config = _kind("Row count")
    expect: Literal["row_count"]
    min: Annotated[int, Field(ge=0, description="Fewest rows.")] = 1
    max: Annotated[int | None, Field(ge=0, description="Most rows.")] = None


class Fresh(_Expectation):
    """The latest value is not older than a span of time; times without a zone are UTC."""

    model_config = _kind("Freshness")
    expect: Literal["fresh"]
    column: Column
    within: Annotated[Duration, Field(description="How old the latest value may be, such as `24h`.")]


Expectation = Annotated[
    NotNull | Unique | Range | Regex | OneOf | Condition | Referential | HasColumns | HasTypes | RowCount | Fresh,
    Field(discriminator="expect"),
]
