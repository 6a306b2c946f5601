"""How instants and JSON look inside the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """The time of rows that carry no time of their caller's."""
    return datetime.now(UTC)


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 UTC; exact, no float in between."""
    delta = at - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> datetime:
    """Inverse of `to_micros`."""
    return _EPOCH + timedelta(microseconds=micros)


def maybe_micros(at: datetime | None) -> int | None:
    """`to_micros`, None stays None."""
    return None if at is None else to_micros(at)


def maybe_instant(micros: int | None) -> datetime | None:
    """`from_micros`, None stays None."""
    return None if micros is None else from_micros(micros)


_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def _instant(value: object) -> orjson.Fragment:
    if not isinstance(value, datetime):
        raise TypeError(f"Type is not JSON serializable: {type(value).__name__}")
    if value.microsecond and value.tzinfo is UTC:
        return orjson.Fragment(orjson.dumps(value, option=orjson.OPT_UTC_Z))
    # Always six digits: orjson leaves them out when they are zero.
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return orjson.Fragment(f'"{text}Z"')


def encode(data: Mapping[str, Any]) -> bytes:
    """JSON bytes; instants as ISO 8601 UTC with `Z` and microseconds.

    Raises:
        TypeError: something in it is no JSON (orjson names what).
    """
    return orjson.dumps(data, default=_instant, option=_OPTIONS)
