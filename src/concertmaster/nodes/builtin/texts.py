"""Text as nodes take it: what is wired in (text, a file, the answer of a request), or what stands in the config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from concertmaster import File, UserError

LARGEST_BYTES = 64 * 1024 * 1024


def bytes_of(value: Any, text: str | None) -> bytes:
    """The same as `text_of`, for formats that say themselves how they are encoded."""
    if text is None and isinstance(value, File):
        _demand_room(value.size_bytes, value.name)
        return value.read_bytes()
    # As UTF-8 it may have grown; half a character in it is a question mark.
    return text_of(value, text).encode(errors="replace")


def text_of(value: Any, text: str | None, encoding: str = "utf-8") -> str:
    """The text to work on; `text` of the config wins.

    Raises:
        UserError: `text.missing`, `text.too_large`, `text.encoding`.
    """
    found = text if text is not None else value
    if isinstance(found, Mapping):
        answer = cast("Mapping[str, Any]", found)
        found = answer.get("body")
    if isinstance(found, File):
        _demand_room(found.size_bytes, found.name)
        try:
            return found.read_text(encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise UserError(
                "text.encoding", f"{found.name} is not encoded as {encoding}: {error}; save it as UTF-8"
            ) from error
    if not isinstance(found, str):
        raise UserError(
            "text.missing",
            f"There is no text to work on: {_kind(value)} came. Wire a text, a file or the answer of "
            "http.request in, or fill in `text`",
        )
    _demand_room(len(found), "the text")
    return found


def _demand_room(size: int, what: str) -> None:
    if size > LARGEST_BYTES:
        raise UserError(
            "text.too_large",
            f"{what[:1].upper()}{what[1:]} has {size:,} bytes, and {LARGEST_BYTES:,} is the limit of text nodes; read "
            "large files as a table with file.read",
        )


def _kind(value: Any) -> str:
    return "nothing" if value is None else value.__class__.__name__
