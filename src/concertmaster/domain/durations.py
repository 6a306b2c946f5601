"""Durations as people write them: `<number>(ms|s|m|h|d)` or ISO 8601; and back."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

# Ten years: whatever is longer is a mistake, and sums with instants run out of the calendar.
LONGEST = timedelta(days=3660)
_UNITS_US = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_SHORT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)")
_NUMBER = r"([0-9]{1,15}(?:[.,][0-9]{1,9})?)"
_ISO = re.compile(
    rf"P(?=[0-9T])(?:{_NUMBER}W)?(?:{_NUMBER}D)?(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_ISO_UNITS_US = (7 * _UNITS_US["d"], _UNITS_US["d"], _UNITS_US["h"], _UNITS_US["m"], _UNITS_US["s"])


def parse_duration(text: str) -> timedelta:
    """Read `1.5h`, `250ms`, `PT1H30M`. Years and months have no fixed length and are refused.

    Raises:
        ValueError: the text is no duration, or longer than `timedelta` can hold.
    """
    if match := _SHORT.fullmatch(text):
        return _timedelta(Decimal(match[1]) * _UNITS_US[match[2]])
    if match := _ISO.fullmatch(text):
        parts = zip(match.groups(), _ISO_UNITS_US, strict=True)
        return _timedelta(sum((Decimal(n.replace(",", ".")) * unit for n, unit in parts if n is not None), Decimal(0)))
    raise ValueError(f"is no duration: {text!r}; write a number and a unit, like 90s, 15m, 1.5h, or PT1H30M")


def format_duration(duration: timedelta) -> str:
    """The canonical text: the largest unit that needs no fraction; below a millisecond a fraction of one."""
    microseconds = duration // timedelta(microseconds=1)
    if microseconds == 0:
        return "0s"
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(microseconds, _UNITS_US[unit])
        if rest == 0:
            return f"{count}{unit}"
    return f"{Decimal(microseconds) / 1000}ms"


def _timedelta(microseconds: Decimal) -> timedelta:
    try:
        return timedelta(microseconds=int(microseconds.to_integral_value()))
    except OverflowError as error:
        raise ValueError("is longer than 999999999 days") from error
