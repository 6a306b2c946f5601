"""What the test of a connection may reach, and what it comes to."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from concertmaster.data import dialing
from concertmaster.data.dialing import dial
from concertmaster.data.egress import EgressRules
from concertmaster.data.guard import GuardedClient

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

    async def connect(self, host: str, port: int) -> socket.socket:
        """A socket that is connected to a checked address of the host; see `dial`. Whoever asked closes it."""
        return await dial(self.rules, host, port)


async def in_thread(work: Callable[[socket.socket], T], held: socket.socket) -> T:
    """Run what blocks on the socket in a thread; when the test is over, so is the socket, and with it the thread."""
    return await dialing.in_thread(work, held, seconds=SECONDS)
