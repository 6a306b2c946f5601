"""Excel, Avro, XML and fixed-width files as frames. All but the last are read in child processes: their bytes may be
made to need more memory than there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro
import orjson
import polars as pl
from lxml import etree

from concertmaster import UserError
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import fastexcel
else:
    fastexcel = deferred("fastexcel")

_BATCH_ROWS = 20_000
_LINE = "\x01"  # a sign that no text file has, so that a line is one field


def read_excel(file: Path, name: str, sheet: str | int | None, *, has_header: bool, skip_rows: int) -> pl.DataFrame:
    """A sheet; a column of mixed cells is text.

    Raises:
        UserError: `excel.no_sheet`, `file.unreadable`, `file.empty`.
    """
    try:
        book = fastexcel.read_excel(file)
        names = book.sheet_names
        wanted: str | int = 0 if sheet is None else sheet - 1 if isinstance(sheet, int) else sheet
        if wanted not in (*names, *range(len(names))):
            raise UserError(
                "excel.no_sheet",
                f"{name} has no sheet {sheet!r}{hint(str(sheet), names)}; it has {', '.join(names)} (or count from 1)",
                path=name,
            )
        header = skip_rows if has_header else None
        skip = None if has_header or not skip_rows else skip_rows
        loaded = book.load_sheet(wanted, header_row=header, skip_rows=skip, schema_sample_rows=None)
        frame = loaded.to_polars()
    except fastexcel.FastExcelError as error:
        reason = str(error).split("\n", 1)[0]
        raise UserError(
            "file.unreadable", f"{name} is no Excel file that can be read: {reason}. Save it as .xlsx", path=name
        ) from error
    if not frame.width:
        raise UserError("file.empty", f"The sheet {wanted!r} of {name} is empty; choose another `sheet`", path=name)
    # Excel has no dates of its own: they are points in time at midnight.
    times = frame.select(pl.selectors.datetime())
    days = [column.name for column in times.iter_columns() if (column.drop_nulls().dt.time() == time()).all()]
    return frame.with_columns(pl.col(days).cast(pl.Date)) if days else frame


def read_avro(file: Path, name: str) -> pl.DataFrame:
    """All records.

    Raises:
        UserError: `file.unreadable`, `file.empty`.
    """
    try:
        with file.open("rb") as source:
            records: Iterator[Any] = iter(fastavro.reader(source))
            frames = [pl.from_dicts(batch, infer_schema_length=None) for batch in _batches(records)]
    except (ValueError, EOFError, KeyError, TypeError, IndexError, ImportError, pl.exceptions.PolarsError) as error:
        raise UserError(
            "file.unreadable",
            f"{name} is no complete Avro file of records: {str(error)[:200] or type(error).__name__}. Write it again",
            path=name,
        ) from error
    if not frames:
        raise UserError("file.empty", f"{name} has no records", path=name)
    return pl.concat(frames, how="diagonal_relaxed")


def read_xml(file: Path, name: str, record: str | None) -> pl.DataFrame:
    """A row for each element called `record`, or for each child of the outermost one; everything is text.

    Attributes and children are columns, deeper ones with dots (`author.name`); several of one name are a JSON list.

    Raises:
        UserError: `file.unreadable`, `xml.no_records`.
    """
    try:
        rows = _records(file, record)
        frames = [pl.from_dicts(batch, infer_schema_length=None) for batch in _batches(rows)]
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UserError(
            "file.unreadable", f"{name} is no complete XML file: {error}. Write it again", path=name
        ) from error
    if not frames:
        what = f"elements <{record}>; say in `record` which element is a row" if record else "elements in its outermost"
        raise UserError("xml.no_records", f"{name} has no {what}", path=name)
    return pl.concat(frames, how="diagonal")


def _records(file: Path, record: str | None) -> Iterator[dict[str, str]]:
    options: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    depth = 0
    for event, found in etree.iterparse(str(file), events=("start", "end"), remove_comments=True, **options):
        element: Any = found
        depth += 1 if event == "start" else -1
        if event == "start" or not isinstance(element.tag, str):
            continue
        if (record is None and depth != 1) or (record is not None and etree.QName(element).localname != record):
            continue
        row: dict[str, Any] = {}
        _flatten(element, "", row)
        yield {key: orjson.dumps(text).decode() if isinstance(text, list) else text for key, text in row.items()}
        element.clear()
        # What is before it in the file is done as well.
        while element.getprevious() is not None:
            del element.getparent()[0]


def _flatten(element: Any, prefix: str, row: dict[str, Any]) -> None:
    for key, text in element.attrib.items():
        row[f"{prefix}@{etree.QName(key).localname}"] = text
    children = [child for child in element if isinstance(child.tag, str)]
    if not children and (prefix or not element.attrib):
        key, text = prefix.rstrip(".") or "#text", (element.text or "").strip()
        if key not in row:
            row[key] = text
        elif isinstance(row[key], list):
            row[key].append(text)
        else:
            row[key] = [row[key], text]
    for child in children:
        _flatten(child, f"{prefix}{etree.QName(child).localname}.", row)


def read_fixed(file: Path, name: str, widths: Mapping[str, int], *, skip_rows: int, ragged: bool) -> pl.DataFrame:
    """Columns of so many signs each, as text without the blanks around it.

    Raises:
        UserError: `file.empty`, `file.broken_row`, `file.encoding`.
    """
    try:
        lines = pl.read_csv(
            file,
            has_header=False,
            separator=_LINE,
            quote_char=None,
            infer_schema=False,
            skip_rows=skip_rows,
            new_columns=["line"],
        )
    except pl.exceptions.NoDataError as error:
        raise UserError("file.empty", f"{name} is empty", path=name) from error
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
        raise UserError(
            "file.encoding", f"{name} cannot be read as text: {reason}; set its `encoding`", path=name
        ) from error
    total = sum(widths.values())
    rest = lines.select(pl.col("line").str.slice(total).str.strip_chars().str.len_bytes() > 0).to_series()
    if not ragged and rest.any():
        number = (rest.arg_max() or 0) + 1 + skip_rows
        raise UserError(
            "file.broken_row",
            f"{name}, line {number}: it is longer than the {total} signs of `widths`; mend `widths`, or set `ragged`",
            path=name,
            line=number,
        )
    columns: list[pl.Expr] = []
    at = 0
    for column, width in widths.items():
        columns.append(pl.col("line").str.slice(at, width).str.strip_chars().alias(column))
        at += width
    return lines.filter(pl.col("line").str.strip_chars().str.len_bytes() > 0).select(columns)


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(rows, _BATCH_ROWS)):
        yield batch
