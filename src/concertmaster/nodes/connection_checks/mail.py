"""Test of a connection to a mail server: greet, encrypt, log in; no mail is sent."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from functools import partial
from typing import Any

from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed, connected, in_thread, tls_for


async def smtp(values: Mapping[str, Any], access: Access) -> str:
    """Log in to the mail server."""
    async with connected(access, str(values["host"]), int(values["port"])) as held:
        return await in_thread(partial(_smtp, values), held)


class _OnSocket(smtplib.SMTP):
    """Speaks on a socket that is connected already."""

    def __init__(self, held: socket.socket, host: str, port: int) -> None:
        self._held = held
        super().__init__(host, port, timeout=SECONDS)

    def _get_socket(self, *_where: object) -> socket.socket:
        return self._held


def _smtp(values: Mapping[str, Any], held: socket.socket) -> str:
    host, port, security = str(values["host"]), int(values["port"]), values["security"]
    try:
        if security == "tls":
            held = tls_for(host).wrap_socket(held)
        with _OnSocket(held, host, port) as server:
            server.ehlo()
            if security == "starttls":
                server.starttls(context=tls_for(host))
                server.ehlo()
            if values.get("username"):
                server.login(str(values["username"]), str(values["password"]))
            server.noop()
    except ssl.SSLError as error:
        raise CheckFailed(
            f"No secure connection: {getattr(error, 'verify_message', '') or error.reason or error}",
            "Check `security` and port (587 for starttls, 465 for tls); the host must be the name in the certificate",
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        raise CheckFailed(f"The server refuses the login ({error.smtp_code})", "Check username and password") from error
    except smtplib.SMTPNotSupportedError as error:
        fix = (
            "Set `security` to none or tls"
            if security == "starttls" and "STARTTLS" in str(error)
            else "Leave username out"
        )
        raise CheckFailed(str(error), fix) from error
    except smtplib.SMTPException as error:
        raise CheckFailed(f"The server broke off: {error}", "Check `security` and port") from error
    return f"The mail server answered, {'without TLS' if security == 'none' else 'with TLS'}" + (
        " and took the login" if values.get("username") else ""
    )
