"""Logging for operators: JSON lines or a console form; ids from `extra`, the request id from a contextvar.

Messages are constant and data goes to `extra`; secrets and payloads never come here.
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import orjson

LogFormat = Literal["console", "json"]
request_id: ContextVar[str] = ContextVar("request_id", default="-")

# What could end a line, or steer a terminal: a value must not be able to pass for a line of its own.
_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def extras_of(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave in `extra`, and the request id when there is one."""
    found = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    if (current := request_id.get()) != "-":
        found.setdefault("request_id", current)
    return found


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Encode; what is not JSON is shown as text."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **extras_of(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, option=orjson.OPT_UTC_Z, default=str).decode()


class ConsoleFormatter(logging.Formatter):
    """Time, level, message and the extras, for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback under it, indented."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        extras = " ".join(f"{key}={value}" for key, value in extras_of(record).items())
        line = f"{at} {record.levelname.lower():7} {record.getMessage()}" + (f"  {extras}" if extras else "")
        told = self.formatException(record.exc_info).split("\n") if record.exc_info else ()
        return "\n  ".join(text.translate(_CONTROLS) for text in (line, *told))


def configure(level: str, format: LogFormat, stream: TextIO | None = None) -> None:
    """Set up the process's logging; to be called once, by the command that starts it."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if format == "json" else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # They tell every request and every step of starting; what matters of it we tell ourselves.
    for noisy in (
        "uvicorn",
        "uvicorn.error",
        "uvicorn.access",
        "httpx",
        "httpcore",
        "alembic",
        "asyncio",
        "watchfiles",
        "websockets",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
