"""email.send: a mail over SMTP, the same one however often it is tried."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from concertmaster import Connection, Context, Input, UserError, node
from concertmaster.data.dialing import in_thread
from concertmaster.nodes.builtin.mail.addresses import address_of, addresses, one_line
from concertmaster.nodes.builtin.mail.attachments import Attaching, TableFormat, values_of
from concertmaster.nodes.builtin.mail.delivery import Sent, deliver
from concertmaster.nodes.builtin.mail.letter import Letter, message_id

_SECONDS = 60.0
Addresses = Sequence[Annotated[str, Field(min_length=3, max_length=500)]]


@node(
    id="email.send",
    category="messages",
    effect="write",
    idempotent=True,
    isolated_when=lambda config: config.table_format == "excel",
    summary="subject",
    icon="mail",
    title="Send email",
)
async def email_send(
    value: Input[Any] = None,  # noqa: ARG001  (orders, and fills {{ input }})
    attachments: list[Input[Any]] | None = None,
    *,
    connection: Connection[Literal["smtp"]],
    to: Addresses = (),
    subject: Annotated[str, Field(max_length=900)],
    text: Annotated[str, Field(json_schema_extra={"format": "textarea"})] = "",
    html: Annotated[str, Field(json_schema_extra={"format": "textarea"})] | None = None,
    cc: Addresses = (),
    bcc: Addresses = (),
    reply_to: Addresses = (),
    sender: Annotated[str, Field(min_length=3, max_length=500)] | None = None,
    table_format: TableFormat = "csv",
    attachment_names: Sequence[Annotated[str, Field(min_length=1, max_length=200)]] = (),
    max_mb: Annotated[int, Field(ge=1, le=100)] = 20,
    context: Context,
) -> Sent:
    """Send a mail over SMTP.

    Tables and files that are wired to `attachments` go with it. What comes out is `{message_id, accepted, refused}`; a
    mail that no recipient may get fails the node. The Message-ID is the same on every attempt, so a mailbox that gets
    the mail twice, after a connection that was lost at the worst moment, can tell; set `policy: {idempotent: false}`
    if rather none than two is to come.

    The example needs a mail server, and a connection `mail` to it.

    Args:
        connection: The mail server, a connection of type `smtp`.
        to: Recipients, each as `ann@example.com` or `Ann Lee <ann@example.com>`.
        subject: What it is about; one line.
        text: What it says, as plain text.
        html: What it says, as HTML; programs that show none take `text`. Values put in with `{{ }}` are not escaped:
            put in what you trust.
        cc: Who gets a copy.
        bcc: Who gets a copy that the others are not told of.
        reply_to: Where answers go, when not to the sender.
        sender: Who it is from; the connection's `from_address` when left out.
        table_format: What tables are attached as.
        attachment_names: What to call the attachments, in their order; otherwise as files are called, and `table.csv`.
        max_mb: More MiB of attachments than this are refused.

    Example:
        ```yaml
        concertmaster: 1
        name: mail-a-table
        nodes:
          airlines: {type: file.read, config: {path: airlines.csv}}
          mail:
            type: email.send
            config:
              connection: mail
              to: [ann@example.com]
              subject: "{{ nodes.airlines.rows }} airlines"
              text: They are attached.
              attachment_names: [airlines.csv]
        edges: [airlines -> mail.attachments]
        outputs: {accepted: "{{ nodes.mail.accepted }}"}
        ```
    """
    values = connection.values
    named = sender or values.get("from_address")
    if not named:
        raise UserError(
            "email.no_sender",
            f"The mail has no sender: set `sender`, or `from_address` of the connection '{connection.name}'",
            sent=False,
        )
    if not (to or cc or bcc):
        raise UserError("email.no_recipient", "The mail has no recipient: name one in `to`, `cc` or `bcc`", sent=False)
    origin = address_of(str(named), "sender")
    attaching = Attaching(context, format=table_format, most_bytes=max_mb * 2**20)
    letter = Letter(
        sender=origin,
        to=addresses(to, "to"),
        cc=addresses(cc, "cc"),
        bcc=addresses(bcc, "bcc"),
        reply_to=addresses(reply_to, "reply_to"),
        subject=one_line(subject, "subject"),
        text=text,
        html=html,
        attachments=await asyncio.to_thread(attaching.all, values_of(attachments), attachment_names),
        message_id=message_id(context.idempotency_key, origin),
    )
    with await context.connect(str(values["host"]), int(values["port"])) as held:
        return await in_thread(partial(deliver, letter, values), held, seconds=_SECONDS)
