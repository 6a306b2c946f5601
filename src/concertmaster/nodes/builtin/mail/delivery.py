"""Delivery: a letter handed over to a mail server, and what the server says about each recipient. It blocks."""

from __future__ import annotations

import contextlib
import smtplib
import socket
from collections.abc import Mapping
from typing import Any, TypedDict

from concertmaster import OperationalError, UserError
from concertmaster.nodes.builtin.mail.letter import Letter
from concertmaster.nodes.clients.smtp import log_in

_SECONDS = 60.0
_SHOWN = 10


class Refusal(TypedDict):
    """A recipient whom the server does not take, with its status and words."""

    address: str
    status: int
    reason: str


class Sent(TypedDict):
    """A mail that the server has taken over."""

    message_id: str
    accepted: list[str]
    refused: list[Refusal]


def deliver(letter: Letter, values: Mapping[str, Any], held: socket.socket) -> Sent:
    """Hand it over.

    Args:
        values: of a connection of type `smtp`.
        held: connected to its server.
    Raises:
        OperationalError: see `log_in`; `email.sender_refused`, `email.all_refused`, `email.refused`,
            `email.connection_lost`.
        UserError: `email.too_large`, `email.not_ascii`.
    """
    content = letter.as_bytes()
    server = log_in(values, held, seconds=_SECONDS)
    handing_over = False
    try:
        _demand(server, letter, content)
        options = ["SMTPUTF8", "BODY=8BITMIME"] if letter.international else []
        _check("email.sender_refused", server.mail(letter.sender.addr_spec, options), f"from {letter.sender.addr_spec}")
        refused = _offered(server, letter.recipients)
        handing_over = True
        _check("email.refused", server.data(content), "the mail")
    except smtplib.SMTPDataError as error:
        raise _refused("email.refused", (error.smtp_code, error.smtp_error), "the mail") from error
    except OSError as error:
        # smtplib's exceptions are such ones too.
        raise OperationalError(
            "email.connection_lost",
            f"The connection to the mail server was lost: {str(error) or type(error).__name__}; "
            + ("nobody knows whether it took the mail" if handing_over else "nothing was sent"),
            sent=handing_over,
        ) from error
    finally:
        # It has said all that counts.
        with contextlib.suppress(OSError):
            server.quit()
        server.close()
    away = {refusal["address"] for refusal in refused}
    accepted = [address for address in letter.recipients if address not in away]
    return Sent(message_id=letter.message_id, accepted=accepted, refused=refused)


def _demand(server: smtplib.SMTP, letter: Letter, content: bytes) -> None:
    """What can be known before the first word."""
    server.ehlo_or_helo_if_needed()
    largest = server.esmtp_features.get("size", "")
    if largest.isdigit() and 0 < int(largest) < len(content):
        raise UserError(
            "email.too_large",
            f"The mail has {len(content) / 2**20:.1f} MiB, and the mail server takes {int(largest) / 2**20:.1f} MiB; "
            "send less, or a link to a file (a mail is a third longer than what is attached to it)",
            sent=False,
        )
    if letter.international and not server.has_extn("smtputf8"):
        raise UserError(
            "email.not_ascii",
            "The mail server takes only addresses of plain ASCII letters before the @; use such ones",
            sent=False,
        )


def _offered(server: smtplib.SMTP, recipients: list[str]) -> list[Refusal]:
    """Name all recipients; those that are refused."""
    refused: list[Refusal] = []
    for address in recipients:
        code, text = server.rcpt(address)
        if code not in (250, 251):
            refused.append(Refusal(address=address, status=code, reason=_words(text)))
    if len(refused) < len(recipients):
        return refused
    told = "; ".join(f"{one['address']} ({one['status']} {one['reason']})" for one in refused[:_SHOWN])
    more = f"; and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
    raise OperationalError(
        "email.all_refused",
        f"The mail server refuses every recipient: {told}{more}. Check the addresses, and whether this sender may "
        "send there",
        # One for whom it may work later is worth another attempt.
        retryable=any(one["status"] < 500 for one in refused),
        sent=False,
    )


def _check(code: str, answer: tuple[int, bytes], what: str) -> None:
    if answer[0] != 250:
        raise _refused(code, answer, what)


def _refused(code: str, answer: tuple[int, bytes | str], what: str) -> OperationalError:
    return OperationalError(
        code,
        f"The mail server refuses {what}: {answer[0]} {_words(answer[1])}. "
        + ("It may take it later" if answer[0] < 500 else "Its owner can tell what it takes"),
        retryable=answer[0] < 500,
        status=answer[0],
        sent=False,
    )


def _words(text: bytes | str) -> str:
    return " ".join((text.decode(errors="replace") if isinstance(text, bytes) else text).split())[:300]
