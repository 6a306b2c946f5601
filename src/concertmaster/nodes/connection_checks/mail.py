"""Test of a connection to a mail server: greet, encrypt, log in; no mail is sent."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Mapping
from functools import partial
from typing import Any

from concertmaster.nodes.clients.smtp import log_in
from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed, in_thread


async def smtp(values: Mapping[str, Any], access: Access) -> str:
    """Log in to the mail server."""
    with await access.connect(str(values["host"]), int(values["port"])) as held:
        return await in_thread(partial(_smtp, values), held)


def _smtp(values: Mapping[str, Any], held: socket.socket) -> str:
    try:
        with log_in(values, held, seconds=SECONDS) as server:
            server.noop()
    except smtplib.SMTPException as error:
        raise CheckFailed(f"The server broke off: {error}", "Check `security` and port") from error
    return f"The mail server answered, {'without TLS' if values['security'] == 'none' else 'with TLS'}" + (
        " and took the login" if values.get("username") else ""
    )
