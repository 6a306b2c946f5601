"""NodeContext: what a running node sees of the world; the real side of `nodes.context.Context`.

Nodes run on the server's loop, on a second loop or in threads, so everything that reaches the recorder goes
through `call_soon_threadsafe`.
"""

from __future__ import annotations

import asyncio
import math
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from concertmaster.data.egress import allowed_now
from concertmaster.data.guard import confine_for
from concertmaster.domain.redaction import Redactor
from concertmaster.engine.parts import Engine
from concertmaster.nodes.credentials import Connection

PROGRESS_SECONDS = 0.2


def finite(done: float, total: float | None) -> tuple[float, float | None] | None:
    """Progress as the journal can hold it; None when nobody knows how much is done, or it is endless."""
    done = float(done)
    total = None if total is None else float(total)
    if not math.isfinite(done):
        return None
    return done, total if total is not None and math.isfinite(total) else None


class NodeLogger:
    """Writes to the node's log; secrets that the attempt opened are redacted."""

    def __init__(self, write: Callable[[str, str], None]) -> None:
        self._write = write

    def debug(self, text: str, *args: object) -> None:
        """A line that only helps to find errors."""
        self._write("debug", text % args if args else text)

    def info(self, text: str, *args: object) -> None:
        """A line about the normal course."""
        self._write("info", text % args if args else text)

    def warning(self, text: str, *args: object) -> None:
        """A line about something odd that was coped with."""
        self._write("warning", text % args if args else text)

    def error(self, text: str, *args: object) -> None:
        """A line about something that went wrong."""
        self._write("error", text % args if args else text)


class NodeContext:
    """One attempt's context.

    Attributes:
        expired: the attempt is being cancelled because its time is over.
        made_scratch: the scratch folder, once the node has asked for it.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        execution_id: str,
        node: str,
        attempt: int,
        idempotency_key: str,
        on_log: Callable[[str, str], None],
        on_progress: Callable[[float, float | None], None],
    ) -> None:
        """Args:
        idempotency_key: see `keys.py`.
        on_log: called on the loop with (level, text).
        on_progress: called on the loop with (done, total).
        """
        self.execution_id = execution_id
        self.node = node
        self.attempt = attempt
        self.idempotency_key = idempotency_key
        self.logger = NodeLogger(self.log)
        self.expired = False
        self._engine = engine
        self._on_log = on_log
        self._on_progress = on_progress
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._stopped = False
        self._redactor: Redactor | None = None
        self._secrets: set[str] = set()
        self.made_scratch: Path | None = None
        self._progress_at = 0.0

    @property
    def http(self) -> Any:
        """The guarded client of the server."""
        return self._engine.http

    @property
    def programs(self) -> tuple[str, ...]:
        """Programs are run from child processes only."""
        return ()

    async def connect(self, host: str, port: int) -> socket.socket:
        """A connection for another protocol, under the same rules."""
        return await self._engine.http.connect(host, port)

    async def send_event(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a named event; for `flow.event`."""
        return await self._engine.doors.send(event)

    def progress(self, done: float, total: float | None = None) -> None:
        """Report progress; between two reports at least `PROGRESS_SECONDS` pass, but the last is never lost."""
        now = time.monotonic()
        if now - self._progress_at < PROGRESS_SECONDS and done != total:
            return
        self._progress_at = now
        if (known := finite(done, total)) is not None:
            self._loop.call_soon_threadsafe(self._on_progress, *known)

    def cancelled(self) -> bool:
        """Whether the attempt should end."""
        return self._stopped

    def stop(self) -> None:
        """Make `cancelled` true."""
        self._stopped = True

    def path(self, relative: str | Path, *, write: bool = False) -> Path:
        """A path confined to the workspace."""
        return confine_for(self._engine.workspace, str(relative), data_dir=self._engine.data_dir, write=write)

    def addresses(self, host: str, port: int) -> list[str]:
        """Addresses that may be connected to."""
        return allowed_now(self._engine.http.rules, host, port)

    def scratch(self) -> Path:
        """A folder that `close` removes."""
        if self.made_scratch is None:
            self._engine.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.made_scratch = Path(tempfile.mkdtemp(prefix="attempt-", dir=self._engine.scratch))
        return self.made_scratch

    @property
    def lasting(self) -> Path:
        """For built-in nodes: where folders are made that outlast the attempt; the next start sweeps it."""
        return self._engine.scratch

    async def connection(self, connection: str | Connection) -> Connection:
        """A connection with its values; from here on they are redacted in this attempt's logs and errors."""
        name = connection if isinstance(connection, str) else connection.name
        found = await self._engine.connection(name)
        self._secrets.update(found.secrets())
        self._redactor = Redactor(tuple(self._secrets))
        return found

    @property
    def redactor(self) -> Redactor | None:
        """Knows the secrets that this attempt opened; None when there are none."""
        return self._redactor

    @property
    def has_secrets(self) -> bool:
        """Whether this attempt has opened a connection."""
        return self._redactor is not None

    def redact(self, value: Any) -> Any:
        """The value without the secrets that this attempt opened."""
        return value if self._redactor is None else self._redactor.redact(value)

    def close(self) -> None:
        """Remove what the attempt left behind."""
        if self.made_scratch is not None:
            shutil.rmtree(self.made_scratch, ignore_errors=True)

    def log(self, level: str, text: str) -> None:
        """Write a line to the node's log, from any thread."""
        line = str(self.redact(text))
        if threading.get_ident() == self._thread:
            self._on_log(level, line)
        else:
            self._loop.call_soon_threadsafe(self._on_log, level, line)
