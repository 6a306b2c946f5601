"""Header: the names of a file's columns without reading its rows: what a form can offer before the first run."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any, cast

from concertmaster.domain.errors import ConcertMasterError

_LONGEST_LINE = 256 * 1024


def column_names(path: Path, config: Mapping[str, Any]) -> list[str]:
    """The names of the columns that `file.read` with this config would give, where a glance tells; else none. Blocks.

    CSV with a header, JSON lines (their first line) and Parquet; nothing packed.
    """
    wanted = config.get("format") or "auto"
    kind = path.suffix.lower().lstrip(".") if wanted == "auto" else wanted
    try:
        if kind == "parquet":
            # Loaded with the first such file: an idle server does without.
            import polars as pl  # noqa: PLC0415

            return list(pl.read_parquet_schema(path))
        if kind in ("csv", "tsv", "txt") and config.get("has_header", True) is True:
            return _csv(path, config, "\t" if kind == "tsv" else ",")
        if kind in ("jsonl", "ndjson"):
            first = json.loads(_line(path, "utf-8", 0))
            return list(cast("dict[str, Any]", first)) if isinstance(first, dict) else []
    except (OSError, ValueError, LookupError, csv.Error, ConcertMasterError):
        # A file that cannot be read is told of when the workflow runs.
        return []
    return []


def _csv(path: Path, config: Mapping[str, Any], usual: str) -> list[str]:
    skip = config.get("skip_rows")
    line = _line(path, str(config.get("encoding") or "utf-8"), skip if isinstance(skip, int) else 0)
    quote = config.get("quote", '"')
    rows = csv.reader(
        StringIO(line),
        delimiter=str(config.get("delimiter") or usual),
        quotechar=str(quote) if quote else None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    nothing: list[str] = []
    return next(rows, nothing)


def _line(path: Path, encoding: str, skip: int) -> str:
    encoding = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    with path.open(encoding=encoding, newline="") as file:
        for _ in range(min(skip, 1_000)):
            file.readline(_LONGEST_LINE)
        while (line := file.readline(_LONGEST_LINE)) and not line.strip():
            pass
        return line
