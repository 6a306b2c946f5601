"""A mail server: greet, encrypt and log in on a socket that is connected already. It blocks; run it in a thread."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from concertmaster.data.dialing import tls_for
from concertmaster.nodes.clients.refusals import refused


class _OnSocket(smtplib.SMTP):
    """Speaks on a socket that is connected already."""

    def __init__(self, held: socket.socket, host: str, port: int, *, seconds: float) -> None:
        self._held = held
        super().__init__(host, port, timeout=seconds)

    def _get_socket(self, *_where: object) -> socket.socket:
        return self._held


def log_in(values: Mapping[str, Any], held: socket.socket, *, seconds: float) -> smtplib.SMTP:
    """A server that takes mails.

    Args:
        values: of a connection of type `smtp`.
        seconds: that an answer may take.
    Raises:
        OperationalError: `smtp.tls_failed`, `smtp.login_refused`, `smtp.not_supported`, `smtp.broke_off`.
    """
    host, port, security = str(values["host"]), int(values["port"]), values["security"]
    server: smtplib.SMTP | None = None
    try:
        if security == "tls":
            held = tls_for(host, ca_certificate=values.get("ca_certificate")).wrap_socket(held)
        server = _OnSocket(held, host, port, seconds=seconds)
        server.ehlo()
        if security == "starttls":
            server.starttls(context=tls_for(host, ca_certificate=values.get("ca_certificate")))
            server.ehlo()
        if values.get("username"):
            server.login(str(values["username"]), str(values["password"]))
    except (OSError, smtplib.SMTPException) as error:
        # An SMTPException is an OSError too.
        if server is not None:
            server.close()
        raise _refused(error, str(security)) from error
    return server


def _refused(error: Exception, security: str) -> Exception:
    match error:
        case ssl.SSLError():
            return refused(
                "smtp.tls_failed",
                f"No secure connection: {getattr(error, 'verify_message', '') or error.reason or error}",
                "Check `security` and port (587 for starttls, 465 for tls); the host must be the name in the "
                "certificate",
            )
        case smtplib.SMTPAuthenticationError():
            return refused(
                "smtp.login_refused",
                f"The server refuses the login ({error.smtp_code})",
                "Check username and password",
                retryable=error.smtp_code < 500,
            )
        case smtplib.SMTPNotSupportedError():
            starttls = security == "starttls" and "STARTTLS" in str(error)
            return refused(
                "smtp.not_supported",
                str(error),
                "Set `security` to none or tls" if starttls else "Leave username out",
            )
        case _:
            return refused(
                "smtp.broke_off", f"The server broke off: {error}", "Check `security` and port", retryable=True
            )
