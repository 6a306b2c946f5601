"""Three nodes in plain Python: late departures, their names, and the ranking of the routes.

Each is a function over polars frames; call it like any other function to try or test it.
"""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from concertmaster import node


@node(id="flights.late", category="flights", effect="none", title="Late departures", icon="plane-takeoff")
def late_departures(
    flights: pl.LazyFrame, month: Annotated[int, Field(ge=1, le=12)], minutes: int = 15
) -> pl.LazyFrame:
    """Keep the flights of a month that left late.

    Args:
        month: Month of the year, 1 to 12.
        minutes: A flight is late when it left more than so many minutes after the plan.
    """
    return flights.filter(pl.col("month") == month, pl.col("dep_delay") > minutes)


@node(id="flights.named", category="flights", effect="none", title="Readable names", icon="tags")
def with_names(flights: pl.LazyFrame, airlines: pl.LazyFrame, airports: pl.LazyFrame) -> pl.LazyFrame:
    """Put the names of airline and destination beside their codes."""
    places = airports.select(dest="faa", destination="name")
    return flights.join(airlines.rename({"name": "airline"}), on="carrier", how="left").join(
        places, on="dest", how="left"
    )


@node(id="flights.routes", category="flights", effect="none", title="Worst routes", icon="route")
def worst_routes(flights: pl.LazyFrame) -> pl.LazyFrame:
    """Rank the routes of each month by their mean delay, the worst first."""
    routes = flights.group_by("month", "origin", "dest").agg(
        pl.col("destination").drop_nulls().first(),
        airlines=pl.col("airline").unique().sort().str.join(", "),
        flights=pl.len(),
        mean_delay=pl.col("dep_delay").mean().round(1, mode="half_away_from_zero"),
        worst_delay=pl.col("dep_delay").max(),
    )
    return routes.sort("mean_delay", "origin", "dest", descending=[True, False, False])
