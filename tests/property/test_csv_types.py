"""Column types of a CSV file: the optimistic reader says exactly what inference over every row says."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from concertmaster.nodes.builtin.csv.columns import WIDE_INTEGER, CsvOptions, read_frame

TAME = {
    "integer": st.integers(-(2**63), 2**63 - 1).map(str),
    "number": st.one_of(st.floats(allow_nan=False, allow_infinity=False).map(repr), st.integers(-99, 99).map(str)),
    "boolean": st.sampled_from(["true", "false", "True", "FALSE"]),
    "empty": st.sampled_from(["", "NA"]),
    "zeros": st.integers(0, 999).map(lambda n: f"{n:05d}"),
    "text": st.text(alphabet="abcXYZ 019.-+é", max_size=6),
}
NASTY = st.sampled_from(
    [
        " 5", "5 ", "+5", "\t7", "nan", "NaN", "-nan", "inf", "-inf", "+inf", "Infinity", "infinity", "1e5", ".5",
        "5.", "-0", "--1", "0x10", "1_000", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "18446744073709551615", "9" * 30, "1E400", "t", "yes", "2024-01-01", "1-2", "-", "1e", "007", '"5"', '"1.5"',
        '"true"', '"a,b"', '"line\nbreak"', '""', '"NA"', '" 5"', '"+5"', "10:30",
    ]
)  # fmt: skip


@st.composite
def csv_text(draw: st.DrawFn) -> str:
    """A CSV whose first rows look tame in every column and whose later rows may hold anything."""
    columns = draw(st.lists(st.sampled_from(sorted(TAME)), min_size=2, max_size=4))
    rows = [[draw(TAME[kind]) for kind in columns] for _ in range(draw(st.integers(1, 8)))]
    # Mostly one strange value only: several would hide each other, as any text makes a column text.
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 5]))):
        row = draw(st.integers(0, len(rows) - 1))
        rows[row][draw(st.integers(0, len(columns) - 1))] = draw(NASTY)
    lines = [",".join(f"c{n}" for n in range(len(columns))), *(",".join(row) for row in rows)]
    return "\n".join(lines) + "\n"


@settings(max_examples=300, deadline=None)
@given(text=csv_text(), sample_rows=st.integers(1, 4))
@example(text="a,b\n1,x\n2,x\n+5,x\n", sample_rows=1)
@example(text="a,b\n1.5,x\n2,x\n 5,x\n", sample_rows=1)
@example(text="a,b\n1.5,x\n2,x\nnan,x\n", sample_rows=1)
@example(text="a,b\nNA,x\nNA,x\n5,x\n", sample_rows=1)
@example(text="a,b\n1,x\n2,x\n9223372036854775808,x\n", sample_rows=1)
def test_types_and_values_equal_whole_column_inference(text: str, sample_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_text(text, encoding="utf-8", newline="")
        options = CsvOptions()
        expected = pl.read_csv(path, infer_schema_length=None, null_values=["", "NA"])
        expected = expected.with_columns(pl.col(pl.Int128).cast(WIDE_INTEGER))
        got = read_frame(path, options, sample_rows=sample_rows)
    assert got.schema == expected.schema
    assert got.equals(expected)
