"""Frames as Excel, Avro, XML and fixed-width files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import polars as pl
import xlsxwriter
from lxml import etree
from xlsxwriter.exceptions import XlsxWriterException

from concertmaster import UserError

_EXCEL_ROWS = 1_048_576
_EXCEL_COLUMNS = 16_384
_EXCEL_TEXT = 32_767
_BATCH_ROWS = 20_000
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_excel(frame: pl.DataFrame, to: Path, shown: str, *, sheet: str | None, header: bool) -> None:
    """One sheet. Text stays text: what begins with = is no formula.

    Raises:
        UserError: `excel.too_large`, `excel.text_too_long`, `excel.sheet_name`.
    """
    if frame.height + header > _EXCEL_ROWS or frame.width > _EXCEL_COLUMNS:
        raise UserError(
            "excel.too_large",
            f"{shown}: {frame.height:,} rows and {frame.width:,} columns do not fit into an Excel sheet "
            f"({_EXCEL_ROWS:,} and {_EXCEL_COLUMNS:,}); write CSV or Parquet",
        )
    for column in frame.select(pl.selectors.string()).iter_columns():
        longest = cast("int | None", column.str.len_chars().max())
        if longest is not None and longest > _EXCEL_TEXT:
            raise UserError(
                "excel.text_too_long",
                f"{shown}: column '{column.name}' has a text of {longest:,} signs, and an Excel cell holds "
                f"{_EXCEL_TEXT:,}; shorten it with table.select, or write CSV or Parquet",
            )
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True, "use_zip64": True}
    try:
        with xlsxwriter.Workbook(str(to), options) as book:
            # The same table gives the same bytes.
            book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
            frame.write_excel(book, sheet or "Sheet1", include_header=header, autofilter=header)
    except XlsxWriterException as error:
        raise UserError("excel.sheet_name", f"{shown} cannot be written: {error}; choose another `sheet`") from error


def write_avro(frame: pl.DataFrame, to: Path, shown: str, *, compressed: bool) -> None:
    """All rows as records.

    Raises:
        UserError: `avro.type`.
    """
    try:
        frame.write_avro(to, "snappy" if compressed else "uncompressed")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).split("\n", 1)[0]
        raise UserError(
            "avro.type",
            f"{shown}: a column has a type that Avro does not hold ({reason}); convert it with table.select",
        ) from error


def write_xml(frame: pl.DataFrame, to: Path, shown: str, *, record: str) -> None:
    """`<rows>` with an element for each row, and in it one for each value; null is left out.

    Raises:
        UserError: `xml.name`, `xml.sign`.
    """
    for name in (record, *frame.columns):
        if _NAME.fullmatch(name) is None:
            raise UserError(
                "xml.name", f"{shown}: {name!r} can be no name of an XML element; rename the column with table.select"
            )
    with etree.xmlfile(str(to), encoding="utf-8") as file:
        file.write_declaration()
        with file.element("rows"):
            for part in frame.iter_slices(_BATCH_ROWS):
                for row in part.iter_rows(named=True):
                    element = etree.Element(record)
                    for name, value in row.items():
                        if value is not None:
                            etree.SubElement(element, name).text = _xml_text(value, name, shown)
                    file.write(element)
                    file.write("\n")


def _xml_text(value: Any, name: str, shown: str) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else _iso(value)
    if _NO_XML.search(text):
        raise UserError(
            "xml.sign", f"{shown}: column '{name}' has a control sign, which XML cannot hold; take it out before"
        )
    return text


def _iso(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def write_fixed(frame: pl.DataFrame, to: Path, shown: str, widths: Mapping[str, int]) -> None:
    """Lines of the columns in `widths`, each filled up with blanks: text to the right, numbers to the left.

    Raises:
        UserError: `sql.unknown_column`, `fixed.too_wide`, `fixed.line_break`.
    """
    parts: list[pl.Series] = []
    for name, width in widths.items():
        column = frame.get_column(name)
        text = column.cast(pl.String).fill_null("")
        longest = cast("int | None", text.str.len_chars().max()) or 0
        if longest > width:
            raise UserError(
                "fixed.too_wide", f"{shown}: column '{name}' has a value of {longest} signs, and its width is {width}"
            )
        if text.str.contains(r"[\r\n]").any():
            raise UserError("fixed.line_break", f"{shown}: column '{name}' has a line break, which would end its line")
        parts.append(text.str.pad_start(width) if column.dtype.is_numeric() else text.str.pad_end(width))
    lines = pl.DataFrame(parts).select(pl.concat_str(pl.all()).alias("line"))
    with to.open("wb") as file:
        for part in lines.iter_slices(_BATCH_ROWS):
            file.write(("\n".join(part.get_column("line").to_list()) + "\n").encode())
