"""nats.request: a question to whoever listens to a subject of NATS, and the first answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from concertmaster import Connection, Context, node
from concertmaster.nodes.builtin.durations import Duration, duration_of
from concertmaster.nodes.builtin.messages.bodies import Decode, decoded, encoded, key_of, texts
from concertmaster.nodes.builtin.nats_publish import Subject, demand_room
from concertmaster.nodes.clients.nats import explained, opened

_SECONDS = 10.0


class Reply(TypedDict):
    """An answer."""

    body: Any
    headers: dict[str, str]


@node(
    id="nats.request",
    category="messages",
    effect="write",
    idempotent=True,
    summary="subject",
    icon="message-circle-question",
    title="Ask over NATS",
)
async def nats_request(
    *,
    connection: Connection[Literal["nats"]],
    subject: Subject,
    body: Any = None,
    headers: Mapping[str, Any] | None = None,
    timeout: Duration = "30s",
    decode: Decode = "auto",
    context: Context,
) -> Reply:
    """Ask whoever listens to a subject of NATS, and give the first answer.

    The header `Nats-Msg-Id` is the same on every attempt, so that the other side can tell a question that comes twice.
    What comes out is `{body, headers}`.

    The example needs a NATS server, somebody who answers on `prices`, and a connection `nats`.

    Args:
        connection: The server, a connection of type `nats`.
        subject: Whom to ask.
        body: The question; text is sent as it is, everything else as JSON.
        headers: Headers of the question, as text.
        timeout: How long to wait for the answer.
        decode: How to read the answer; `auto` takes JSON for what it is, and gives base64 for what is no text.

    Example:
        ```yaml
        concertmaster: 1
        name: ask-a-price
        nodes:
          ask: {type: nats.request, config: {connection: nats, subject: prices, body: {item: tea}, timeout: 5s}}
        outputs: {price: "{{ nodes.ask.body.price }}"}
        ```
    """
    content = b"" if body is None else encoded(body)[0]
    sent = {**texts(headers), "Nats-Msg-Id": key_of(context, 0)}
    async with opened(connection.values, context, seconds=_SECONDS) as client:
        demand_room(client, [content])
        with explained(subject, sent=True):
            answer = await client.request(subject, content, timeout=duration_of(timeout).total_seconds(), headers=sent)
    return Reply(body=decoded(answer.data, decode), headers=dict(answer.headers or {}))
