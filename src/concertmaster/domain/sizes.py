"""Sizes as people write them: a number of bytes, or `512MiB`, `4GB`; and back."""

from __future__ import annotations

import re
from decimal import Decimal

_UNITS = {
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", 1)},
    **{f"{prefix}iB": 1024**power for power, prefix in enumerate("KMGT", 1)},
}
_SIZE = re.compile(rf"([0-9]{{1,18}}(?:\.[0-9]{{1,9}})?)\s*({'|'.join(_UNITS)})?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Read `2147483648`, `2GiB` (1024 each) or `2GB` (1000 each), as bytes.

    Raises:
        ValueError: the text is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"is no size: {text!r}; write a number of bytes, or one with a unit, like 512MiB or 4GB")
    unit = (match[2] or "B").lower()
    factor = next(factor for name, factor in _UNITS.items() if name.lower() == unit)
    return int(Decimal(match[1]) * factor)


def format_size(size_bytes: int) -> str:
    """The largest unit of 1024 that needs no fraction; else the number of bytes."""
    for name in ("TiB", "GiB", "MiB", "KiB"):
        count, rest = divmod(size_bytes, _UNITS[name])
        if count and not rest:
            return f"{count}{name}"
    return str(size_bytes)
