"""nats.publish: messages to a subject of NATS, kept by a JetStream stream, or to whoever listens now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from concertmaster import Connection, Context, Input, OperationalError, UserError, node
from concertmaster.nodes.builtin.messages.bodies import Messages, encoded, key_of, messages_of, texts
from concertmaster.nodes.clients.nats import explained, opened

_SECONDS = 10.0
Subject = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\s*>]+$")]


class Published(TypedDict):
    """How many messages were published; of a stream also their numbers, and how many it had already."""

    published: int
    sequences: list[int]
    duplicates: int


@node(
    id="nats.publish",
    category="messages",
    effect="write",
    idempotent=False,
    idempotent_by=("delivery", ("jetstream",)),
    summary="subject",
    icon="radio",
    title="Publish to NATS",
)
async def nats_publish(
    value: Input[Any] = None,
    *,
    connection: Connection[Literal["nats"]],
    subject: Subject,
    delivery: Literal["jetstream", "core"] = "jetstream",
    stream: Annotated[str, Field(min_length=1, max_length=255)] | None = None,
    messages: Messages = None,
    headers: Mapping[str, Any] | None = None,
    context: Context,
) -> Published:
    """Publish messages to a subject of NATS.

    With `delivery: jetstream` each counts once a stream has stored it, and the stream drops one that comes again,
    within its duplicate window (two minutes unless it was made otherwise): the header `Nats-Msg-Id` is the same on
    every attempt. With `core` it goes to whoever listens in that moment, and nobody says whether anybody did. Text is
    sent as it is, everything else as JSON; a list, and the rows of a table, give a message each, up to 10,000.

    The example needs a NATS server with a stream for `orders.>`, and a connection `nats` to it.

    Args:
        connection: The server, a connection of type `nats`.
        subject: Where to, such as `orders.new`.
        delivery: Whether a stream keeps them.
        stream: Name of the stream that has to take them; any when left out.
        messages: What to publish, in place of what is wired in.
        headers: Headers of each message, as text.

    Example:
        ```yaml
        concertmaster: 1
        name: tell-orders
        nodes:
          publish:
            type: nats.publish
            config: {connection: nats, subject: orders.new, messages: [{order: 7, item: tea}]}
        outputs: {published: "{{ nodes.publish.published }}"}
        ```
    """
    bodies = [encoded(message)[0] for message in messages_of(value, messages)]
    found = Published(published=0, sequences=[], duplicates=0)
    async with opened(connection.values, context, seconds=_SECONDS) as client:
        demand_room(client, bodies)
        jetstream = client.jetstream(timeout=_SECONDS)
        for number, body in enumerate(bodies):
            sent = {**texts(headers), "Nats-Msg-Id": key_of(context, number)}
            with explained(subject, sent=True):
                if delivery == "core":
                    await client.publish(subject, body, headers=sent)
                else:
                    answer = await jetstream.publish(subject, body, stream=stream, headers=sent)
                    found["sequences"].append(answer.seq)
                    found["duplicates"] += bool(answer.duplicate)
            found["published"] += 1
            context.progress(number + 1, len(bodies))
        with explained(subject, sent=True):
            await client.flush(timeout=int(_SECONDS))
        _demand_no_error(client, subject)
    return found


def demand_room(client: Any, bodies: list[bytes]) -> None:
    """Refuse what the server does not take, before anything is sent.

    Raises:
        UserError: `nats.too_large`.
    """
    largest = max(map(len, bodies), default=0)
    if largest > client.max_payload:
        raise UserError(
            "nats.too_large",
            f"A message has {largest:,} bytes, and the server takes {client.max_payload:,}; send a link to a file, or "
            "raise `max_payload` of the server",
            sent=False,
        )


def _demand_no_error(client: Any, subject: str) -> None:
    """What the server may not be told comes back as an error that belongs to no call."""
    if client.last_error is not None:
        raise OperationalError(
            "nats.refused",
            f"The server refuses {subject}: {client.last_error}. Check the rights of the user",
            retryable=False,
        )
