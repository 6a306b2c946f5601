"""The JSON of what is drawn of a table: a few points, whatever its size."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from concertmaster.api.models_output import Column


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChartPoint(_Model):
    """One bar.

    Attributes:
        x: of `values` what all its rows have in common, as in `items` of a page; of `bins` null.
        start, end: of `bins` its ends; the end belongs to the next bar, but that of the last to the last.
        rows: how many there are.
        value: the aggregate of y over them, or `rows` without a y; null where there is none.
    """

    x: Any = None
    start: Any = None
    end: Any = None
    rows: int
    value: float | None


class ChartRest(_Model):
    """Rows that have no bar of their own: of values that are not among the most frequent."""

    rows: int
    values: int
    value: float | None


class Chart(_Model):
    """How the rows of a table spread over a column, or what another column is there.

    Attributes:
        kind: `bins` over numbers and times, in their order; `values` over everything else, the most frequent first.
        rows: those that `where` lets through.
        empty: of which x is null or no number.
        others: what has no bar, null where everything has.
    """

    kind: Literal["bins", "values"]
    x: Column
    y: Column | None
    agg: Literal["count", "sum", "mean", "min", "max"]
    points: list[ChartPoint]
    rows: int
    empty: int
    others: ChartRest | None
