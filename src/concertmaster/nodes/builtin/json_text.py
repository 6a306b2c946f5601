"""JSON text from outside as data: what is large at the least price for everybody else.

A parser holds the interpreter's lock until it has read all. For large texts orjson takes less time than `json`, and the
collector, which would walk all that was made so far again and again, takes none: there is no garbage yet.
"""

from __future__ import annotations

import gc
import json
from typing import Any

import orjson
import re2

_LARGE_BYTES = 256 * 1024
# orjson makes floats of integers beyond 64 bits; `json` keeps them exact.
_LONG_NUMBER = re2.compile(rb"[0-9]{19}")


def parsed(text: bytes) -> Any:
    """The value.

    Raises:
        ValueError, RecursionError: those of `json.loads`.
    """
    if len(text) < _LARGE_BYTES:
        return json.loads(text)
    collects = gc.isenabled()
    gc.disable()
    try:
        if _LONG_NUMBER.search(text) is None:
            try:
                return orjson.loads(text)
            except orjson.JSONDecodeError:
                # Such as NaN, or no JSON at all: `json` knows more, and its messages are known.
                pass
        return json.loads(text)
    finally:
        if collects:
            gc.enable()
