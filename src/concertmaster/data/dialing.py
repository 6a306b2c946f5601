"""Dialing: TCP connections to addresses that may be reached, for protocols other than HTTP, and TLS over them.

The address that was checked is the one that is connected to; a name that resolves differently a second time changes
nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from concertmaster.data.egress import EgressRules, Resolve, allowed_addresses, system_resolve
from concertmaster.domain.errors import OperationalError, UserError

CONNECT_SECONDS = 10.0
T = TypeVar("T")


async def dial(rules: EgressRules, host: str, port: int, *, resolve: Resolve = system_resolve) -> socket.socket:
    """A connected socket, without blocking; whoever asked for it closes it.

    Raises:
        UserError: `http.egress_refused`.
        OperationalError: `http.dns_failed`, `network.connect_failed`.
    """
    loop, last = asyncio.get_running_loop(), OSError("it has no address")
    for address in await allowed_addresses(rules, host, port, resolve=resolve):
        found = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
        found.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.sock_connect(found, (str(address), port))
        except OSError as error:
            found.close()
            last = error
        except BaseException:
            found.close()
            raise
        else:
            return found
    # The loop's own words hold the address once more.
    said = os.strerror(last.errno) if last.errno else "no answer" if isinstance(last, TimeoutError) else str(last)
    reason = f"Nothing can be connected at {host}:{port}: {said}"
    fix = "Check host and port, and that the server runs and lets this machine in"
    raise OperationalError("network.connect_failed", f"{reason}. {fix}", sent=False, reason=reason, fix=fix) from last


async def in_thread(work: Callable[[socket.socket], T], held: socket.socket, *, seconds: float) -> T:
    """Run what blocks on the socket in a thread; when this is cancelled the connection ends, and with it the thread.

    Args:
        seconds: that a single read or write may take.
    """
    held.setblocking(True)
    held.settimeout(seconds)
    # TLS takes the descriptor away from the socket; this one is another of the same connection.
    with held.dup() as twin:
        task = asyncio.ensure_future(asyncio.to_thread(work, held))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            with contextlib.suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)
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
        UserError: `connection.ca_certificate`: the certificate of the authority cannot be read.
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
            reason, fix = "`ca_certificate` is no certificate in PEM", "Paste the whole file, BEGIN and END too"
            raise UserError(
                "connection.ca_certificate", f"{reason}. {fix}", sent=False, reason=reason, fix=fix
            ) from error
    else:
        context.load_default_certs()
    return context
