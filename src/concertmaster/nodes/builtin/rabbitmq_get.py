"""rabbitmq.get: messages taken off a queue of RabbitMQ, so many at most."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Literal, TypedDict, cast

from pydantic import Field

from concertmaster import Connection, Context, node
from concertmaster.nodes.builtin.durations import Duration
from concertmaster.nodes.builtin.messages.bodies import Decode, Limit, Room, decoded, wait_seconds
from concertmaster.nodes.clients.rabbitmq import explained, opened

_SECONDS = 30.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class Message(TypedDict):
    """A message of a queue."""

    body: Any
    message_id: str | None
    routing_key: str | None
    headers: dict[str, str]
    redelivered: bool


class Got(TypedDict):
    """Messages, and how many the queue had left when the last one was taken."""

    messages: list[Message]
    left: int


@node(
    id="rabbitmq.get",
    category="messages",
    effect="write",
    effect_by=("acknowledge", ("requeue",)),
    idempotent=False,
    summary="queue",
    icon="rabbit",
    title="Get from RabbitMQ",
)
async def rabbitmq_get(
    *,
    connection: Connection[Literal["rabbitmq"]],
    queue: Annotated[str, Field(min_length=1, max_length=255)],
    acknowledge: Literal["take", "requeue"] = "take",
    wait: Duration = "0s",
    limit: Limit = 100,
    decode: Decode = "auto",
    context: Context,
) -> Got:
    """Take messages off a queue of RabbitMQ.

    They are taken together, once all of them are here: what goes wrong before leaves them in the queue. A server that
    dies in the moment between that and the record of the run leaves the execution `interrupted`, for a person to look:
    those messages are gone from the queue. What comes out is
    `{messages: [{body, message_id, routing_key, headers, redelivered}], left}`.

    The example needs a RabbitMQ broker with a queue `orders`, and a connection `rabbitmq` to it.

    Args:
        connection: The broker, a connection of type `rabbitmq`.
        queue: Its name; it must exist.
        acknowledge: `take` them off the queue, or `requeue`: look at them, and put them back.
        wait: How long to wait for the first message, up to `5m`.
        limit: How many at most.
        decode: How to read them; `auto` goes by the content type, and gives base64 for what is no text.

    Example:
        ```yaml
        concertmaster: 1
        name: next-orders
        nodes:
          get: {type: rabbitmq.get, config: {connection: rabbitmq, queue: orders, limit: 10}}
        outputs: {items: "{{ nodes.get.messages | map(attribute='body.item') }}"}
        ```
    """
    until = time.monotonic() + wait_seconds(wait)
    async with opened(connection.values, context, seconds=_SECONDS) as broker:
        with explained(sent=False):
            channel = await broker.channel()
            source = await channel.get_queue(queue)
            taken = await _taken(source, until, limit)
            found = [_message(message, decode) for message in taken]
            left = int(taken[-1].message_count or 0) if taken else 0
        with explained(sent=True):
            if taken and acknowledge == "take":
                await taken[-1].ack(multiple=True)
            # What is not acknowledged goes back; the end of the channel is answered, so the broker has done either.
            await channel.close()
    return Got(messages=found, left=left)


async def _taken(queue: Any, until: float, limit: int) -> list[Any]:
    found: list[Any] = []
    room, pause = Room(limit), _SHORTEST_PAUSE
    while not room.full:
        message = await queue.get(fail=False, timeout=_SECONDS)
        if message is not None:
            found.append(message)
            room.take(len(message.body))
        elif found or time.monotonic() >= until:
            break
        else:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
    return found


def _message(message: Any, decode: Decode) -> Message:
    return Message(
        body=decoded(message.body, decode, message.content_type or ""),
        message_id=message.message_id,
        routing_key=message.routing_key,
        headers={name: _header(value) for name, value in cast("dict[str, Any]", message.headers or {}).items()},
        redelivered=bool(message.redelivered),
    )


def _header(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
