"""Redis streams, RabbitMQ and NATS, against real servers that this module starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from certificates import make_certificate
from concertmaster import Connection, OperationalError, UserError
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.nodes.builtin.nats_publish import nats_publish
from concertmaster.nodes.builtin.nats_request import nats_request
from concertmaster.nodes.builtin.rabbitmq_get import rabbitmq_get
from concertmaster.nodes.builtin.rabbitmq_publish import rabbitmq_publish
from concertmaster.nodes.builtin.redis_stream_add import redis_stream_add
from concertmaster.nodes.builtin.redis_stream_read import redis_stream_ack, redis_stream_read
from concertmaster.nodes.clients.redis import opened
from concertmaster.nodes.connection_checks.access import Access
from concertmaster.nodes.connection_checks.run import run_check
from concertmaster.nodes.connection_types.catalog import check_values, with_defaults
from concertmaster.nodes.loader import builtin_registry
from connection_servers import nats_server, program, rabbitmq_server, redis_server
from engine_harness import example_of, running_engine
from node_context import PlainContext

EXAMPLE = Path(__file__).parents[4] / "examples" / "hand-on-orders.yaml"
PASSWORD = "the-right-one"
WRONG = "s3cr3t-pass-word"
missing = [name for name in ("redis-server", "nats-server", "rabbitmq-server") if program(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def connection(type_: str, **values: Any) -> Connection[Any]:
    checked, problems = check_values(type_, {"host": "127.0.0.1", **values})
    assert problems == []
    return Connection(type_, type_, with_defaults(type_, checked))


@pytest.fixture(scope="module", autouse=True)
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], int]]:
    """RabbitMQ takes its time: it starts beside the first tests."""
    with rabbitmq_server(tmp_path_factory.mktemp("rabbitmq")) as wait:
        yield wait


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection[Any]]:
    with redis_server(tmp_path_factory.mktemp("redis"), "--requirepass", PASSWORD) as port:
        yield connection("redis", port=port, password=PASSWORD)


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection[Any]]:
    folder = tmp_path_factory.mktemp("nats")
    with nats_server(folder, "-js", "-sd", str(folder), "--user", "ann", "--pass", PASSWORD) as port:
        yield connection("nats", port=port, username="ann", password=PASSWORD)


@pytest.fixture(scope="module")
def rabbitmq(broker: Callable[[], int]) -> Connection[Any]:
    return connection("rabbitmq", port=broker(), username="guest", password="guest")


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[PlainContext]:
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        yield PlainContext(tmp_path, http=client)


async def refusal(call: Any) -> UserError | OperationalError:
    with pytest.raises((UserError, OperationalError)) as caught:
        await call
    return caught.value


async def test_redis_adds_once_and_reads_on(redis: Connection[Any], context: PlainContext) -> None:
    mixed = [{"order": 7, "item": "tea", "tags": ["a"], "none": None}, "plain", 3]
    added = await redis_stream_add(mixed, connection=redis, stream="mixed", context=context)
    again = await redis_stream_add(mixed, connection=redis, stream="mixed", context=context)
    assert again == added
    assert added["added"] == 3
    read = await redis_stream_read(connection=redis, stream="mixed", limit=2, context=context)
    assert [entry["fields"] for entry in read["messages"]] == [mixed[0], {"value": "plain"}]
    assert (read["more"], read["last"]) == (True, added["ids"][1])
    rest = await redis_stream_read(connection=redis, stream="mixed", after=read["last"], context=context)
    assert ([entry["fields"] for entry in rest["messages"]], rest["more"]) == ([{"value": 3}], False)
    context.idempotency_key = "execution/node/2"
    await redis_stream_add(connection=redis, stream="mixed", messages=[{"order": 8}], context=context)
    text = await redis_stream_read(connection=redis, stream="mixed", after=rest["last"], decode="text", context=context)
    assert text["messages"][0]["fields"] == {"order": "8"}


async def test_redis_keeps_a_stream_short(redis: Connection[Any], context: PlainContext) -> None:
    numbers = list(range(1_200))
    added = await redis_stream_add(numbers, connection=redis, stream="short", maxlen=200, context=context)
    left = await redis_stream_read(connection=redis, stream="short", limit=10_000, context=context)
    assert added["added"] == 1_200
    assert 200 <= len(left["messages"]) < 600
    assert left["last"] == added["ids"][-1]


async def test_redis_gives_again_what_nobody_acknowledged(redis: Connection[Any], context: PlainContext) -> None:
    async def read(**options: Any) -> list[Any]:
        found = await redis_stream_read(
            connection=redis, stream="work", mode="group", group="g", context=context, **options
        )
        return [(entry["id"], entry["fields"]["value"]) for entry in found["messages"]]

    await redis_stream_add([1, 2, 3], connection=redis, stream="work", context=context)
    first = await read(limit=2)
    assert [value for _, value in first] == [1, 2]
    assert [value for _, value in await read()] == [3]
    assert await read(wait="50ms") == []
    # Its run failed, say.
    assert [value for _, value in await read(redeliver_after="0s")] == [1, 2, 3]
    ids = [id_ for id_, _ in first]
    for expected in (2, 0):
        done = await redis_stream_ack(connection=redis, stream="work", group="g", ids=ids, context=context)
        assert done == {"acknowledged": expected}
    assert [value for _, value in await read(redeliver_after="0s")] == [3]


async def test_redis_waits_for_the_first_entry(redis: Connection[Any], context: PlainContext) -> None:
    async def read(mode: Any) -> Any:
        return await redis_stream_read(connection=redis, stream="late", mode=mode, wait="30s", context=context)

    waiting = [asyncio.create_task(read(mode)) for mode in ("range", "group")]
    await asyncio.wait(waiting, timeout=0.1)
    await redis_stream_add(connection=redis, stream="late", messages=["here"], context=context)
    for found in await asyncio.gather(*waiting):
        assert found["messages"][0]["fields"] == {"value": "here"}


async def test_redis_says_what_is_wrong(redis: Connection[Any], context: PlainContext) -> None:
    bad = connection("redis", port=redis.values["port"], password=WRONG)
    login = await refusal(redis_stream_add(connection=bad, stream="s", messages=[1], context=context))
    assert (login.code, WRONG in login.message, login.details["sent"]) == ("redis.login_refused", False, False)
    async with opened(redis.values, context, seconds=5) as client:
        await client.set("text", "no stream")
    wrong = await refusal(redis_stream_add(connection=redis, stream="text", messages=[1], context=context))
    assert (wrong.code, wrong.retryable, "another `stream`" in wrong.message) == ("redis.refused", False, True)
    empty = await refusal(redis_stream_add(connection=redis, stream="s", context=context))
    assert (empty.code, "wire" in empty.message) == ("message.missing", True)
    many = await refusal(redis_stream_add(list(range(10_001)), connection=redis, stream="s", context=context))
    assert (many.code, "flow.for_each" in many.message) == ("message.too_many", True)
    async with GuardedClient(EgressRules()) as client:
        stranger = PlainContext(context.workspace, http=client)
        away = await refusal(redis_stream_add(connection=redis, stream="s", messages=[1], context=stranger))
    assert away.code == "http.egress_refused"


async def test_nats_stores_a_message_once(nats: Connection[Any], context: PlainContext) -> None:
    nobody = await refusal(nats_publish(connection=nats, subject="lost.1", messages=["x"], context=context))
    assert (nobody.code, "Make a stream" in nobody.message) == ("nats.no_stream", True)
    await make_stream(nats, "kept.>")
    orders = [{"order": 7}, "text"]
    first = await nats_publish(orders, connection=nats, subject="kept.new", headers={"shop": 3}, context=context)
    again = await nats_publish(orders, connection=nats, subject="kept.new", stream="kept", context=context)
    assert (first["published"], first["sequences"], first["duplicates"]) == (2, [1, 2], 0)
    assert (again["sequences"], again["duplicates"]) == ([1, 2], 2)
    other = await refusal(nats_publish(connection=nats, subject="kept.x", stream="no", messages=[1], context=context))
    assert (other.code, "`stream`" in other.message) == ("nats.refused", True)
    large = await refusal(nats_publish(connection=nats, subject="kept.x", messages=["x" * 2_000_000], context=context))
    assert (large.code, large.details["sent"]) == ("nats.too_large", False)


def test_only_a_stream_tells_a_repetition() -> None:
    spec = builtin_registry().spec("nats.publish")
    assert spec is not None
    assert [spec.idempotent_of({"delivery": way}) for way in ("jetstream", "core")] == [True, False]
    assert spec.idempotent_of({})


async def make_stream(nats: Connection[Any], subjects: str) -> None:
    from nats import connect

    client = await connect(f"nats://ann:{PASSWORD}@127.0.0.1:{nats.values['port']}")
    await client.jetstream().add_stream(name=subjects.partition(".")[0], subjects=[subjects])
    await client.close()


async def test_nats_asks_and_hears_the_answer(nats: Connection[Any], context: PlainContext) -> None:
    from nats import connect

    nobody = await refusal(nats_request(connection=nats, subject="prices", context=context))
    assert (nobody.code, nobody.retryable, nobody.details["sent"]) == ("nats.nobody", True, False)
    client = await connect(f"nats://ann:{PASSWORD}@127.0.0.1:{nats.values['port']}")
    heard: list[Any] = []

    async def answer(message: Any) -> None:
        heard.append((message.data, message.headers["Nats-Msg-Id"]))
        await message.respond(b'{"price": 12}')

    async def listen(message: Any) -> None:
        heard.append(message.data)

    await client.subscribe("prices", cb=answer)
    await client.subscribe("silent", cb=listen)
    await client.flush()
    asked = await nats_request(connection=nats, subject="prices", body={"item": "tea"}, context=context)
    assert asked["body"] == {"price": 12}
    await nats_request(connection=nats, subject="prices", body={"item": "tea"}, context=context)
    assert heard[0] == heard[1]
    silent = await refusal(nats_request(connection=nats, subject="silent", timeout="100ms", context=context))
    assert (silent.code, silent.retryable, silent.details["sent"]) == ("nats.timeout", True, True)
    sent = await nats_publish(connection=nats, subject="silent", delivery="core", messages=["x"], context=context)
    assert (sent["published"], sent["sequences"]) == (1, [])
    await client.flush()
    assert heard[-1] == b"x"
    await client.close()


async def test_a_connection_to_rabbitmq_is_tested(rabbitmq: Connection[Any], context: PlainContext) -> None:
    access = Access(EgressRules.parse("127.0.0.1"), context.http, context.workspace, context.workspace)

    async def check(**values: Any) -> Any:
        return await run_check("rabbitmq", {**rabbitmq.values, **values}, access)

    good = await check()
    assert (good.ok, good.message.startswith("The broker answered, version 3")) == (True, True)
    bad = await check(password=WRONG)
    assert (bad.ok, "Check username and password" in bad.fix, WRONG in bad.message) == (False, True, False)
    place = await check(virtual_host="nowhere")
    assert (place.ok, "virtual_host" in place.fix) == (False, True), place


async def make_queue(rabbitmq: Connection[Any], name: str, **arguments: Any) -> None:
    import aio_pika

    values = rabbitmq.values
    async with await aio_pika.connect(host="127.0.0.1", port=values["port"], login="guest", password="guest") as broker:
        channel = await broker.channel()
        await channel.declare_queue(name, durable=True, arguments=arguments)


async def test_rabbitmq_publishes_and_gets(rabbitmq: Connection[Any], context: PlainContext) -> None:
    await make_queue(rabbitmq, "tea")
    sent = await rabbitmq_publish(
        [{"order": 7}, "12", *range(3, 250)],
        connection=rabbitmq,
        routing_key="tea",
        headers={"shop": 3},
        context=context,
    )
    assert sent == {"published": 249}
    seen = await rabbitmq_get(connection=rabbitmq, queue="tea", acknowledge="requeue", limit=2, context=context)
    first = seen["messages"][0]
    assert (first["body"], first["headers"], first["redelivered"]) == ({"order": 7}, {"shop": "3"}, False)
    # Text stays text.
    assert (seen["messages"][1]["body"], seen["left"]) == ("12", 247)
    taken = await rabbitmq_get(connection=rabbitmq, queue="tea", limit=249, context=context)
    assert [message["body"] for message in taken["messages"]] == [{"order": 7}, "12", *range(3, 250)]
    assert taken["messages"][0]["message_id"] == first["message_id"]
    assert taken["messages"][0]["redelivered"] is True
    assert (await rabbitmq_get(connection=rabbitmq, queue="tea", context=context)) == {"messages": [], "left": 0}


async def test_rabbitmq_waits_and_leaves_what_it_cannot_read(rabbitmq: Connection[Any], context: PlainContext) -> None:
    await make_queue(rabbitmq, "late")
    waiting = asyncio.create_task(rabbitmq_get(connection=rabbitmq, queue="late", wait="30s", context=context))
    await asyncio.wait([waiting], timeout=0.1)
    await rabbitmq_publish(connection=rabbitmq, routing_key="late", messages=["no json"], context=context)
    assert [message["body"] for message in (await waiting)["messages"]] == ["no json"]
    await rabbitmq_publish(connection=rabbitmq, routing_key="late", messages=["no json"], context=context)
    odd = await refusal(rabbitmq_get(connection=rabbitmq, queue="late", decode="json", context=context))
    assert odd.code == "message.not_json"
    assert len((await rabbitmq_get(connection=rabbitmq, queue="late", context=context))["messages"]) == 1


async def test_rabbitmq_says_what_was_not_taken(rabbitmq: Connection[Any], context: PlainContext) -> None:
    lost = await refusal(rabbitmq_publish(connection=rabbitmq, routing_key="nowhere", messages=[1], context=context))
    assert (lost.code, lost.retryable, lost.details["sent"]) == ("rabbitmq.unroutable", False, False)
    quiet = await rabbitmq_publish(
        connection=rabbitmq, routing_key="nowhere", messages=[1], mandatory=False, context=context
    )
    assert quiet == {"published": 1}
    await make_queue(rabbitmq, "full", **{"x-max-length": 2, "x-overflow": "reject-publish"})
    full = await refusal(rabbitmq_publish([1, 2, 3], connection=rabbitmq, routing_key="full", context=context))
    assert (full.code, full.retryable, "2 were published" in full.message) == ("rabbitmq.not_taken", True, True)
    for call in (
        rabbitmq_get(connection=rabbitmq, queue="nowhere", context=context),
        rabbitmq_publish(connection=rabbitmq, exchange="nowhere", routing_key="", messages=[1], context=context),
    ):
        error = await refusal(call)
        assert (error.code, "nowhere" in error.message, error.retryable) == ("rabbitmq.refused", True, False)


async def test_the_examples_run(
    redis: Connection[Any], nats: Connection[Any], rabbitmq: Connection[Any], context: PlainContext, tmp_path: Path
) -> None:
    from nats import connect

    async def answer(message: Any) -> None:
        await message.respond(b'{"price": 12}')

    await make_stream(nats, "orders.>")
    await make_queue(rabbitmq, "orders")
    client = await connect(f"nats://ann:{PASSWORD}@127.0.0.1:{nats.values['port']}")
    await client.subscribe("prices", cb=answer)
    await client.flush()
    known = {"redis": redis, "nats": nats, "rabbitmq": rabbitmq}
    async with running_engine(tmp_path, connections=known, allow="127.0.0.1") as harness:
        assert await harness.outputs(example_of("redis.stream_add")) == {"added": 1}
        assert await harness.outputs(example_of("redis.stream_read")) == {"orders": [7], "acknowledged": 1}
        assert await harness.outputs(example_of("redis.stream_ack")) == {"acknowledged": 0}
        assert await harness.outputs(example_of("rabbitmq.publish")) == {"published": 1}
        assert await harness.outputs(example_of("rabbitmq.get")) == {"items": ["tea"]}
        assert await harness.outputs(example_of("nats.publish")) == {"published": 1}
        assert await harness.outputs(example_of("nats.request")) == {"price": 12}
        await redis_stream_add([{"order": 8}], connection=redis, stream="orders", context=context)
        for taken in (2, 0):
            assert await harness.outputs(EXAMPLE.read_text(), {"limit": 100}) == {"taken": taken}
    found = await rabbitmq_get(connection=rabbitmq, queue="orders", context=context)
    assert [message["body"] for message in found["messages"]] == [{"order": 7, "item": "tea"}, {"order": 8}]
    await client.close()


async def test_servers_with_an_authority_of_their_own(context: PlainContext, tmp_path: Path) -> None:
    own = make_certificate(tmp_path)
    files = (str(own.certificate), str(own.key))
    with (
        redis_server(tmp_path, "--tls-cert-file", files[0], "--tls-key-file", files[1], tls=True) as redis_port,
        nats_server(tmp_path, "--tls", "--tlscert", files[0], "--tlskey", files[1]) as nats_port,
    ):

        async def add(**values: Any) -> Any:
            known = connection("redis", port=redis_port, tls=True, **values)
            return await redis_stream_add(connection=known, stream="s", messages=[1], context=context)

        async def publish(**values: Any) -> Any:
            known = connection("nats", port=nats_port, tls=True, **values)
            return await nats_publish(connection=known, subject="s", delivery="core", messages=[1], context=context)

        assert (await add(ca_certificate=own.text))["added"] == 1
        assert (await publish(ca_certificate=own.text))["published"] == 1
        for call in (add(), publish()):
            error = await refusal(call)
            assert (error.code.partition(".")[2], "certificate" in error.message) == ("broke_off", True)
        assert (await refusal(add(ca_certificate="nonsense"))).code == "connection.ca_certificate"
