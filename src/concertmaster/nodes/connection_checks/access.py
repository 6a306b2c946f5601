"""What the test of a connection may reach, and what it comes to."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from concertmaster.data import dialing
from concertmaster.data.dialing import dial
from concertmaster.data.egress import EgressRules, allowed_now
from concertmaster.data.guard import GuardedClient, confine_for

SECONDS = 10.0
"""Of a whole test; every wait inside of it is shorter."""
T = TypeVar("T")


class CheckFailed(Exception):
    """The test found what is wrong; `fix` says what to do about it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Access:
    """The ways out: guarded HTTP, checked addresses, and files of the workspace."""

    rules: EgressRules
    http: GuardedClient
    workspace: Path
    data_dir: Path

    def cancelled(self) -> bool:
        """Nobody stops it."""
        return False

    def path(self, relative: str | Path, *, write: bool = False) -> Path:
        """A path confined to the workspace; see `nodes.context.Context`."""
        return confine_for(self.workspace, str(relative), data_dir=self.data_dir, write=write)

    def addresses(self, host: str, port: int) -> list[str]:
        """Addresses that may be connected to; see `nodes.context.Context`."""
        return allowed_now(self.rules, host, port)

    async def connect(self, host: str, port: int) -> socket.socket:
        """A socket that is connected to a checked address of the host; see `dial`. Whoever asked closes it."""
        return await dial(self.rules, host, port)


async def in_thread(work: Callable[[socket.socket], T], held: socket.socket) -> T:
    """Run what blocks on the socket in a thread; when the test is over, so is the socket, and with it the thread."""
    return await dialing.in_thread(work, held, seconds=SECONDS)
