"""Values with an order, read from text by a column's type: exactly, as a number of the column's smallest units."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import polars as pl

from concertmaster.domain.durations import parse_duration

_NUMBER = re.compile(r"[+-]?[0-9]{1,60}(?:\.[0-9]{1,60})?")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]{1,9}))?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?")
_NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000}
_INT64 = (-(2**63), 2**63 - 1)
_DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Ordered:
    """A value in the smallest units of a column.

    Attributes:
        floor: the largest whole number that is not above it; `exact`: the value itself.
        bounds: what the column can hold.
        literal: from a number within the bounds to what a cell is compared with.
    """

    floor: int
    exact: bool
    bounds: tuple[int, int]
    literal: Callable[[int], pl.Expr]


def ordered(dtype: pl.DataType, text: str) -> Ordered:
    """Read a value for a column of whole numbers, decimals, dates, times or durations.

    Raises:
        ValueError: it is none; the message goes on after the value.
    """
    if dtype.is_integer():
        word = str(dtype)
        bits = int(word.lstrip("UInt"))
        bounds = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if word.startswith("Int") else (0, 2**bits - 1)
        return _ordered(_number(text), bounds, lambda whole: pl.lit(whole, dtype=dtype))
    if isinstance(dtype, pl.Decimal):
        scale, most = dtype.scale, 10 ** (dtype.precision or 38) - 1
        return _ordered(_number(text) * 10**scale, (-most, most), lambda whole: _decimal(whole, scale, dtype))
    if isinstance(dtype, pl.Date):
        days = Fraction(_instant(text, None), _DAY_NS)
        return _ordered(days, (-(2**31), 2**31 - 1), lambda whole: pl.lit(whole, dtype=pl.Int32).cast(pl.Date))
    if isinstance(dtype, pl.Time):
        return _ordered(Fraction(_time(text)), (0, _DAY_NS - 1), lambda whole: _lit(whole).cast(pl.Time))
    unit = _NANOSECONDS[dtype.time_unit] if isinstance(dtype, (pl.Datetime, pl.Duration)) else 1
    nanoseconds = _instant(text, dtype.time_zone) if isinstance(dtype, pl.Datetime) else _duration(text)
    return _ordered(Fraction(nanoseconds, unit), _INT64, lambda whole: _lit(whole).cast(dtype))


def _ordered(value: Fraction, bounds: tuple[int, int], literal: Callable[[int], pl.Expr]) -> Ordered:
    floor = math.floor(value)
    return Ordered(floor, floor == value, bounds, literal)


def _lit(whole: int) -> pl.Expr:
    return pl.lit(whole, dtype=pl.Int64)


def _decimal(whole: int, scale: int, dtype: pl.DataType) -> pl.Expr:
    sign, digits = int(whole < 0), tuple(int(digit) for digit in str(abs(whole)))
    return pl.lit(Decimal((sign, digits, -scale)), dtype=dtype)


def _number(text: str) -> Fraction:
    if not _NUMBER.fullmatch(text):
        raise ValueError("is no number")
    return Fraction(text)


def _instant(text: str, zone: str | None) -> int:
    """Nanoseconds since 1970 in UTC; of a column without a zone in its own time."""
    match = _INSTANT.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        day, clock, fraction, offset = match.groups()
        at = datetime.fromisoformat(f"{date.fromisoformat(day)}T{clock or '00:00'}")
    except ValueError as error:
        raise ValueError("is no date or time (2024-03-01, 2024-03-01T12:30:00)") from error
    if zone is None and offset is not None:
        raise ValueError("has a zone, which the column has not")
    at = at.replace(tzinfo=UTC if zone is None else _zone(zone, offset))
    whole = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return whole * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def _zone(zone: str, offset: str | None) -> tzinfo | None:
    if offset is not None:
        return datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo
    try:
        return ZoneInfo(zone)
    except (ValueError, OSError) as error:
        raise ValueError("needs a zone at its end (Z, +02:00)") from error


def _time(text: str) -> int:
    match = _TIME.fullmatch(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3]) if match else (24, 0, 0)
    if match is None or hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError("is no time of day (12:30, 12:30:15.5)")
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + int((match[4] or "").ljust(9, "0"))


def _duration(text: str) -> int:
    negative = text.startswith("-")
    try:
        nanoseconds = parse_duration(text.removeprefix("-")) // timedelta(microseconds=1) * 1_000
    except ValueError as error:
        raise ValueError("is no duration (90s, 1.5h, PT1H30M)") from error
    return -nanoseconds if negative else nanoseconds
