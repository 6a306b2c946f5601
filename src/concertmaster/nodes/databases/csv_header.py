"""The header of a CSV file that a database reads by itself."""

from __future__ import annotations

import csv
from pathlib import Path

from concertmaster import UserError


def header_of(path: Path, shown: str, *, delimiter: str, quote: str) -> list[str]:
    """Names of the columns.

    Args:
        path: in UTF-8.
        shown: what messages call the file.
    Raises:
        UserError: `file.empty`, `file.encoding`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            names = next(csv.reader(lines, delimiter=delimiter, quotechar=quote), None)
    except UnicodeDecodeError as error:
        raise UserError("file.encoding", f"{shown} is not utf-8; set its `encoding`", path=shown) from error
    except csv.Error as error:
        raise UserError("file.unreadable", f"{shown} has no header that can be read: {error}", path=shown) from error
    if not names:
        raise UserError("file.empty", f"{shown} is empty: there is not even a header", path=shown)
    return names
