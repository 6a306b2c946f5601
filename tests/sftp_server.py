"""A server for files over SSH: asyncssh's, over a folder, on a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

PASSWORD = "the-right-one"


class Door(asyncssh.SSHServer):
    """Lets ann in."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("ann", PASSWORD)


class Files(asyncssh.SFTPServer):
    """Sees one folder as the root; some paths do not do what they are asked to."""

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        if path.startswith(b"/full/") and pflags & asyncssh.FXF_WRITE:
            raise asyncssh.SFTPFailure("No space left on device")
        return super().open(path, pflags, attrs)

    def rename(self, oldpath: bytes, newpath: bytes, *flags: int) -> Any:
        if newpath == b"/locked/late.csv":
            raise asyncssh.SFTPPermissionDenied("not here")
        return super().rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        if newpath.startswith(b"/locked/"):
            raise asyncssh.SFTPPermissionDenied("not here")
        if newpath.startswith(b"/old/"):
            raise asyncssh.SFTPOpUnsupported("posix_rename")
        return super().posix_rename(oldpath, newpath)


@dataclass(frozen=True)
class Server:
    """Where it is, and what it is known by."""

    port: int
    folder: Path
    host_key: str

    def values(self, **others: Any) -> dict[str, Any]:
        known = {"host": "127.0.0.1", "port": self.port, "username": "ann", "password": PASSWORD}
        return {**known, "host_key": self.host_key, **others}


@contextmanager
def sftp_server(folder: Path) -> Iterator[Server]:
    """Ready in the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    key = asyncssh.generate_private_key("ssh-ed25519")

    async def listen() -> Any:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Door,
            server_host_keys=[key],
            sftp_factory=lambda channel: Files(channel, chroot=str(folder).encode()),
        )

    async def close(server: Any) -> None:
        server.close()
        await server.wait_closed()
        # Connections that are open still end with the loop.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    try:
        yield Server(server.get_port(), folder, key.export_public_key("openssh").decode().strip())
    finally:
        asyncio.run_coroutine_threadsafe(close(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
