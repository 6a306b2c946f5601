"""Messages as nodes take them and give them: values become bytes on the way out, and values again on the way in."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from concertmaster import Context, Table, UserError
from concertmaster.nodes.builtin.durations import duration_of
from concertmaster.nodes.builtin.json_text import parsed

MOST_MESSAGES = 10_000
LARGEST_BYTES = 64 * 1024 * 1024
"""Of all messages of one node together."""
_LONGEST_WAIT = timedelta(minutes=5)

Decode = Literal["auto", "json", "text", "base64"]
Messages = Sequence[Any] | None
Limit = Annotated[int, Field(ge=1, le=MOST_MESSAGES)]


def messages_of(value: Any, given: Messages) -> list[Any]:
    """What is to be sent: `messages` of the config, or what is wired in: a list, the rows of a table, or one value.

    Raises:
        UserError: `message.missing`, `message.too_many`.
    """
    if given is not None:
        found = list(given)
    elif isinstance(value, Table):
        _demand_few(value.rows)
        found = cast("list[Any]", value.collect().to_dicts())
    elif isinstance(value, list):
        found = cast("list[Any]", value)
    elif value is None:
        raise UserError(
            "message.missing",
            "There is nothing to send: wire a value, a list or a table in, or fill in `messages`",
            sent=False,
        )
    else:
        found = [value]
    _demand_few(len(found))
    return found


def encoded(value: Any) -> tuple[bytes, str]:
    """The bytes of a message, and what they are: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value.encode(errors="replace"), "text/plain"
    return json.dumps(value, default=_plain, ensure_ascii=False).encode(errors="replace"), "application/json"


def text_of(value: Any) -> str:
    """A field of a message as text."""
    return encoded(value)[0].decode()


def decoded(body: bytes, form: Decode, content_type: str = "") -> Any:
    """The value of a message.

    Args:
        form: `auto` goes by the content type; without one JSON when it is, then text, then base64.
    Raises:
        UserError: `message.not_json`, `message.not_text`.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        match form:
            case "json":
                return parsed(body)
            case "text":
                return body.decode()
            case "base64":
                return base64.b64encode(body).decode()
            case "auto":
                return _guessed(body, kind)
    except ValueError as error:
        what = "JSON" if form == "json" else "UTF-8"
        raise UserError(
            f"message.not_{form}",
            f"A message is not {what}: {body[:60]!r}; set `decode` to auto or base64",
        ) from error


def _guessed(body: bytes, kind: str) -> Any:
    if not kind.startswith("text/"):
        try:
            return parsed(body)
        except ValueError:
            pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()


def key_of(context: Context, number: int) -> str:
    """What tells a message that comes again, the same on every attempt."""
    digest = hashlib.sha256(context.idempotency_key.encode()).hexdigest()[:32]
    return f"{digest}-{number}"


def texts(given: Mapping[str, Any] | None) -> dict[str, str]:
    """Headers, each value as text."""
    return {name: text_of(value) for name, value in (given or {}).items()}


def wait_seconds(wait: str) -> float:
    """How long to wait for a first message; what is longer than the longest is cut."""
    return min(duration_of(wait), _LONGEST_WAIT).total_seconds()


class Room:
    """How much may still come."""

    def __init__(self, limit: int) -> None:
        self._bytes = LARGEST_BYTES
        self.messages = limit

    def take(self, size: int) -> None:
        """Count a message that came."""
        self._bytes -= size
        self.messages -= 1

    @property
    def full(self) -> bool:
        """Whether another one should wait for the next node."""
        return self.messages <= 0 or self._bytes <= 0


def _demand_few(number: int) -> None:
    if number > MOST_MESSAGES:
        raise UserError(
            "message.too_many",
            f"{number:,} messages are more than {MOST_MESSAGES:,}; send them in parts, such as with flow.for_each",
            sent=False,
        )


def _plain(value: Any) -> Any:
    """What JSON has no words for: dates and times as ISO 8601, bytes as base64, the rest as text."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
