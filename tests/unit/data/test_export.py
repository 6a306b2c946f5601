"""Tables as files: the same cells again, formulas made harmless, and no more memory than a piece."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.export import as_csv, as_parquet
from concertmaster.data.parquet import write_frame, write_lazy
from concertmaster.data.preview import page
from concertmaster.domain.errors import UserError

FRAME = pl.DataFrame(
    {
        "text": pl.Series(["a,b", 'say "x"', None, "", "two\nlines"]),
        "i": pl.Series([1, 2**60, None, -5, 0]),
        "f": pl.Series([1.5, float("nan"), None, float("inf"), 1e-9]),
        "day": pl.Series([dt.date(2024, 3, 1)] * 4 + [None]),
        "at": pl.Series([dt.datetime(2024, 3, 1, 12)] * 5, dtype=pl.Datetime("us", "Europe/Paris")),
        "d": pl.Series([Decimal("1.10")] * 5, dtype=pl.Decimal(38, 2)),
        "kind": pl.Series(["x", "y", "x", None, "y"], dtype=pl.Enum(["x", "y"])),
        "cat": pl.Series(["x", "y", "x", None, "y"], dtype=pl.Categorical()),
        "list": pl.Series([[1, None], [], None, [2**60], [3]]),
        "struct": pl.Series([{"a": 1, "b": [dt.date(2024, 1, 1)]}] * 5),
        "bytes": pl.Series([b"\x00\xff", b"", None, b"a", b"b"]),
        "took": pl.Series([dt.timedelta(seconds=90)] * 5),
        "clock": pl.Series([dt.time(1, 2, 3)] * 5),
        "nothing": pl.Series([None] * 5, dtype=pl.Null),
    }
)


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


def stored(frame: pl.DataFrame, store: ArtifactStore) -> Path:
    return store.local_path(write_frame(frame, store).artifact)


def lines(pieces: Iterator[bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode(), newline="")))


def test_csv_has_the_cells_of_a_page(store: ArtifactStore) -> None:
    path = stored(FRAME, store)
    text = b"".join(as_csv(path, sort=None, where=(), escape=True)).decode()
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert head == FRAME.columns
    first = dict(zip(head, rows[0], strict=True))
    shown = page(path)["items"][0]
    for name in ("text", "day", "at", "d", "kind", "cat", "bytes", "took", "clock"):
        assert first[name] == shown[name], name
    assert (first["i"], first["list"], first["nothing"]) == ("1", "[1,null]", "")
    assert first["struct"] == '{"a":1,"b":["2024-01-01"]}'
    assert [row[head.index("f")] for row in rows] == ["1.5", "NaN", "", "inf", "1e-9"]
    assert [row[head.index("text")] for row in rows] == ["a,b", 'say "x"', "", "", "two\nlines"]
    # Nothing and an empty text are told apart.
    assert '\n"",-5,' in text
    assert "\n,," in text


def test_parquet_is_the_same_table(store: ArtifactStore) -> None:
    path = stored(FRAME, store)
    chosen: list[dict[str, Any]] = [{"sort": None, "where": ["i:not_null"]}, {"sort": "-i", "where": ()}]
    for options in chosen:
        made = pl.read_parquet(io.BytesIO(b"".join(as_parquet(path, **options))))
        assert made.schema == pl.read_parquet(path).schema
        if options["sort"]:
            wanted = FRAME.sort("i", descending=True, nulls_last=True)
        else:
            wanted = FRAME.filter(pl.col("i").is_not_null())
        assert_frame_equal(made, wanted)
    assert pl.read_parquet(io.BytesIO(b"".join(as_parquet(path, sort=None, where=["i:gt:99"])))).height == 1
    empty = pl.read_parquet(io.BytesIO(b"".join(as_parquet(path, sort="i", where=["i:eq:77"]))))
    assert (empty.height, empty.schema) == (0, pl.read_parquet(path).schema)


def test_formulas_are_texts_unless_they_are_wanted(store: ArtifactStore) -> None:
    cells = [
        "=1+1",
        "+49 170",
        "-5",
        "-5,000.25",
        "@SUM(A1)",
        "\tx",
        "\r=1",
        "a=1",
        "",
        None,
        "-",
        "-1 or =2",
        "=HYPERLINK(1)",
    ]
    frame = pl.DataFrame({"=cmd": cells, "'=cmd": cells, "n": [-1.5] * len(cells), "l": [["=1"]] * len(cells)})
    path = stored(frame, store)
    head, *rows = lines(as_csv(path, sort=None, where=(), escape=True))
    assert head == ["'=cmd", "'=cmd_", "n", "l"]
    assert [row[0] for row in rows] == [
        "'=1+1", "'+49 170", "-5", "-5,000.25", "'@SUM(A1)", "'\tx", "'\r=1", "a=1", "", "", "'-", "'-1 or =2",
        "'=HYPERLINK(1)",
    ]  # fmt: skip
    assert rows[0][2:] == ["-1.5", '["=1"]']
    head, *rows = lines(as_csv(path, sort=None, where=(), escape=False))
    assert head == frame.columns
    assert [row[0] for row in rows] == [cell or "" for cell in cells]


def test_rows_come_filtered_and_in_order(store: ArtifactStore) -> None:
    rows = 50_000
    frame = pl.DataFrame({"n": range(rows), "k": [n * 7919 % rows for n in range(rows)]})
    path = stored(frame, store)
    _, *found = lines(as_csv(path, sort="-k", where=["n:lt:30000", "k:ge:100"], escape=True))
    wanted = sorted(((n, n * 7919 % rows) for n in range(30_000) if n * 7919 % rows >= 100), key=lambda row: -row[1])
    assert [(int(n), int(k)) for n, k in found] == wanted


def test_errors_come_before_the_first_piece(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored(FRAME, store)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"sort": "txt", "where": ()}, "table.unknown_column"),
        ({"sort": "struct", "where": ()}, "table.not_sortable"),
        ({"sort": None, "where": ["i:gt:x"]}, "where.bad_value"),
    ]
    for options, code in refused:
        for pieces in (as_csv(path, escape=True, **options), as_parquet(path, **options)):
            with pytest.raises(UserError) as caught:
                next(pieces)
            assert caught.value.code == code
    monkeypatch.setattr("concertmaster.data.preview.LARGEST_ORDER", 10)
    for pieces in (as_csv(path, escape=True, sort="i", where=()), as_parquet(path, sort="i", where=())):
        with pytest.raises(UserError) as caught:
            next(pieces)
        assert caught.value.code == "table.sorted_too_far"


def test_a_table_without_columns_or_rows(store: ArtifactStore) -> None:
    assert b"".join(as_csv(stored(pl.DataFrame(), store), sort=None, where=(), escape=True)).strip() == b""
    path = stored(pl.DataFrame(schema={"a": pl.Int64, "b": pl.String}), store)
    assert b"".join(as_csv(path, sort="a", where=(), escape=True)) == b"a,b\n"


_LIMITED = """
import sys
from pathlib import Path
from concertmaster.data.chart import chart
from concertmaster.data.export import as_csv, as_parquet
from concertmaster.data.preview import page

def peak_mib():
    # Not getrusage: its peak starts at that of the process that started this one.
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024

path = Path(sys.argv[1])
before = peak_mib()
assert sum(map(len, as_csv(path, sort=None, where=["n:ge:0"], escape=True))) > 300_000_000
assert sum(map(len, as_parquet(path, sort=None, where=["n:ge:5"]))) > 1_000_000
assert page(path, where=["c1:eq:1", "n:gt:1000000"], offset=500_000, limit=5)["total"] == 1_999_999
assert chart(path, x="n", y="c7", agg="sum", bins=10)["points"][0]["value"] == 2_100_000
print(peak_mib() - before)
"""


def test_neither_files_nor_filters_nor_charts_load_the_table(store: ArtifactStore) -> None:
    """3 million rows of 40 numbers would be 960 MB in memory."""
    frame = pl.LazyFrame({"n": range(3_000_000)}).with_columns(pl.lit(float(i)).alias(f"c{i}") for i in range(40))
    path = store.local_path(write_lazy(frame, store).artifact)
    environment = {**os.environ, "POLARS_MAX_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(path)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400
