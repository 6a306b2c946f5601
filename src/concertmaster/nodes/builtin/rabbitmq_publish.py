"""rabbitmq.publish: messages to an exchange of RabbitMQ, each confirmed by the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from concertmaster import Connection, Context, Input, OperationalError, node
from concertmaster.nodes.builtin.messages.bodies import Messages, encoded, key_of, messages_of, texts
from concertmaster.nodes.clients.rabbitmq import explained, opened

_SECONDS = 30.0
_AT_ONCE = 100
Name = Annotated[str, Field(max_length=255)]


@node(
    id="rabbitmq.publish",
    category="messages",
    effect="write",
    idempotent=True,
    summary="routing_key",
    icon="rabbit",
    title="Publish to RabbitMQ",
)
async def rabbitmq_publish(
    value: Input[Any] = None,
    *,
    connection: Connection[Literal["rabbitmq"]],
    exchange: Name = "",
    routing_key: Name,
    messages: Messages = None,
    headers: Mapping[str, Any] | None = None,
    persistent: bool = True,
    mandatory: bool = True,
    context: Context,
) -> dict[str, int]:
    """Publish messages to an exchange of RabbitMQ.

    Each counts once the broker has confirmed it. Text is sent as it is, everything else as JSON; a list, and the rows
    of a table, give a message each, up to 10,000. Each has a `message_id` that is the same on every attempt, so that
    consumers can tell one that comes twice.

    The example needs a RabbitMQ broker with a queue `orders`, and a connection `rabbitmq` to it.

    Args:
        connection: The broker, a connection of type `rabbitmq`.
        exchange: Its name; the default exchange, which leads to the queue that the routing key names, when left out.
        routing_key: Where the exchange sends it.
        messages: What to publish, in place of what is wired in.
        headers: Headers of each message, as text.
        persistent: Whether a queue that is durable keeps it over a restart of the broker.
        mandatory: Whether a message that leads to no queue is a failure.

    Example:
        ```yaml
        concertmaster: 1
        name: order-tea
        nodes:
          publish:
            type: rabbitmq.publish
            config: {connection: rabbitmq, routing_key: orders, messages: [{order: 7, item: tea}]}
        outputs: {published: "{{ nodes.publish.published }}"}
        ```
    """
    bodies = [encoded(message) for message in messages_of(value, messages)]
    given = texts(headers)
    async with opened(connection.values, context, seconds=_SECONDS) as broker:
        with explained(sent=False):
            channel = await broker.channel(on_return_raises=True)
            target = await channel.get_exchange(exchange) if exchange else channel.default_exchange
        for at in range(0, len(bodies), _AT_ONCE):
            made = [
                _message(body, kind, key_of(context, number), headers=given, persistent=persistent)
                for number, (body, kind) in enumerate(bodies[at : at + _AT_ONCE], at)
            ]
            with explained(sent=True):
                await _published(target, made, routing_key, mandatory=mandatory, before=at)
            context.progress(at + len(made), len(bodies))
    return {"published": len(bodies)}


def _message(body: bytes, kind: str, key: str, *, headers: dict[str, str], persistent: bool) -> Any:
    from aio_pika import DeliveryMode, Message  # noqa: PLC0415  (an optional extra)

    mode = DeliveryMode.PERSISTENT if persistent else DeliveryMode.NOT_PERSISTENT
    return Message(body, content_type=kind, message_id=key, headers=dict(headers), delivery_mode=mode)


async def _published(exchange: Any, messages: list[Any], routing_key: str, *, mandatory: bool, before: int) -> None:
    """Publish all and wait for all confirmations."""
    from aio_pika.exceptions import DeliveryError, PublishError  # noqa: PLC0415

    calls = (exchange.publish(message, routing_key, mandatory=mandatory, timeout=_SECONDS) for message in messages)
    answers = await asyncio.gather(*calls, return_exceptions=True)
    failed = next((answer for answer in answers if isinstance(answer, BaseException)), None)
    if failed is None:
        return
    taken = before + sum(not isinstance(answer, BaseException) for answer in answers)
    if isinstance(failed, PublishError):
        raise OperationalError(
            "rabbitmq.unroutable",
            f"The exchange leads {routing_key!r} to no queue; bind a queue, or set `mandatory: false`. "
            f"{taken} messages were published",
            retryable=False,
            sent=taken > 0,
        ) from failed
    if isinstance(failed, DeliveryError):
        raise OperationalError(
            "rabbitmq.not_taken",
            f"The broker did not take a message, which may be because a queue is full. {taken} were published",
            sent=taken > 0,
        ) from failed
    raise failed
