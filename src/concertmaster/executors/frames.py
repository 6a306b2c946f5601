"""Frames: JSON messages on a stream socket between server and child, each after its length in 4 bytes.

A child is not to be trusted: what it sends is bounded, and it is JSON, never a pickle.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import struct
import threading
from collections.abc import Mapping
from typing import Any, cast

import orjson

from concertmaster.domain.errors import OperationalError

# An answer holds at most 64 KiB of JSON for each outlet, and references; only a table of 50,000 columns needs more.
FRAME_LIMIT_BYTES = 4 * 2**20
_HEADER = struct.Struct("!I")
_READ_BYTES = 64 * 1024
_LOOK_SECONDS = 1.0


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as it goes over the wire. Raises TypeError for what is not JSON."""
    data = orjson.dumps(message)
    return _HEADER.pack(len(data)) + data


class FrameReader:
    """Reads messages on the loop."""

    def __init__(self, source: socket.socket) -> None:
        """Args:
        source: a stream socket that does not block.
        """
        self._source = source
        self._buffer = bytearray()

    async def read(self) -> Mapping[str, Any] | None:
        """The next message, None at the end.

        Raises:
            OperationalError: `node.crashed`, this is no message.
        """
        header = await self._take(_HEADER.size)
        if header is None:
            return None
        size = _HEADER.unpack(header)[0]
        if size > FRAME_LIMIT_BYTES:
            raise _garbage(f"a message of {size:,} bytes")
        data = await self._take(size)
        if data is None:
            return None
        try:
            message: Any = orjson.loads(data)
        except ValueError as error:
            raise _garbage("something that is no JSON") from error
        if not isinstance(message, dict):
            raise _garbage("something that is no message")
        return cast("Mapping[str, Any]", message)

    async def _take(self, count: int) -> bytes | None:
        loop = asyncio.get_running_loop()
        while len(self._buffer) < count:
            try:
                more = await loop.sock_recv(self._source, _READ_BYTES)
            except ConnectionError:
                return None
            if not more:
                return None
            self._buffer += more
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


class Channel:
    """The child's end: blocks, and may be used from all threads."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._process = os.getpid()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message; a copy of this process, made by the node with `fork`, sends nothing.

        Raises:
            ValueError: it is longer than the server takes.
        """
        data = encode(message)
        if len(data) > FRAME_LIMIT_BYTES:
            raise ValueError(f"a message of {len(data):,} bytes; {FRAME_LIMIT_BYTES:,} is the limit")
        if os.getpid() == self._process:
            with self._lock:
                self._stream.sendall(data)

    def receive(self) -> Mapping[str, Any] | None:
        """The next message, None when the server is gone. For one thread only.

        Raises:
            OSError, ValueError: somebody has closed the descriptor.
        """
        header = self._take(_HEADER.size)
        data = None if header is None else self._take(_HEADER.unpack(header)[0])
        return None if data is None else orjson.loads(data)

    def _take(self, count: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < count:
            # A thread that waits in `recv` would keep a descriptor that the node closes open for the other side.
            if not select.select([self._stream], [], [], _LOOK_SECONDS)[0]:
                continue
            try:
                more = self._stream.recv(min(count - len(parts), 1 << 20))
            except ConnectionError:
                return None
            if not more:
                return None
            parts += more
        return bytes(parts)


def _garbage(what: str) -> OperationalError:
    return OperationalError(
        "node.crashed",
        f"The node's process sent {what} to the server; its code wrote to a descriptor that is not its own",
    )
