"""ChildContext: what a node sees of the world when it runs in a child process; see `nodes.context.Context`."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from concertmaster.data.egress import allowed_now
from concertmaster.data.guard import EgressRules, GuardedClient, confine_for
from concertmaster.domain.errors import NotFound, OperationalError, UserError
from concertmaster.domain.redaction import Redactor
from concertmaster.engine.context import PROGRESS_SECONDS, NodeLogger, finite
from concertmaster.engine.failures import storable
from concertmaster.engine.isolated_job import IsolatedJob, connection_of
from concertmaster.executors.frames import Channel
from concertmaster.nodes.credentials import Connection

_TEXT_LIMIT = 8_192
_USER_ERRORS = {"NotFound": NotFound, "UserError": UserError}


class ChildContext:
    """One attempt's context.

    Attributes:
        job: the attempt.
        folder: its scratch folder, where its temporary files go as well.
        programs: of the machine that it may run.
    """

    def __init__(
        self,
        channel: Channel,
        job: Mapping[str, Any],
        folder: Path,
        *,
        egress: Sequence[str],
        programs: Sequence[str],
    ) -> None:
        """Args:
        egress: what outgoing requests may reach beside public addresses (`EGRESS_ALLOW`).
        programs: what may be run (`SHELL_ALLOW`).
        """
        self.job = IsolatedJob.read(job)
        self.folder = folder
        self.programs = tuple(programs)
        self.logger = NodeLogger(self._log)
        self._channel = channel
        self._egress = egress
        self._http: GuardedClient | None = None
        self._stopped = False
        self._progress_at = 0.0
        self._numbers = itertools.count(1)
        self._asked: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[Mapping[str, Any]]]] = {}
        self._secrets: set[str] = set()
        self._redactor: Redactor | None = None
        for connection in self.job.opened.values():
            if connection is not None:
                self._know(connection)
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None
        os.chdir(self.job.workspace)

    @property
    def execution_id(self) -> str:
        """The execution this attempt belongs to."""
        return self.job.execution_id

    @property
    def node(self) -> str:
        """The node's id in its workflow."""
        return self.job.node

    @property
    def attempt(self) -> int:
        """Counts from 1."""
        return self.job.attempt

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt."""
        return self.job.idempotency_key

    @property
    def http(self) -> GuardedClient:
        """A guarded client of this process, with the rules of the server."""
        if self._http is None:
            self._http = GuardedClient(EgressRules.parse(self._egress))
        return self._http

    async def connect(self, host: str, port: int) -> socket.socket:
        """A connection for another protocol, under the same rules."""
        return await self.http.connect(host, port)

    def progress(self, done: float, total: float | None = None) -> None:
        """Report progress; thinned out here, so that a tight loop does not fill the channel."""
        now = time.monotonic()
        if now - self._progress_at < PROGRESS_SECONDS and done != total:
            return
        self._progress_at = now
        if (known := finite(done, total)) is not None:
            self._channel.send({"progress": known})

    def cancelled(self) -> bool:
        """Whether the attempt should end."""
        return self._stopped

    def path(self, relative: str | Path, *, write: bool = False) -> Path:
        """A path confined to the workspace."""
        return confine_for(self.job.workspace, str(relative), data_dir=self.job.data_dir, write=write)

    def addresses(self, host: str, port: int) -> list[str]:
        """Addresses that may be connected to, by the rules of the server."""
        return allowed_now(EgressRules.parse(self._egress), host, port)

    def scratch(self) -> Path:
        """The folder of this attempt."""
        return self.folder

    async def connection(self, connection: str | Connection) -> Connection:
        """A connection with its values, from the server."""
        name = connection if isinstance(connection, str) else connection.name
        loop, number = asyncio.get_running_loop(), next(self._numbers)
        future: asyncio.Future[Mapping[str, Any]] = loop.create_future()
        self._asked[number] = loop, future
        self._channel.send({"connection": [number, name]})
        given = await future
        if "error" in given:
            kind, code, message, retryable = given["error"]
            if kind in _USER_ERRORS:
                raise _USER_ERRORS[kind](code, message)
            raise OperationalError(code, message, retryable=retryable)
        found = connection_of(given["found"])
        self._know(found)
        return found

    def redact(self, value: Any) -> Any:
        """The value without the secrets that this attempt has."""
        return value if self._redactor is None else self._redactor.redact(value)

    @property
    def has_secrets(self) -> bool:
        """Whether this attempt has a connection."""
        return self._redactor is not None

    def receive(self, message: Mapping[str, Any]) -> None:
        """What the server sends while the attempt runs; called in the channel's thread."""
        if "cancel" in message:
            self._stopped = True
        elif "connection" in message:
            number, given = message["connection"]
            loop, future = self._asked.pop(number)
            loop.call_soon_threadsafe(lambda: None if future.done() else future.set_result(given))

    def close(self) -> None:
        """Remove what the attempt left in its folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _know(self, connection: Connection) -> None:
        self._secrets |= connection.secrets()
        self._redactor = Redactor(tuple(self._secrets))

    def _log(self, level: str, text: str) -> None:
        self._channel.send({"log": [level, storable(str(self.redact(text))[: _TEXT_LIMIT + 1])]})
