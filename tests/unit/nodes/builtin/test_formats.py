"""Excel, Avro, XML and fixed width, through file.write and file.read, and files that are broken or want to do harm."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import UserError
from concertmaster.nodes.builtin.file_read import file_read
from concertmaster.nodes.builtin.file_write import file_write
from concertmaster.nodes.node_type import node_type_of
from engine_harness import running_engine
from node_context import PlainContext

FRAME = pl.DataFrame(
    {
        "n": [1, None, 3],
        "x": [1.5, 2.25, None],
        "name": ["Ada", "=1+1", "Ümit"],
        "day": [date(2026, 11, 30), None, date(2000, 1, 1)],
        "yes": [True, False, None],
    }
)


def write(folder: Path, name: str, frame: pl.DataFrame = FRAME, **config: Any) -> None:
    file_write(frame.lazy(), name, **config, context=PlainContext(folder))


def read(folder: Path, name: str, **config: Any) -> pl.DataFrame:
    return file_read(name, **config, context=PlainContext(folder)).collect()


def refused(call: Any, *args: Any, **config: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        call(*args, **config)
    return caught.value


def test_excel_there_and_back(tmp_path: Path) -> None:
    write(tmp_path, "a.xlsx", sheet="Data")
    found = read(tmp_path, "a.xlsx")
    assert found["name"].to_list() == FRAME["name"].to_list()
    assert found["x"].to_list() == [1.5, 2.25, None]
    assert found["day"].to_list() == FRAME["day"].to_list()
    assert found["yes"].to_list() == [True, False, None]
    assert read(tmp_path, "a.xlsx", sheet="Data").equals(found)
    assert read(tmp_path, "a.xlsx", sheet=1, has_header=False, skip_rows=1).height == 3
    error = refused(read, tmp_path, "a.xlsx", sheet="Date")
    assert (error.code, "did you mean 'Data'" in error.message) == ("excel.no_sheet", True)
    assert refused(read, tmp_path, "a.xlsx", sheet=2).code == "excel.no_sheet"


def test_the_same_table_gives_the_same_excel_file(tmp_path: Path) -> None:
    write(tmp_path, "a.xlsx")
    write(tmp_path, "a.xlsx", mode="fail")


def test_excel_refuses_what_it_would_cut_off(tmp_path: Path) -> None:
    long = pl.DataFrame({"t": ["x" * 32_768]})
    assert refused(write, tmp_path, "a.xlsx", long).code == "excel.text_too_long"
    tall = pl.DataFrame({"n": pl.repeat(1, 1_048_576, eager=True)})
    assert refused(write, tmp_path, "a.xlsx", tall).code == "excel.too_large"
    assert refused(write, tmp_path, "a.xlsx", sheet="a/b").code == "excel.sheet_name"
    assert list(tmp_path.iterdir()) == []


def test_avro_there_and_back(tmp_path: Path) -> None:
    write(tmp_path, "a.avro")
    assert read(tmp_path, "a.avro").rows() == FRAME.rows()
    write(tmp_path, "b.avro", compression="none")
    assert read(tmp_path, "b.avro").rows() == FRAME.rows()


def test_xml_there_and_back(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", record="person")
    assert read(tmp_path, "a.xml", dates=True).rows() == FRAME.rows()
    assert read(tmp_path, "a.xml", types={"n": "text"})["n"].to_list() == ["1", None, "3"]
    assert refused(write, tmp_path, "b.xml", pl.DataFrame({"a b": [1]})).code == "xml.name"
    assert refused(write, tmp_path, "b.xml", pl.DataFrame({"a": ["\x00"]})).code == "xml.sign"


def test_xml_of_others(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(
        "<x:shop xmlns:x='urn:x'><meta><v>1</v></meta><x:book id='7'><t>Emma</t><by><name>A</name></by><tag>p</tag>"
        "<tag>q</tag></x:book><x:book id='8'/></x:shop>"
    )
    found = read(tmp_path, "a.xml", record="book")
    assert found.to_dicts() == [
        {"@id": 7, "t": "Emma", "by.name": "A", "tag": '["p","q"]'},
        {"@id": 8, "t": None, "by.name": None, "tag": None},
    ]
    assert refused(read, tmp_path, "a.xml", record="boook").code == "xml.no_records"
    (tmp_path / "half.xml").write_text("<a><b>1</b><b>")
    assert refused(read, tmp_path, "half.xml").code == "file.unreadable"
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    (tmp_path / "bomb.xml").write_text(f"<!DOCTYPE a [<!ENTITY l0 'ha'>{laughs}]><a><b>&l9;</b></a>")
    assert refused(read, tmp_path, "bomb.xml").code == "file.unreadable"


def test_fixed_width_there_and_back(tmp_path: Path) -> None:
    widths = {"n": 4, "name": 6, "x": 8}
    write(tmp_path, "a.fwf", widths=widths)
    assert (tmp_path / "a.fwf").read_text().splitlines()[0] == "   1Ada        1.5"
    assert read(tmp_path, "a.fwf", widths=widths).rows() == FRAME.select(*widths).rows()
    (tmp_path / "b.txt").write_bytes("01Müller  7\n02Özil\n".encode("windows-1252"))
    config = {"format": "fixed", "encoding": "windows-1252", "widths": {"id": 2, "name": 8, "n": 1}}
    assert read(tmp_path, "b.txt", **config, types={"id": "text"}).rows() == [("01", "Müller", 7), ("02", "Özil", None)]


def test_fixed_width_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.fwf").write_text("ab\nabc\nabcdef\n")
    error = refused(read, tmp_path, "a.fwf", widths={"a": 3})
    assert (error.code, error.details["line"]) == ("file.broken_row", 3)
    assert read(tmp_path, "a.fwf", widths={"a": 3}, ragged=True)["a"].to_list() == ["ab", "abc", "abc"]
    assert refused(read, tmp_path, "a.fwf").code == "file.no_widths"
    assert refused(write, tmp_path, "b.fwf").code == "file.no_widths"
    assert refused(write, tmp_path, "b.fwf", widths={"name": 3}).code == "fixed.too_wide"
    assert refused(write, tmp_path, "b.fwf", widths={"nam": 3}).code == "sql.unknown_column"
    assert refused(write, tmp_path, "b.fwf", pl.DataFrame({"a": ["x\ny"]}), widths={"a": 3}).code == "fixed.line_break"


@pytest.mark.parametrize("name", ["a.xlsx", "a.avro", "a.xml", "a.ods"])
def test_rubbish_and_halves_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"rubbish" * 100)
    error = refused(read, tmp_path, name)
    assert (error.code, name in error.message) == ("file.unreadable", True)
    if name in ("a.xlsx", "a.avro", "a.xml"):
        write(tmp_path, name)
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) * 2 // 3])
        assert refused(read, tmp_path, name).code == "file.unreadable"


def test_they_are_read_and_written_in_child_processes() -> None:
    for function in (file_read, file_write):
        found = node_type_of(function)
        assert found is not None
        for path, format, apart in (
            ("a.csv", "auto", False),
            ("a.xlsx", "auto", True),
            ("a.XML", "auto", True),
            ("a.txt", "avro", True),
            ("a.xlsx", "csv", False),
        ):
            model = found.config_model.model_validate({"path": path, "format": format})
            assert found.isolated(model) is apart, path


async def test_a_sheet_that_needs_more_memory_than_there_is_fails_its_node_alone(tmp_path: Path) -> None:
    write(tmp_path, "bomb.xlsx")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    # Two cells in opposite corners: a dense sheet of 17 billion cells.
    files["xl/worksheets/sheet1.xml"] = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    async with running_engine(tmp_path) as harness:
        row, _ = await harness.run(
            """
            concertmaster: 1
            name: bomb
            nodes:
              read: {type: file.read, config: {path: bomb.xlsx}}
            """
        )
        assert row.status == "failed"
        again, events = await harness.run(
            """
            concertmaster: 1
            name: fine
            nodes:
              list: {type: file.list, config: {pattern: "*.xlsx"}}
            outputs: {n: "{{ nodes.list | length }}"}
            """
        )
    assert (again.status, events[-1].body.outputs) == ("succeeded", {"n": 1})


async def test_excel_through_the_engine(tmp_path: Path) -> None:
    write(tmp_path, "a.xlsx")
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(
            """
            concertmaster: 1
            name: sheets
            nodes:
              read: {type: file.read, config: {path: a.xlsx}}
              write: {type: file.write, config: {path: b.xlsx}}
              again: {type: file.read, config: {path: b.xlsx}}
            edges: [read -> write, write -> again]
            outputs: {rows: "{{ nodes.again.rows }}"}
            """
        )
    assert row.status == "succeeded", row.error
    assert events[-1].body.outputs == {"rows": 3}
