"""Letter: a mail, and the bytes of it that a mail server takes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from concertmaster.nodes.builtin.mail.attachments import Attachment

# What every server takes.
_ASCII = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent."""

    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    text: str
    html: str | None
    attachments: Sequence[Attachment]
    message_id: str

    @property
    def recipients(self) -> list[str]:
        """Everybody that the server is told of, once each; only it knows of those in `bcc`."""
        return list(dict.fromkeys(address.addr_spec for address in (*self.to, *self.cc, *self.bcc)))

    @property
    def international(self) -> bool:
        """Whether an address has letters that only servers with SMTPUTF8 take."""
        return not all(text.isascii() for text in (self.sender.addr_spec, *self.recipients))

    def as_bytes(self) -> bytes:
        """The whole mail, headers and all."""
        message = EmailMessage(policy=SMTPUTF8 if self.international else _ASCII)
        message["From"] = self.sender
        for name, addresses in (("To", self.to), ("Cc", self.cc), ("Reply-To", self.reply_to)):
            if addresses:
                message[name] = addresses
        message["Subject"] = self.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = self.message_id
        # Out-of-office robots leave such mails alone: https://www.rfc-editor.org/rfc/rfc3834
        message["Auto-Submitted"] = "auto-generated"
        if self.text or self.html is None:
            message.set_content(self.text)
            if self.html is not None:
                message.add_alternative(self.html, subtype="html")
        else:
            message.set_content(self.html, subtype="html")
        for attachment in self.attachments:
            kind, _, subtype = attachment.media_type.partition("/")
            message.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=attachment.name)
        return message.as_bytes()


def message_id(key: str, sender: Address) -> str:
    """The same for every attempt at a mail, so that who gets it twice can tell."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.domain}>"
