"""redis.stream_add: entries at the end of a Redis stream, added once however often it is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict, cast

from pydantic import Field

from concertmaster import Connection, Context, Input, UserError, node
from concertmaster.nodes.builtin.messages.bodies import Messages, key_of, messages_of, text_of
from concertmaster.nodes.clients.redis import explained, opened

Key = Annotated[str, Field(min_length=1, max_length=500)]
_SECONDS = 30.0
_BATCH = 500
_MOST_FIELDS = 1_000
# How long an attempt that comes again is known.
_REMEMBER_SECONDS = 86_400
# In one step: another attempt with the same marker gets the ids that the first one got, and adds nothing.
_ADD = """
local known = redis.call('LRANGE', KEYS[2], 0, -1)
if #known > 0 then return known end
local at, ids = 4, {}
for _ = 1, tonumber(ARGV[3]) do
  local n = tonumber(ARGV[at])
  local entry = {}
  for i = 1, n do entry[i] = ARGV[at + i] end
  if ARGV[2] == '' then
    ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', unpack(entry))
  else
    ids[#ids + 1] = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', unpack(entry))
  end
  redis.call('RPUSH', KEYS[2], ids[#ids])
  at = at + n + 1
end
redis.call('EXPIRE', KEYS[2], ARGV[1])
return ids
"""


class Added(TypedDict):
    """Ids of the entries, in the order of the messages."""

    ids: list[str]
    added: int


@node(
    id="redis.stream_add",
    category="messages",
    effect="write",
    idempotent=True,
    summary="stream",
    icon="list-plus",
    title="Add to Redis stream",
)
async def redis_stream_add(
    value: Input[Any] = None,
    *,
    connection: Connection[Literal["redis"]],
    stream: Key,
    messages: Messages = None,
    maxlen: Annotated[int, Field(ge=1)] | None = None,
    context: Context,
) -> Added:
    """Add entries to a Redis stream.

    An object gives an entry with its keys as fields, any other value one with the field `value`; in fields, text is
    written as it is and everything else as JSON. A list, and the rows of a table, give an entry each, up to 10,000.
    Another attempt adds nothing twice: for a day a key beside the stream remembers what was added.

    The example needs a Redis server, and a connection `redis` to it.

    Args:
        connection: The server, a connection of type `redis`.
        stream: Key of the stream; it is made when it is not there.
        messages: What to add, in place of what is wired in.
        maxlen: About how many entries the stream keeps; the oldest go.

    Example:
        ```yaml
        concertmaster: 1
        name: announce
        nodes:
          add:
            type: redis.stream_add
            config: {connection: redis, stream: orders, messages: [{order: 7, item: tea}], maxlen: 100000}
        outputs: {added: "{{ nodes.add.added }}"}
        ```
    """
    entries = [_fields(message) for message in messages_of(value, messages)]
    ids: list[str] = []
    async with opened(connection.values, context, seconds=_SECONDS) as client:
        for number in range(0, len(entries), _BATCH):
            batch = entries[number : number + _BATCH]
            # In braces is what decides where a cluster keeps a key.
            marker = f"{{{_slot(stream)}}}:concertmaster:{key_of(context, number)}"
            with explained(sent=True):
                found = await client.eval(
                    _ADD,
                    2,
                    stream,
                    marker,
                    *(_REMEMBER_SECONDS, maxlen or "", len(batch)),
                    *(text for entry in batch for text in (len(entry), *entry)),
                )
            ids.extend(id_.decode() for id_ in cast("list[bytes]", found))
            context.progress(len(ids), len(entries))
    return Added(ids=ids, added=len(ids))


def _fields(message: Any) -> list[str]:
    """Names and values of an entry, one after the other."""
    fields = cast("Mapping[Any, Any]", message if isinstance(message, Mapping) else {"value": message})
    if not 0 < len(fields) <= _MOST_FIELDS:
        raise UserError(
            "redis.fields",
            f"An entry of a stream has 1 to {_MOST_FIELDS:,} fields, and this one has {len(fields):,}; "
            "put them into one as an object",
            sent=False,
        )
    return [text for name, value in fields.items() for text in (str(name), text_of(value))]


def _slot(stream: str) -> str:
    """The part of a key that decides where a cluster keeps it: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/"""
    opening = stream.find("{")
    closing = stream.find("}", opening + 1) if opening >= 0 else -1
    return stream[opening + 1 : closing] if closing > opening + 1 else stream
