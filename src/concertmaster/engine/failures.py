"""What went wrong in an attempt, as plain data: the only place where exceptions of node code become failures."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.execution import Failure

MESSAGE_LIMIT = 4_000
CODE_LIMIT = 200
RAISED = "node.raised"


def failure_of(error: BaseException, *, node: str) -> Failure:
    """The failure that an exception stands for.

    A ConcertMasterError speaks for itself. Anything else was raised by the node's own code: the message names
    the type and the line, and another attempt may help.
    """
    if isinstance(error, ConcertMasterError):
        details = _plain(error.details)
        return Failure(
            code_of(error.code),
            _text(error.message),
            node=node,
            details=details,
            retryable=bool(error.retryable),
            nothing_sent=details.get("sent") is False,
        )
    said, name = _text(error), type(error).__name__
    text = f"{name}: {said}" if said else name
    place = _place(error)
    message = f"{text[:MESSAGE_LIMIT]} (in {place})" if place else text[:MESSAGE_LIMIT]
    return Failure(RAISED, message, node=node, details={"type": name}, retryable=True)


def trace_of(error: BaseException) -> str:
    """The traceback for the node's log, without the frames of the engine."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _ours(frame.filename)]
    return "".join([*traceback.format_list(frames), *traceback.format_exception_only(error)]).rstrip()


def storable(text: str) -> str:
    """Text that UTF-8 and every database can hold: lone surrogates and NUL are shown as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def code_of(said: object) -> str:
    """A code that can be stored and shown; an empty one says no more than that the node raised."""
    return _text(said)[:CODE_LIMIT] or RAISED


def _text(said: object) -> str:
    """What an exception says, or what stands where its text should; a class of the node's may fail here as well."""
    try:
        return storable(str(said)[:MESSAGE_LIMIT])
    except Exception as second:
        return f"(its text is not known: __str__ raised {type(second).__name__})"


def _place(error: BaseException) -> str | None:
    """File and line of the innermost frame of the node's own module."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _ours(frame.filename)]
    own = [frame for frame in frames if "site-packages" not in frame.filename and "/lib/python" not in frame.filename]
    chosen = (own or frames)[-1:] if frames else []
    return storable(f"{Path(chosen[0].filename).name}, line {chosen[0].lineno}") if chosen else None


def _ours(filename: str) -> bool:
    path = Path(filename)
    return "concertmaster" in path.parts and path.parent.name in ("engine", "executors")


def _plain(details: dict[str, Any]) -> dict[str, Any]:
    """Details as JSON data; whatever is not becomes text."""
    return {_text(key): _plain_value(value) for key, value in details.items()}


def _plain_value(value: object) -> str | int | float | bool | None:
    """What every JSON encoder takes: the journal's refuses integers beyond 64 bits and classes of a node's own."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, int) and -(2**63) <= (whole := int.__int__(value)) < 2**63:
        return whole
    return _text(value)
