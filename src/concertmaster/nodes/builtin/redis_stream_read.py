"""redis.stream_read and redis.stream_ack: entries of a Redis stream, by range or for a group of consumers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypedDict, cast

from pydantic import Field

from concertmaster import Connection, Context, node
from concertmaster.nodes.builtin.durations import Duration, duration_of
from concertmaster.nodes.builtin.messages.bodies import Decode, Limit, Room, decoded, wait_seconds
from concertmaster.nodes.builtin.redis_stream_add import Key
from concertmaster.nodes.clients.redis import explained, opened

_SECONDS = 30.0
_PAGE = 200
StreamId = Annotated[str, Field(pattern=r"^\d+(-\d+)?$")]


class Entry(TypedDict):
    """An entry of a stream."""

    id: str
    fields: dict[str, Any]


class Read(TypedDict):
    """Entries, the id of the last one, and whether there may be more."""

    messages: list[Entry]
    last: str
    more: bool


@node(
    id="redis.stream_read",
    category="messages",
    effect="write",
    effect_by=("mode", ("range",)),
    idempotent=True,
    summary="stream",
    icon="list-start",
    title="Read Redis stream",
)
async def redis_stream_read(
    *,
    connection: Connection[Literal["redis"]],
    stream: Key,
    mode: Literal["range", "group"] = "range",
    after: StreamId = "0",
    group: Annotated[str, Field(min_length=1, max_length=200)] = "concertmaster",
    consumer: Annotated[str, Field(min_length=1, max_length=200)] = "concertmaster",
    begin: Literal["beginning", "new"] = "beginning",
    redeliver_after: Duration = "15m",
    wait: Duration = "0s",
    limit: Limit = 1_000,
    decode: Decode = "auto",
    context: Context,
) -> Read:
    """Read entries of a Redis stream.

    With `mode: range` everybody sees every entry, and you say after which one to begin; what comes out has `last` for
    the next time. With `mode: group` each entry goes to one reader of the group, and stays with it until
    `redis.stream_ack` takes it off: put that at the end of the work. What is not acknowledged in `redeliver_after`,
    because a run failed or a server died, is given to the next reader, so nothing is lost. What comes out is
    `{messages: [{id, fields}], last, more}`.

    The example needs a Redis server, and a connection `redis` to it.

    Args:
        connection: The server, a connection of type `redis`.
        stream: Key of the stream.
        mode: `range` reads on from an id, `group` takes what the group has not had.
        after: With `mode: range`, the id that you have up to.
        group: Name of the group; it is made when it is not there.
        consumer: Name in the group that entries are noted under.
        begin: Where a group that is made begins.
        redeliver_after: With `mode: group`, when an entry that nobody acknowledged is given again.
        wait: How long to wait for the first entry, up to `5m`.
        limit: How many entries at most.
        decode: How to read the fields; `auto` takes JSON for what it is, and gives base64 for what is no text.

    Example:
        ```yaml
        concertmaster: 1
        name: take-orders
        nodes:
          read: {type: redis.stream_read, config: {connection: redis, stream: orders, mode: group, limit: 100}}
          orders: {type: data.set, config: {value: "{{ nodes.read.messages | map(attribute='fields.order') }}"}}
          done:
            type: redis.stream_ack
            config: {connection: redis, stream: orders, ids: "{{ nodes.read.messages | map(attribute='id') }}"}
        edges: [read -> orders, orders -> done]
        outputs: {orders: "{{ nodes.orders }}", acknowledged: "{{ nodes.done.acknowledged }}"}
        ```
    """
    waiting = wait_seconds(wait)
    async with opened(connection.values, context, seconds=_SECONDS + waiting) as client:
        with explained(sent=False):
            if mode == "range":
                found = await _range(client, stream, after, wait=waiting, limit=limit)
            else:
                reader = _Group(client, stream, group, consumer)
                await reader.make("0" if begin == "beginning" else "$")
                stale = int(duration_of(redeliver_after).total_seconds() * 1_000)
                found = await reader.take(stale, wait=waiting, limit=limit)
    entries = [_entry(id_, fields, decode) for id_, fields in found]
    return Read(messages=entries, last=entries[-1]["id"] if entries else after, more=len(entries) >= limit)


@node(
    id="redis.stream_ack",
    category="messages",
    effect="write",
    idempotent=True,
    summary="stream",
    icon="list-checks",
    title="Acknowledge Redis entries",
)
async def redis_stream_ack(
    *,
    connection: Connection[Literal["redis"]],
    stream: Key,
    group: Annotated[str, Field(min_length=1, max_length=200)] = "concertmaster",
    ids: Sequence[StreamId],
    context: Context,
) -> dict[str, int]:
    """Take entries that were worked on off a group's list.

    The example needs a Redis server, and a connection `redis` to it.

    Args:
        connection: The server, a connection of type `redis`.
        stream: Key of the stream.
        group: Name of the group.
        ids: Of a `redis.stream_read` take `{{ nodes.read.messages | map(attribute='id') }}`.

    Example:
        ```yaml
        concertmaster: 1
        name: acknowledge
        nodes:
          done: {type: redis.stream_ack, config: {connection: redis, stream: orders, ids: ["1700000000000-0"]}}
        outputs: {acknowledged: "{{ nodes.done.acknowledged }}"}
        ```
    """
    done = 0
    async with opened(connection.values, context, seconds=_SECONDS) as client:
        for at in range(0, len(ids), _PAGE):
            with explained(sent=True):
                done += await client.xack(stream, group, *ids[at : at + _PAGE])
    return {"acknowledged": done}


Found = list[tuple[bytes, dict[bytes, bytes]]]


async def _range(client: Any, stream: str, after: str, *, wait: float, limit: int) -> Found:
    found, room = Found(), Room(limit)
    if wait > 0:
        # It ends as soon as there is an entry, and reads none itself that is not read again below.
        await client.xread({stream: after}, count=1, block=int(wait * 1_000))
    while not room.full:
        page = await client.xrange(stream, f"({after}", "+", count=min(_PAGE, room.messages))
        _keep(page, found, room)
        if len(page) < _PAGE:
            break
        after = page[-1][0].decode()
    return found


class _Group:
    """A group of consumers, as one of them."""

    def __init__(self, client: Any, stream: str, group: str, consumer: str) -> None:
        self._client = client
        self._stream = stream
        self._group = group
        self._consumer = consumer

    async def make(self, begin: str) -> None:
        """Make the group unless it is there."""
        from redis.exceptions import ResponseError  # noqa: PLC0415  (an optional extra)

        try:
            await self._client.xgroup_create(self._stream, self._group, begin, mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def take(self, stale_ms: int, *, wait: float, limit: int) -> Found:
        """First what was given to somebody long ago and never acknowledged, then what is new."""
        found, room = Found(), Room(limit)
        names = (self._stream, self._group, self._consumer)
        at: Any = "0-0"
        while not room.full:
            at, page, *_ = await self._client.xautoclaim(*names, stale_ms, at, count=min(_PAGE, room.messages))
            _keep(page, found, room)
            if at in (b"0-0", "0-0"):
                break
        while not room.full:
            block = int(wait * 1_000) if wait > 0 and not found else None
            answer = await self._client.xreadgroup(
                self._group, self._consumer, {self._stream: ">"}, count=min(_PAGE, room.messages), block=block
            )
            page = _page(answer)
            _keep(page, found, room)
            if not page:
                break
        return found


def _keep(page: Any, found: Found, room: Room) -> None:
    """Count and keep entries, but not those that were deleted meanwhile."""
    for id_, fields in cast("list[tuple[bytes, dict[bytes, bytes] | None]]", page):
        if fields is not None:
            found.append((id_, fields))
            room.take(sum(len(name) + len(value) for name, value in fields.items()))


def _page(answer: Any) -> list[Any]:
    """The entries of the only stream that was asked for; protocols 2 and 3 write it in different ways."""
    if not answer:
        return []
    if not isinstance(answer, dict):
        return answer[0][1]
    (pages,) = cast("dict[bytes, list[Any]]", answer).values()
    return cast("list[Any]", pages[0]) if pages and isinstance(pages[0], list) else pages


def _entry(id_: bytes, fields: dict[bytes, bytes], decode: Decode) -> Entry:
    read = {name.decode(errors="replace"): decoded(value, decode) for name, value in fields.items()}
    return Entry(id=id_.decode(), fields=read)
