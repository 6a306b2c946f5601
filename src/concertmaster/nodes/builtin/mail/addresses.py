"""Addresses of mails as people write them: `ann@example.com`, or `Ann Lee <ann@example.com>`."""

from __future__ import annotations

from collections.abc import Sequence
from email.headerregistry import Address
from email.utils import getaddresses

from concertmaster import UserError

# The longest that a mail server has to take: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
_LONGEST = 254


def one_line(text: str, field: str) -> str:
    """The text, when it can stand in a header.

    Raises:
        UserError: `email.header_injection`: what follows a line break would be a header of its own.
    """
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise UserError(
            "email.header_injection",
            f"`{field}` has a line break or another control sign, which could add headers of its own to the mail: "
            f"{text[:60]!r}. Take it out, such as with `| replace`",
            field=field,
            sent=False,
        )
    return text


def addresses(texts: Sequence[str], field: str) -> tuple[Address, ...]:
    """Each of them once.

    Raises:
        UserError: `email.header_injection`, `email.address`.
    """
    found: dict[str, Address] = {}
    for text in texts:
        address = address_of(text, field)
        found.setdefault(address.addr_spec, address)
    return tuple(found.values())


def address_of(text: str, field: str) -> Address:
    """One address.

    Raises:
        UserError: `email.header_injection`, `email.address`.
    """
    pairs = getaddresses([one_line(text, field)])
    name, spec = pairs[0] if len(pairs) == 1 else ("", "")
    local, at, domain = spec.rpartition("@")
    try:
        if not (local and at and domain) or len(spec) > _LONGEST or any(sign in spec for sign in ' ,;:<>()"'):
            raise ValueError(spec)
        # Domains travel in their ASCII form.
        return Address(name, local, domain.encode("idna").decode())
    except ValueError as error:
        raise UserError(
            "email.address",
            f"`{field}`: {text[:100]!r} is no mail address; write one a list item, as ann@example.com or "
            "Ann Lee <ann@example.com>",
            field=field,
            sent=False,
        ) from error
