"""A mail server of tests: aiosmtpd, which keeps what it takes and refuses whom it is told to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from connection_servers import free_port


@dataclass
class Mailbox:
    """What the server took, and how it behaves.

    Attributes:
        refuse: recipient to the answer that it gets.
        answer: to the mail itself.
    """

    port: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    answer: str = "250 OK"
    hang_up: bool = False
    taken: list[Envelope] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(envelope.content, policy=default) for envelope in self.taken]

    def reset(self) -> None:
        self.refuse, self.answer, self.hang_up, self.taken = {}, "250 OK", False, []

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.hang_up:
            server.transport.abort()
            return "250 OK"
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        return self.answer


def let_in(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Ann, with the right password."""
    return AuthResult(success=data.login == b"ann" and data.password == b"the-right-one", handled=False)


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """One that lets everybody send; gives its mailbox."""
    found = Mailbox(port=free_port())
    controller = Controller(
        found,
        hostname="127.0.0.1",
        port=found.port,
        ssl_context=tls,
        tls_context=starttls,
        authenticator=let_in,
        auth_require_tls=False,
        enable_SMTPUTF8=True,
        data_size_limit=3_000_000,
    )
    controller.start()
    try:
        yield found
    finally:
        controller.stop()
