"""Cursors of lists: the key of the last row shown, opaque to callers."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, cast

import orjson

from concertmaster.domain.errors import UserError


def write_cursor(*key: str | int) -> str:
    """The cursor for the page after the row with this key."""
    return urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def read_cursor(cursor: str, *types: type[str] | type[int]) -> tuple[Any, ...]:
    """The key in a cursor.

    Raises:
        UserError: `list.bad_cursor`, it is not one of this list's.
    """
    try:
        key: object = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        key = None
    if isinstance(key, list):
        parts = cast("list[object]", key)
        if len(parts) == len(types) and all(_fits(part, kind) for part, kind in zip(parts, types, strict=True)):
            return tuple(parts)
    raise UserError("list.bad_cursor", "The cursor is not one of this list; take it from `next` of the page before")


def _fits(part: object, kind: type[str] | type[int]) -> bool:
    # Databases have numbers of 64 bits.
    return type(part) is kind and (not isinstance(part, int) or -(2**63) <= part < 2**63)
