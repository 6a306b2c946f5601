"""CSV files that polars must not see, or not as they are: endless records, other line ends, other delimiters."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path
from typing import Any

import pytest

from concertmaster import UserError
from concertmaster.nodes.builtin.csv import records
from concertmaster.nodes.builtin.csv.columns import CsvOptions
from concertmaster.nodes.builtin.file_read import file_read
from node_context import PlainContext

MEBIBYTE = 1024 * 1024
# Bounds of a test: records of a mebibyte in a file of several.
LIMIT = MEBIBYTE


def looked_at(folder: Path, content: str, name: str = "f.csv", **options: Any) -> CsvOptions:
    packed = gzip.compress(content.encode(), 1) if name.endswith(".gz") else content.encode()
    (folder / name).write_bytes(packed)
    return records.ready(folder / name, name, CsvOptions(**options), record_bytes=LIMIT)


def refused(folder: Path, content: str, name: str = "f.csv", **options: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        looked_at(folder, content, name, **options)
    assert caught.value.code == "file.record_too_long"
    return caught.value


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz"])
def test_a_line_without_end_is_refused_with_its_number(tmp_path: Path, name: str) -> None:
    error = refused(tmp_path, "a,b\n1,2\n" + "x" * 3 * MEBIBYTE, name)
    assert error.details["line"] == 3
    assert "line 3 goes on for more than 1 MiB" in error.message
    assert "no text in lines" in error.message


def test_a_quote_that_is_never_closed_is_refused_where_it_opens(tmp_path: Path) -> None:
    many = "1,2\n" * MEBIBYTE
    error = refused(tmp_path, f'a,b\n{many}3,"four\n{many}')
    assert error.details["line"] == MEBIBYTE + 2
    assert 'a quote " is opened there and not closed' in error.message
    assert "`quote`" in error.message
    assert refused(tmp_path, f"a,b\n3,'four\n{many}", quote="'").details["line"] == 2
    looked_at(tmp_path, f'a,b\n{many}3,"four\n{many}', quote=None)


def test_long_files_of_short_records_are_read_on(tmp_path: Path) -> None:
    """Quoted newlines, doubled quotes, and stray quotes that pair up in their line."""
    for row in ('"a\nb","c""d"\n', '5" x 3",\r\n', 'a,"\n\n\n""\n"\n', "'\n"):
        looked_at(tmp_path, "a,b\n" + row * (3 * MEBIBYTE // len(row)))
    looked_at(tmp_path, "a,b\n" + ('"' + "\n" * 700_000 + '",1\n') * 4)
    looked_at(tmp_path, "a,b\n" + ("x" * 900_000 + "\n") * 4)


def test_every_door_to_polars_looks_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for function in (records.refuse_long_record, records.ready):
        monkeypatch.setitem(function.__kwdefaults__, "record_bytes", LIMIT)
    endless = "x" * 3 * MEBIBYTE
    for name, config in [
        ("f.csv", {}),
        ("f.csv", {"types": {"a": "text"}}),
        ("f.csv", {"encoding": "latin-1"}),
        ("f.jsonl", {}),
        ("f.txt", {"format": "fixed", "widths": {"a": 1}}),
    ]:
        (tmp_path / name).write_text("a\n" + endless)
        with pytest.raises(UserError) as caught:
            file_read(name, **config, context=PlainContext(tmp_path))
        assert caught.value.code == "file.record_too_long", name


@pytest.mark.parametrize("types", [None, {"b": "text"}])
def test_lines_that_end_as_on_old_macs_are_read(tmp_path: Path, types: Any) -> None:
    (tmp_path / "mac.csv").write_bytes(b"a,b\r1,2\r3,4\r")
    frame = file_read("mac.csv", types=types, context=PlainContext(tmp_path)).collect()
    assert frame.rows() == ([(1, "2"), (3, "4")] if types else [(1, 2), (3, 4)])
    (tmp_path / "mac.csv").write_bytes(b"a,b\r1,2\r3\r")
    with pytest.raises(UserError) as caught:
        file_read("mac.csv", context=PlainContext(tmp_path))
    assert (caught.value.code, caught.value.details["line"]) == ("file.broken_row", 3)


def test_one_column_that_looks_like_several_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "f.csv").write_text("a;b\n1;2\n")
    with caplog.at_level(logging.WARNING):
        file_read("f.csv", context=PlainContext(tmp_path))
        assert caplog.messages == ["f.csv has one column, 'a;b'. If these are several, set delimiter: ';'"]
        caplog.clear()
        for text, config in [("a\n1;2\n", {}), ("a;b\n1;2\n", {"delimiter": ";"}), ("a;b,c\n1,2\n", {})]:
            (tmp_path / "f.csv").write_text(text)
            file_read("f.csv", **config, context=PlainContext(tmp_path))
    assert not caplog.messages
