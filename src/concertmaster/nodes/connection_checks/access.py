"""What the test of a connection may reach, and what it comes to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from concertmaster.data.egress import EgressRules, allowed_addresses
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

    async def address(self, host: str, port: int) -> str:
        """One address of the host that may be reached and answers.

        Raises:
            CheckFailed: nothing can be connected there.
            UserError: `http.egress_refused`.
            OperationalError: `http.dns_failed`.
        """
        async with connected(self, host, port) as found:
            return str(found.getpeername()[0])


@contextlib.asynccontextmanager
async def connected(access: Access, host: str, port: int) -> AsyncGenerator[socket.socket]:
    """A socket that is connected to a checked address of the host, closed at the end.

    Raises:
        CheckFailed, UserError, OperationalError: see `Access.address`.
    """
    loop, last = asyncio.get_running_loop(), OSError("no address")
    for address in await allowed_addresses(access.rules, host, port):
        found = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
        found.setblocking(False)
        try:
            await loop.sock_connect(found, (str(address), port))
        except OSError as error:
            found.close()
            last = error
            continue
        except BaseException:
            found.close()
            raise
        try:
            yield found
        finally:
            found.close()
        return
    raise CheckFailed(
        f"Nothing can be connected at {host}:{port}: {last.strerror or last}",
        "Check host and port, and that the server runs and lets this machine in",
    ) from last


async def in_thread(work: Callable[[socket.socket], T], held: socket.socket) -> T:
    """Run what blocks on the socket in a thread; when the test is over, so is the socket, and with it the thread."""
    held.setblocking(True)
    held.settimeout(SECONDS)
    task = asyncio.ensure_future(asyncio.to_thread(work, held))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)
        task.add_done_callback(_forget)
        raise


def _forget(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()


class NamedContext(ssl.SSLContext):
    """TLS for a connection that was made to an address: the certificate must be of the name all the same.

    Drivers take the host that they connect to for the name in the certificate.
    """

    host: str

    def wrap_socket(self, sock: Any, *args: Any, **options: Any) -> Any:
        """With the name."""
        return super().wrap_socket(sock, *args, **{**options, "server_hostname": self.host})

    def wrap_bio(self, incoming: Any, outgoing: Any, *_args: Any, **_options: Any) -> Any:
        """With the name; loops give another one by position or by keyword."""
        return super().wrap_bio(incoming, outgoing, False, self.host)


def tls_for(host: str, *, ca_certificate: str | None = None, verify: bool = True) -> NamedContext:
    """A context that checks the server's certificate, by an authority of its own or the public ones.

    Raises:
        CheckFailed: the certificate of the authority cannot be read.
    """
    context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.host = host
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_certificate:
        try:
            context.load_verify_locations(cadata=ca_certificate)
        except ssl.SSLError as error:
            raise CheckFailed(
                "`ca_certificate` is no certificate in PEM", "Paste the whole file, BEGIN and END too"
            ) from error
    else:
        context.load_default_certs()
    return context
