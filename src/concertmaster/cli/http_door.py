"""What a connection may cost before anybody knows who is at its other end: bytes, time, and file descriptors.

The HTTP protocol of uvicorn bounds none of the three: one header that never ends takes all memory, and connections that
ask for nothing take all descriptors, which runs need for their files and processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_BYTES = 64 * 1024
HEADER_SECONDS = 10.0
# Descriptors beyond these serve nobody, and some programs that nodes start go through all that they may have.
_MOST_DESCRIPTORS = 65_536
_BACKLOG = 2048
# Counted by pieces, so that what follows the headers in one read is not counted as a part of them.
_PIECE = 4096


def raise_descriptors() -> int:
    """Allow this process as many file descriptors as it may allow itself; gives their number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Door:
    """The connections of a server. When it is full, one that has asked for nothing makes room for the next.

    Args:
        descriptors: that the process may have; connections get half of them, runs and their files the rest.
    """

    def __init__(self, descriptors: int) -> None:
        self.places = max(descriptors // 2, 16)
        # So many can come in before the first of them is turned away.
        self.backlog = min(_BACKLOG, max(self.places // 4, 4))
        # The longest waiting first.
        self.idle: dict[BoundedHttp, None] = {}

    @property
    def protocol(self) -> type[asyncio.Protocol]:
        """For `uvicorn.Config(http=...)`, which only calls it."""
        return cast("type[asyncio.Protocol]", partial(BoundedHttp, self))

    def make_room(self) -> bool:
        """Close the connection that has been idle for longest; False: none is."""
        if not self.idle:
            return False
        longest = next(iter(self.idle))
        longest.leave()
        return True


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP with bounds: headers have a size and a time, and the server has so many connections."""

    def __init__(self, door: Door, **options: Any) -> None:
        super().__init__(**options)
        self._door = door
        # Since the last byte of a body: what the parser keeps until headers, or those behind a body, are complete.
        self._taken = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, or be turned away."""
        full = len(self.connections) >= self._door.places and not self._door.make_room()
        super().connection_made(transport)
        if full:
            self._refuse(b"503 Service Unavailable", b"There are too many connections; try again later")
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and count what is no body."""
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            self._taken += len(piece)
            super().data_received(piece)
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                # Refused, or a WebSocket from here on.
                return
            if self._taken > HEADER_BYTES:
                message = f"The headers are larger than {HEADER_BYTES} bytes"
                self._refuse(b"431 Request Header Fields Too Large", message.encode())
                return
        if self._deadline is None and self._is_idle():
            # uvicorn waits no longer for the end of an idle connection once something came.
            self._wait()

    def on_headers_complete(self) -> None:
        """Somebody has asked for something."""
        self._taken = 0
        self._wait_no_longer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Bodies are bounded by who reads them."""
        self._taken = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What comes now belongs to the next request."""
        self._taken = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Until the next request, the place is anybody's."""
        super().on_response_complete()
        if self._is_idle() and not self.transport.is_closing():
            self._door.idle[self] = None

    def leave(self) -> None:
        """Close, and give the place back now: whoever it is for does not wait for the event loop."""
        self._wait_no_longer()
        self.connections.discard(self)
        self.transport.close()

    def _is_idle(self) -> bool:
        return not self.cycle or self.cycle.response_complete

    def _wait(self) -> None:
        self._door.idle[self] = None
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _wait_no_longer(self) -> None:
        self._door.idle.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._is_idle():
            self.leave()

    def _refuse(self, status: bytes, message: bytes) -> None:
        length = str(len(message)).encode()
        lines = [b"HTTP/1.1 " + status, b"content-type: text/plain; charset=utf-8", b"content-length: " + length]
        self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", message]))
        self.leave()
