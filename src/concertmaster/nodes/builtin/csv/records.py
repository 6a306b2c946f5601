"""What is looked at before polars reads a CSV file: how long its records are, and how its lines end.

polars takes a record into memory whole, in this process: one of 700 MB ends it, or panics. So a file that could hold
such a record is walked through first, in chunks. A quote toggles wherever it stands, as it does for polars: a stray
one opens a field there too.
"""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import polars as pl

from concertmaster import Context, UserError
from concertmaster.nodes.builtin.csv.columns import COMPRESSED, CsvOptions
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = deferred("pyarrow")

RECORD_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
_NEWLINE, _RETURN = b"\n", b"\r"
_USUAL_DELIMITERS = (",", ";", "\t", "|")


def ready(path: Path, name: str, options: CsvOptions, *, record_bytes: int = RECORD_BYTES) -> CsvOptions:
    """The options with the line ends of the file, once its records are known to be short enough to be read.

    Args:
        record_bytes: the most that a record may have, give or take a chunk.
    Raises:
        UserError: `file.record_too_long`, `file.unreadable`.
    """
    if _ends_with_returns(path, name):
        options = replace(options, line_end="\r")
    refuse_long_record(path, name, options.quote, line_end=options.line_end, record_bytes=record_bytes)
    return options


def refuse_long_record(
    path: Path, name: str, quote: str | None, *, line_end: str = "\n", record_bytes: int = RECORD_BYTES
) -> None:
    """Raise when a record is too long to be taken into memory.

    Raises:
        UserError: `file.record_too_long`, `file.unreadable`.
    """
    if path.suffix not in COMPRESSED and path.stat().st_size <= record_bytes:
        return
    sign, end_sign = quote.encode() if quote else None, line_end.encode()
    start = offset = 0
    quoted = False
    for chunk in _chunks(path, name):
        if sign is not None and _is_odd(chunk, sign):
            quoted = not quoted
        end = _last_record_end(chunk, sign, end_sign, quoted=quoted)
        if end is not None:
            start = offset + end + 1
        offset += len(chunk)
        if offset - start > record_bytes:
            raise _too_long(path, name, start, end_sign, record_bytes, quote=quote if quoted else None)


def warn_of_delimiter(rows: pl.LazyFrame, name: str, options: CsvOptions, context: Context | None) -> None:
    """Say so when all that was read is one column, and its name looks like several."""
    if context is None or not options.has_header or len(columns := rows.collect_schema().names()) != 1:
        return
    other = next((sign for sign in _USUAL_DELIMITERS if sign in columns[0] and sign != options.delimiter), None)
    if other is not None:
        context.logger.warning(
            "%s has one column, %r. If these are several, set delimiter: %s",
            name,
            columns[0],
            '"\\t"' if other == "\t" else f"'{other}'",
        )


def _is_odd(chunk: bytes, sign: bytes) -> bool:
    """Whether a chunk has an odd number of a sign: at the speed of memory, where `bytes.count` costs six times that."""
    if sign not in chunk:
        return False
    if len(sign) > 1:
        return chunk.count(sign) % 2 == 1
    return numbers_of(chunk).eq(sign[0]).sum() % 2 == 1


def numbers_of(chunk: bytes) -> pl.Series:
    """Bytes as numbers, not copied."""
    numbers = pa.Array.from_buffers(pa.uint8(), len(chunk), [None, pa.py_buffer(chunk)])
    return cast("pl.Series", pl.from_arrow(numbers))


def _last_record_end(chunk: bytes, quote: bytes | None, line_end: bytes, *, quoted: bool) -> int | None:
    """Where the last line of the chunk ends that is not inside of quotes; `quoted` says how the chunk ends."""
    end = len(chunk)
    while True:
        opened = chunk.rfind(quote, 0, end) if quote is not None else -1
        if not quoted and (found := chunk.rfind(line_end, opened + 1, end)) >= 0:
            return found
        if opened < 0:
            return None
        end, quoted = opened, not quoted


def _ends_with_returns(path: Path, name: str) -> bool:
    """Whether lines end as on old Macs, which polars would take for one line."""
    first = next(_chunks(path, name), b"")
    if _RETURN not in first or _NEWLINE in first:
        return False
    return not any(_NEWLINE in chunk for chunk in _chunks(path, name))


def _chunks(path: Path, name: str) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        if path.suffix not in COMPRESSED:
            raise
        raise UserError("file.unreadable", f"{name} cannot be unpacked ({error}); pack it again", path=name) from error


@contextmanager
def _opened(path: Path) -> Generator[IO[bytes]]:
    if path.suffix not in COMPRESSED:
        with path.open("rb", buffering=0) as file:
            yield file
        return
    packing = "gzip" if path.suffix == ".gz" else "zstd"
    with pa.input_stream(str(path), compression=packing) as file:
        yield cast("IO[bytes]", file)


def _too_long(path: Path, name: str, start: int, line_end: bytes, record_bytes: int, *, quote: str | None) -> UserError:
    line, offset = 1, 0
    for chunk in _chunks(path, name):
        line += chunk[: max(0, start - offset)].count(line_end)
        offset += len(chunk)
        if offset >= start:
            break
    why = (
        f"a quote {quote} is opened there and not closed. Close it, or set `quote`, '' if the file uses none"
        if quote
        else "it is no text in lines. Set `format`, or mend what writes it"
    )
    return UserError(
        "file.record_too_long",
        f"{name}: what begins in line {line} goes on for more than {_size(record_bytes)} without an end: {why}",
        path=name,
        line=line,
    )


def _size(count: int) -> str:
    return f"{count // (1024 * 1024)} MiB" if count >= 1024 * 1024 else f"{count} bytes"
