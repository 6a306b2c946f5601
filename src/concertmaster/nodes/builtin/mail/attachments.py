"""Attachments: files as they are, tables as CSV, Excel or Parquet, together no larger than is allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from concertmaster import Context, File, Table, UserError
from concertmaster.nodes.deferred import deferred

TableFormat = Literal["csv", "excel", "parquet"]
_ENDINGS: dict[TableFormat, str] = {"csv": ".csv", "excel": ".xlsx", "parquet": ".parquet"}
_BATCH_ROWS = 20_000
_ODD = re.compile(r"[\x00-\x1f\x7f/\\]")
_writing = deferred("concertmaster.nodes.builtin.formats.writing")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail."""

    name: str
    media_type: str
    content: bytes


class Attaching:
    """Makes attachments until there is no more room."""

    def __init__(self, context: Context, *, format: TableFormat, most_bytes: int) -> None:
        self._context = context
        self._format: TableFormat = format
        self._most_bytes = most_bytes
        self._size = 0

    def all(self, values: Sequence[Any], names: Sequence[str]) -> tuple[Attachment, ...]:
        """The attachments, read into memory.

        Args:
            values: tables and files.
            names: what to call the first ones.
        Raises:
            UserError: `email.attachment`, `email.too_large`.
        """
        found: list[Attachment] = []
        taken = set[str]()
        for number, value in enumerate(values):
            wanted = names[number] if number < len(names) else None
            file = self._file(value, number)
            name = _ODD.sub("_", wanted or file.name)
            self._demand_room(file.size_bytes, name)
            content = file.read_bytes()
            self._size += len(content)
            stem, dot, ending = name.rpartition(".")
            unique = name if name not in taken else f"{stem}-{number + 1}{dot}{ending}"
            taken.add(unique)
            found.append(Attachment(unique, File(Path(unique)).media_type, content))
        return tuple(found)

    def _file(self, value: Any, number: int) -> File:
        if isinstance(value, File):
            return value
        if not isinstance(value, Table):
            raise UserError(
                "email.attachment",
                "Tables and files can be attached, and this is another value; put it into `text`, such as with "
                "{{ input }}",
                sent=False,
            )
        return self._written(value, self._context.scratch() / f"attached-{number + 1}{_ENDINGS[self._format]}")

    def _written(self, table: Table, path: Path) -> File:
        shown = "table" + _ENDINGS[self._format]
        match self._format:
            case "csv":
                self._write_csv(table, path, shown)
            case "excel":
                _writing.write_excel(table.collect(), path, shown, sheet=None, header=True)
            case "parquet":
                self._demand_room(table.size_bytes, shown)
                table.scan().sink_parquet(path)
        return File(path, name=shown)

    def _write_csv(self, table: Table, path: Path, shown: str) -> None:
        frame = table.scan()
        with path.open("wb") as file:
            for at in range(0, max(table.rows, 1), _BATCH_ROWS):
                frame.slice(at, _BATCH_ROWS).collect().write_csv(file, include_header=at == 0)
                # A table may be larger than the disk.
                self._demand_room(file.tell(), shown)

    def _demand_room(self, size: int, name: str) -> None:
        if self._size + size > self._most_bytes:
            raise UserError(
                "email.too_large",
                f"With {name} the attachments are larger than {self._most_bytes / 2**20:g} MiB; send less, or a link "
                "to a file, or raise `max_mb` if the mail server takes as much",
                sent=False,
            )


def values_of(given: Sequence[Any] | None) -> list[Any]:
    """What is wired in, without what came as nothing."""
    return [value for value in cast("list[Any]", given or []) if value is not None]
