"""A node's context for tests that call node functions directly: a workspace folder and a guarded client."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concertmaster import Connection
from concertmaster.data.egress import allowed_now
from concertmaster.data.guard import EgressRules, confine


@dataclass
class PlainContext:
    """Implements `concertmaster.Context` over a folder."""

    workspace: Path
    http: Any = None
    idempotency_key: str = "execution/node/1"
    execution_id: str = "execution"
    node: str = "node"
    attempt: int = 1
    stop: bool = False
    programs: tuple[str, ...] = ()
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("node"))

    async def connect(self, host: str, port: int) -> socket.socket:
        return await self.http.connect(host, port)

    def progress(self, done: float, total: float | None = None) -> None:
        self.logger.debug("%s of %s", done, total)

    def cancelled(self) -> bool:
        return self.stop

    def path(self, relative: str | Path, *, write: bool = False) -> Path:
        path = confine(self.workspace, str(relative), write=write)
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def addresses(self, host: str, port: int) -> list[str]:
        return allowed_now(EgressRules.parse("127.0.0.1"), host, port)

    def scratch(self) -> Path:
        folder = self.workspace / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    async def connection(self, connection: str | Connection) -> Connection:
        raise NotImplementedError("tests hand connections over as arguments")
