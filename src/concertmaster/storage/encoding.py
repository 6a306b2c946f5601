"""How instants and JSON look inside the database."""

from __future__ import annotations

import hashlib
import re
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


def plain_text(text: str) -> str:
    """The text as every database can hold it: NUL, and halves of characters, become U+FFFD.

    JSON needs none of this: orjson writes NUL as an escape, and refuses halves.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    return _HALF.sub("\ufffd", text)


def plain_key(text: str) -> str:
    """A text that callers choose, as it can be stored and be indexed: a long one is cut, and told apart by its hash."""
    text = plain_text(text)
    if len(text) <= _LONGEST_KEY:
        return text
    return f"{text[:_LONGEST_KEY]}…{hashlib.sha256(text.encode()).hexdigest()}"


_LONGEST_KEY = 400
_HALF = re.compile("[\ud800-\udfff]")
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
