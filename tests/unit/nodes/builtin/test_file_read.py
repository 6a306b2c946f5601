"""file.read: formats, types, and what it says about files that are broken."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import File, UserError
from concertmaster.data.table import ParquetFile
from concertmaster.domain.validation import check_document
from concertmaster.nodes.builtin.csv.columns import CsvOptions
from concertmaster.nodes.builtin.csv.reading import read_csv
from concertmaster.nodes.builtin.file_read import file_read
from concertmaster.nodes.loader import builtin_registry
from node_context import PlainContext


def read(folder: Path, name: str, content: bytes | str, **config: Any) -> pl.DataFrame:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return file_read(name, **config, context=PlainContext(folder)).collect()


def refused(folder: Path, name: str, content: bytes | str, **config: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        read(folder, name, content, **config)
    return caught.value


def test_a_late_decimal_and_late_text_decide_the_type(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n},\n" for n in range(20_000)) + "1.5,x,7\n"
    frame = read(tmp_path, "late.csv", "a,b,c\n" + rows)
    assert dict(frame.schema) == {"a": pl.Float64, "b": pl.String, "c": pl.Int64}
    assert frame.row(-1) == (1.5, "x", 7)


def test_empty_and_na_are_nulls_unless_said_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, "n.csv", "a,b\n1,x\nNA,\n").rows() == [(1, "x"), (None, None)]
    assert read(tmp_path, "n.csv", "a,b\n1,x\nNA,-\n", nulls=("-",)).rows() == [("1", "x"), ("NA", None)]


def test_integers_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    frame = read(tmp_path, "big.csv", f"a,b\n1,x\n18446744073709551615,y\n{'9' * 38},z\n")
    assert frame["a"].to_list() == [Decimal(1), Decimal(18446744073709551615), Decimal("9" * 38)]
    assert read(tmp_path, "huge.csv", f"a,b\n1,x\n{'9' * 45},y\n")["a"].to_list() == ["1", "9" * 45]


def test_numbers_with_leading_zeros_stay_text(tmp_path: Path) -> None:
    assert read(tmp_path, "z.csv", "zip,n\n00501,1\n90210,0\n").rows() == [("00501", 1), ("90210", 0)]
    # A zero alone, before a point, in a date or a time, or behind a sign that is no delimiter, is nothing special.
    plain = read(tmp_path, "p.csv", "a,b,c,d\n0,0.5,2026-01-02,05:06:07\n100,0,2026-01-03,01:00:00\n", dates=True)
    assert [str(type_) for type_ in plain.dtypes][:3] == ["Int64", "Float64", "Date"]
    # Wherever in the file the first one stands, at the start of a line, quoted, packed, and of any other delimiter.
    many = "".join(f"{n},x\n" for n in range(1, 20_000))
    assert read(tmp_path, "m.csv", f"id,b\n{many}007,x\n")["id"].to_list()[-2:] == ["19999", "007"]
    assert read(tmp_path, "q.csv", 'a;b\n1;"07"\n', delimiter=";").rows() == [(1, "07")]
    assert read(tmp_path, "g.csv.gz", gzip.compress(b"a,b\n1,02.50\n")).rows() == [(1, "02.50")]
    umlauts = "n,a\nM\u00fcller,1\nM\u00fcller,01\n".encode("latin-1")
    assert read(tmp_path, "l.csv", umlauts, encoding="latin-1")["a"].to_list() == ["1", "01"]
    # Who wants numbers says so.
    assert read(tmp_path, "t.csv", "a\n007\n", types={"a": "integer"}).rows() == [(7,)]


def test_given_types_win(tmp_path: Path) -> None:
    assert read(tmp_path, "z.csv", "zip,n\n00501,1\n", types={"zip": "text"}).rows() == [("00501", 1)]
    error = refused(tmp_path, "z.csv", "zip,n\n1,1\n2,x\n", types={"n": "integer"})
    assert (error.code, error.details["line"], error.details["column"]) == ("file.bad_value", 3, "n")
    assert "did you mean 'zip'" in refused(tmp_path, "z.csv", "zip,n\n1,1\n", types={"zipp": "text"}).message


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n", 3, "2 fields instead of 3"),
        ("a,b,c\n1,2,3\n4,5,6,7\n", 3, "4 fields instead of 3"),
        ('a,b,c\n1,"x\ny",3\n4,5\n', 4, "2 fields instead of 3"),
        ('a,b,c\n1,"x,3\n4,5,6\n', 2, "not closed"),
        ('a,b\n1,2\n3,"x\n4,5\n', 3, "not closed"),
        ('a,b\n1,5" disk\n3,x\n', 2, "not closed"),
        ('a,b\n0,0\n1,"5" disk\n3,x\n', 3, "bad quote"),
    ],
)
def test_a_broken_row_is_named_with_its_line(tmp_path: Path, content: str, line: int, word: str) -> None:
    error = refused(tmp_path, "broken.csv", content)
    assert error.code == "file.broken_row"
    assert error.details["line"] == line
    assert f"broken.csv, line {line}" in error.message
    assert word in error.message


def test_a_broken_row_far_down_in_a_large_file_is_found(tmp_path: Path) -> None:
    rows = [f"{n},{n}" for n in range(50_000)]
    rows[40_000] = "alone"
    assert refused(tmp_path, "long.csv", "a,b\n" + "\n".join(rows)).details["line"] == 40_002


def test_remedies_work(tmp_path: Path) -> None:
    assert read(tmp_path, "r.csv", "a,b\n1\n2,3,4\n", ragged=True).rows() == [(1, None), (2, 3)]
    assert read(tmp_path, "q.csv", 'a,b\n1,5" disk\n', quote="").rows() == [(1, '5" disk')]
    assert read(tmp_path, "l.csv", "a,b\n1,é\n".encode("latin-1"), encoding="latin-1").rows() == [(1, "é")]


def test_blank_lines_are_skipped_and_empty_rows_stay(tmp_path: Path) -> None:
    assert read(tmp_path, "b.csv", "a,b\n1,2\n\n3,4\n\n\n").rows() == [(1, 2), (3, 4)]
    assert read(tmp_path, "b.csv", "a,b\n1,2\n,\n").rows() == [(1, 2), (None, None)]


def test_foreign_bytes_are_named_with_their_line(tmp_path: Path) -> None:
    error = refused(tmp_path, "l.csv", b"a,b\n1,x\n2,\xe9\n")
    assert (error.code, error.details["line"]) == ("file.encoding", 3)
    assert "utf-16" in refused(tmp_path, "u.csv", "a,b\n1,2\n".encode("utf-16")).message
    assert refused(tmp_path, "l.csv", "a\n1\n", encoding="klingon").code == "file.encoding"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("e.csv", "", "file.empty"),
        ("e.jsonl", "", "file.empty"),
        ("x.bin", "a", "file.unknown_format"),
        ("x.xlsx", "a", "file.unreadable"),
        ("x.parquet", "PAR1", "file.unreadable"),
        ("x.jsonl", '{"a": 1}\n{"a"\n', "file.broken_row"),
        ("x.jsonl", '{"a": 1}\n[1]\n', "file.broken_row"),
        ("x.csv.gz", gzip.compress(b"a,b\n1,2\n3\n", mtime=0), "file.broken_row"),
    ],
)
def test_other_broken_files(tmp_path: Path, name: str, content: bytes | str, code: str) -> None:
    error = refused(tmp_path, name, content)
    assert error.code == code
    assert name in error.message


def test_missing_files_and_folders_say_where_and_what_is_near(tmp_path: Path) -> None:
    (tmp_path / "flights.csv").write_text("a\n1\n")
    context = PlainContext(tmp_path)
    with pytest.raises(UserError, match=r"flight\.csv.*did you mean 'flights\.csv'"):
        file_read("flight.csv", context=context)
    with pytest.raises(UserError, match=r"is a folder.*flights\.csv"):
        file_read(".", context=context)
    with pytest.raises(UserError) as caught:
        file_read("../secret.csv", context=context)
    assert caught.value.code == "path.outside_workspace"


def test_all_formats_hold_the_same(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_ndjson(tmp_path / "t.jsonl")
    frame.write_csv(tmp_path / "t.tsv", separator="\t")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(frame.write_csv().encode()))
    for name in ("t.parquet", "t.jsonl", "t.tsv", "t.csv.gz"):
        found: Any = file_read(name, context=PlainContext(tmp_path))
        # A Parquet file is handed over as it is.
        scanned = pl.scan_parquet(found.path) if isinstance(found, ParquetFile) else found
        assert isinstance(found, ParquetFile) == (name == "t.parquet")
        assert scanned.collect().equals(frame), name


def test_a_large_file_streams_through_the_disk_with_the_same_types_and_errors(tmp_path: Path) -> None:
    path, spill = tmp_path / "large.csv", tmp_path / "rows.parquet"
    path.write_text("a,b\n" + "1,x\n" * 5000 + "2.5,y\n")
    assert read_csv(path, "large.csv", CsvOptions(), spill=spill).collect()["a"].dtype == pl.Float64
    path.write_text("a,b\n" + "1,x\n" * 5000 + "2\n")
    with pytest.raises(UserError) as caught:
        read_csv(path, "large.csv", CsvOptions(), spill=spill)
    assert caught.value.details["line"] == 5002


def test_a_file_that_is_wired_in_is_read_by_its_name(tmp_path: Path) -> None:
    # As artifacts are: named by a digest.
    path = tmp_path / "0123abcd"
    path.write_bytes(gzip.compress(b"a,b\n1,x\n"))
    context = PlainContext(tmp_path)
    assert file_read(file=File(path, "down/loaded.csv.gz"), context=context).collect().rows() == [(1, "x")]
    path.write_bytes(b"a\tb\n1\n")
    with pytest.raises(UserError, match=r"loaded\.tsv, line 2"):
        file_read(file=File(path, "loaded.tsv"), context=context)
    (tmp_path / "here.csv").write_bytes(b"c\n7\n")
    assert file_read("here.csv", file=File(path, "loaded.tsv"), context=context).collect().rows() == [(7,)]
    with pytest.raises(UserError, match="set `format: excel`"):
        file_read(file=File(path, "loaded.xlsx"), context=context)
    with pytest.raises(UserError, match="fill in `path`, or wire a file in"):
        file_read(file={"not": "a file"}, context=context)


def test_a_document_without_a_path_and_without_a_wire_has_a_problem() -> None:
    text = "concertmaster: 1\nname: x\nnodes:\n  read: {type: file.read}\n"
    (problem,) = check_document(text, builtin_registry(), format=None, connections=None).problems
    assert (problem.code, problem.pointer) == ("config.missing", "/nodes/read/config/path")
    text += "  get: {type: http.download, config: {url: 'http://a.example/x.csv'}}\nedges: [get -> read]\n"
    assert check_document(text, builtin_registry(), format=None, connections=None).problems == []
