"""A page of a table: the right rows in the right order, as JSON."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.parquet import ROW_GROUP_ROWS, write_frame, write_lazy
from concertmaster.data.preview import page
from concertmaster.data.statistics import statistics
from concertmaster.domain.errors import UserError


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


def stored(frame: pl.DataFrame, store: ArtifactStore) -> Path:
    return store.local_path(write_frame(frame, store).artifact)


def cells(values: list[Any], store: ArtifactStore, dtype: pl.DataType | None = None) -> tuple[str, list[Any]]:
    found = page(stored(pl.DataFrame({"x": pl.Series(values, dtype=dtype)}), store))
    json.dumps(found, allow_nan=False)
    return found["schema"][0]["type"], [row["x"] for row in found["items"]]


CELLS: list[tuple[list[Any], pl.DataType | None, str, list[Any]]] = [
    ([1, 2**53 + 1, None], None, "int64", [1, "9007199254740993", None]),
    ([-(2**53), -(2**53) - 1], None, "int64", [-(2**53), "-9007199254740993"]),
    ([255], pl.UInt8(), "uint8", [255]),
    ([1.5, float("nan"), float("-inf")], None, "float64", [1.5, None, None]),
    ([True, None], None, "bool", [True, None]),
    (["a", ""], None, "string", ["a", ""]),
    ([dt.date(2013, 1, 31)], None, "date", ["2013-01-31"]),
    ([dt.time(5, 6, 7)], None, "time", ["05:06:07"]),
    ([dt.datetime(2013, 1, 1, 5, 6, 7, 123)], None, "datetime[us]", ["2013-01-01T05:06:07.000123"]),
    ([dt.datetime(2013, 1, 1)], pl.Datetime("us", "UTC"), "datetime[us, UTC]", ["2013-01-01T00:00:00.000000+00:00"]),
    ([dt.timedelta(days=1, seconds=5)], None, "duration[us]", ["P1DT5S"]),
    ([Decimal("1.20")], pl.Decimal(10, 2), "decimal[10,2]", ["1.20"]),
    ([b"\x00\xff"], None, "binary", ["AP8="]),
    ([[1, 2**60], [], None], None, "list[int64]", [[1, str(2**60)], [], None]),
    ([[float("nan")]], None, "list[float64]", [[None]]),
    (
        [{"d": dt.date(2013, 1, 1), "b": [b"a"]}],
        None,
        "struct[d: date, b: list[binary]]",
        [{"d": "2013-01-01", "b": ["YQ=="]}],
    ),
    (["a", "b"], pl.Categorical(), "category", ["a", "b"]),
    ([None, None], None, "null", [None, None]),
]


@pytest.mark.parametrize(("values", "dtype", "word", "expected"), CELLS, ids=[case[2] for case in CELLS])
def test_cells_become_json(
    store: ArtifactStore, values: list[Any], dtype: pl.DataType | None, word: str, expected: list[Any]
) -> None:
    assert cells(values, store, dtype) == (word, expected)


def test_pages_join_to_the_whole_table(store: ArtifactStore) -> None:
    path = stored(pl.DataFrame({"n": range(10)}), store)
    seen: list[int] = []
    offset: int | None = 0
    while offset is not None:
        found = page(path, offset=offset, limit=4)
        assert found["total"] == 10
        seen += [row["n"] for row in found["items"]]
        offset = found["next"]
    assert seen == list(range(10))
    assert page(path, offset=50, limit=4)["items"] == []


@pytest.mark.parametrize("sort", ["v", "-v", "name", "-name"])
def test_sorted_pages_agree_with_a_full_sort(store: ArtifactStore, sort: str) -> None:
    rows = ROW_GROUP_ROWS * 2 + 1000
    frame = pl.DataFrame({"n": range(rows)}).with_columns(
        v=pl.when(pl.col("n") % 97 == 0).then(None).otherwise((pl.col("n") * 7919) % 100_003),
        name=(pl.col("n") % 1000).cast(pl.String),
    )
    path = stored(frame, store)
    whole = frame.sort(sort.lstrip("-"), descending=sort[0] == "-", nulls_last=True, maintain_order=True)
    for offset in (0, 100_000, rows - 20):
        assert page(path, offset=offset, limit=50, sort=sort)["items"] == whole.slice(offset, 50).to_dicts()


def test_a_column_whose_name_begins_with_a_dash_can_be_sorted_by(store: ArtifactStore) -> None:
    path = stored(pl.DataFrame({"-a": [2, 1], "row": [1, 2]}), store)
    assert [row["-a"] for row in page(path, sort="-a")["items"]] == [1, 2]
    assert [row["-a"] for row in page(path, sort="--a")["items"]] == [2, 1]
    assert [row["row"] for row in page(path, sort="-row")["items"]] == [2, 1]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"sort": "nope"}, "table.unknown_column"),
        ({"sort": "s"}, "table.not_sortable"),
        ({"offset": -1}, "table.bad_page"),
        ({"limit": 0}, "table.bad_page"),
        ({"limit": 1_000_000}, "table.bad_page"),
    ],
)
def test_bad_pages_are_refused(store: ArtifactStore, options: dict[str, Any], code: str) -> None:
    path = stored(pl.DataFrame({"a": [1], "s": [{"x": 1}]}), store)
    with pytest.raises(UserError) as caught:
        page(path, **options)
    assert caught.value.code == code


def test_an_order_that_needs_too_much_memory_is_refused(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concertmaster.data.preview.LARGEST_ORDER", 1024 * 1024)
    path = stored(pl.DataFrame({"t": [f"{n:050}" for n in range(50_000)]}), store)
    assert page(path, sort="-t", offset=100, limit=1)["items"] == [{"t": f"{49_899:050}"}]
    with pytest.raises(UserError) as caught:
        page(path, sort="-t", offset=40_000)
    assert caught.value.code == "table.sorted_too_far"
    assert "table.sort" in caught.value.message


def test_a_damaged_table_is_told(store: ArtifactStore) -> None:
    path = stored(pl.DataFrame({"a": range(10_000)}), store)
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:100] + bytes(500) + whole[600:])
    for look in (lambda: page(path), lambda: page(path, sort="-a"), lambda: statistics(path, ["a"])):
        with pytest.raises(UserError) as caught:
            look()
        assert caught.value.code == "table.damaged"


def test_a_table_without_columns_has_an_empty_page(store: ArtifactStore) -> None:
    assert page(stored(pl.DataFrame(), store)) == {"schema": [], "items": [], "total": 0, "next": None}


_LIMITED = """
import sys
from pathlib import Path
from concertmaster.data.preview import page
from concertmaster.data.statistics import statistics

def peak_mib():
    # Not getrusage: its peak starts at that of the process that started this one.
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024

before = peak_mib()
for options in ({"offset": 2_500_000}, {"sort": "-n", "offset": 10}):
    assert len(page(Path(sys.argv[1]), limit=5, **options)["items"]) == 5
print(peak_mib() - before)
"""


def test_a_page_does_not_load_the_table(store: ArtifactStore) -> None:
    """3 million rows of 40 numbers would be 960 MB in memory."""
    frame = pl.LazyFrame({"n": range(3_000_000)}).with_columns(pl.lit(float(i)).alias(f"c{i}") for i in range(40))
    path = store.local_path(write_lazy(frame, store).artifact)
    environment = {**os.environ, "POLARS_MAX_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(path)], capture_output=True, text=True, check=True, env=environment
    )
    assert int(done.stdout) < 400
