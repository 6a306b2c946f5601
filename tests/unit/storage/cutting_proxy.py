"""A TCP proxy that cuts connections at the worst moment: after a commit has reached the server, before its answer."""

from __future__ import annotations

import asyncio


class CuttingProxy:
    """Forwards to the server until it is told to cut.

    Attributes:
        cut_next_commit: the next COMMIT is forwarded, and its connection is closed once the server has answered;
            the answer is thrown away.
        cuts: how often that happened.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.cut_next_commit = False
        self.cuts = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", self._port)
        doomed = asyncio.Event()
        forward = asyncio.ensure_future(self._forward(reader, requests, doomed))
        back = asyncio.ensure_future(self._back(answers, writer, doomed))
        self._tasks |= {forward, back}
        await asyncio.wait([forward, back], return_when=asyncio.FIRST_COMPLETED)
        for task in (forward, back):
            task.cancel()
        for end in (writer, requests):
            end.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            if self.cut_next_commit and b"COMMIT" in data:
                self.cut_next_commit = False
                doomed.set()
            writer.write(data)
            await writer.drain()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            if doomed.is_set():
                self.cuts += 1
                return
            writer.write(data)
            await writer.drain()
