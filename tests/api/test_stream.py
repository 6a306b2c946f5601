"""The stream of a real server: WebSocket, SSE and long poll carry the same events, without gap or duplicate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from factories import NODES, chain, document, pausing
from server_process import ServerProcess, server_process

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    workspace: Path = tmp_path_factory.mktemp("stream")
    (workspace / "nodes").mkdir()
    (workspace / "nodes" / "testing.py").write_text(NODES)
    with server_process(workspace) as running, running.client() as client:
        for body in (document(), pausing(), chain("long", 300)):
            client.post("/api/v1/workflows", json=body).raise_for_status()
        yield running


def _socket(server: ServerProcess, **options: Any) -> connect:
    return connect(server.stream_url, proxy=None, additional_headers=server.headers, **options)


def _start(server: ServerProcess, name: str) -> str:
    with server.client() as client:
        answer = client.post(f"/api/v1/workflows/{name}/executions", json={})
        answer.raise_for_status()
        return answer.json()["id"]


async def _until_final(socket: ClientConnection, topic: str) -> list[dict[str, Any]]:
    """The events of a topic up to the end of the execution."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not events or events[-1]["kind"] not in ("execution.succeeded", "execution.cancelled"):
            message = json.loads(await socket.recv())
            assert "error" not in message, message
            assert "resync" not in message
            if message.get("topic") == topic:
                events += message["events"]
    return events


def _journal(server: ServerProcess, execution_id: str) -> list[dict[str, Any]]:
    with server.client() as client:
        return client.get(f"/api/v1/executions/{execution_id}/events").json()["items"]


async def test_many_viewers_see_every_event_once_while_it_runs(server: ServerProcess) -> None:
    async def view(after: int, delay: float) -> list[dict[str, Any]]:
        await asyncio.sleep(delay)
        async with _socket(server) as socket:
            await socket.send(json.dumps({"subscribe": {topic: after}}))
            return await _until_final(socket, topic)

    execution_id = _start(server, "long")
    topic = f"execution:{execution_id}"
    # Joining at different moments: some get it all from the journal, some part of it from the bus.
    views = await asyncio.gather(*(view(after=number % 4 * 50, delay=number * 0.01) for number in range(12)))
    journal = _journal(server, execution_id)
    assert len(journal) >= 302
    for number, events in enumerate(views):
        assert events == journal[number % 4 * 50 :]


async def test_a_reader_that_leaves_and_comes_back_misses_nothing(server: ServerProcess) -> None:
    execution_id = _start(server, "long")
    topic = f"execution:{execution_id}"
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not events or events[-1]["kind"] != "execution.succeeded":
            async with _socket(server) as socket:
                await socket.send(json.dumps({"subscribe": {topic: len(events)}}))
                # One message, then the line is lost.
                events += json.loads(await socket.recv())["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events == _journal(server, execution_id)


async def test_one_socket_follows_many_topics(server: ServerProcess) -> None:
    ids = [_start(server, "hello") for _ in range(20)]
    async with _socket(server) as socket, asyncio.timeout(30):
        await socket.send(json.dumps({"subscribe": {f"execution:{one}": 0 for one in ids}}))
        seen: dict[str, list[int]] = {one: [] for one in ids}
        ended: set[str] = set()
        while ended != set(ids):
            for event in json.loads(await socket.recv())["events"]:
                seen[event["execution"]].append(event["seq"])
                if event["kind"] == "execution.succeeded":
                    ended.add(event["execution"])
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in seen.values())


async def test_the_list_topic_tells_each_change_and_ends_with_the_last(server: ServerProcess) -> None:
    async with _socket(server) as socket, asyncio.timeout(30):
        await socket.send(json.dumps({"subscribe": {"executions": 0}, "ping": 1}))
        assert json.loads(await socket.recv()) == {"pong": 1}
        # The answer to a second ping proves that the subscription above is in force.
        await socket.send(json.dumps({"ping": 2}))
        assert json.loads(await socket.recv()) == {"pong": 2}
        ids = {_start(server, "hello") for _ in range(10)}
        last: dict[str, dict[str, Any]] = {}
        cursors: list[int] = []
        while {key for key, value in last.items() if value["status"] == "succeeded"} != ids:
            for event in json.loads(await socket.recv())["events"]:
                assert event["kind"] == "execution.changed"
                cursors.append(event["seq"])
                last[event["execution"]] = event["data"]
        assert cursors == sorted(set(cursors))
        # A cursor of another life cannot be continued: the client is told to load the list again.
        await socket.send(json.dumps({"subscribe": {"executions": 5}}))
        message = json.loads(await socket.recv())
        assert message["topic"] == "executions"
        assert message["resync"] >= cursors[-1]


async def test_unsubscribe_ends_a_topic(server: ServerProcess) -> None:
    execution_id = _start(server, "pausing")
    topic = f"execution:{execution_id}"
    async with _socket(server) as socket, asyncio.timeout(30):
        await socket.send(json.dumps({"subscribe": {topic: 0}}))
        assert json.loads(await socket.recv())["topic"] == topic
        await socket.send(json.dumps({"unsubscribe": [topic], "ping": "x"}))
        with server.client() as client:
            client.post(f"/api/v1/executions/{execution_id}/cancel").raise_for_status()
            after = 0
            while after < 4:
                after = client.get(f"/api/v1/executions/{execution_id}/events?after={after}&wait=5").json()["next"]
        await socket.send(json.dumps({"ping": "y"}))
        messages = [json.loads(await socket.recv())]
        while messages[-1] != {"pong": "y"}:
            messages.append(json.loads(await socket.recv()))
        after_stop = messages[messages.index({"pong": "x"}) :]
        assert [message for message in after_stop if message.get("topic") == topic] == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"subscribe": {"execution:none": 0}}', "execution.not_found"),
        ('{"subscribe": {"weather": 0}}', "stream.unknown_topic"),
        ('{"subscribe": {"executions": "x"}}', "stream.after"),
        ('{"subscribe": {"executions": -1}}', "stream.after"),
        ("nonsense", "stream.message"),
        ("[1]", "stream.message"),
    ],
)
async def test_bad_messages_are_answered_and_the_socket_lives_on(
    server: ServerProcess, message: str, code: str
) -> None:
    async with _socket(server) as socket, asyncio.timeout(30):
        await socket.send(message)
        assert json.loads(await socket.recv())["error"]["code"] == code
        await socket.send('{"ping": 7}')
        assert json.loads(await socket.recv()) == {"pong": 7}


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.test"}, {"Origin": "null"}, {"Host": "evil.test"}])
async def test_a_socket_of_another_page_is_refused(server: ServerProcess, headers: dict[str, str]) -> None:
    options: dict[str, Any] = {"origin": headers["Origin"]} if "Origin" in headers else {}
    if "Host" in headers:
        options = {"host": "127.0.0.1", "port": int(server.url.rpartition(":")[2])}
        address = "ws://evil.test/api/v1/stream"
    else:
        address = server.stream_url
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address, proxy=None, **options):
            pass
    assert refused.value.response.status_code == 403


async def test_a_socket_of_our_own_page_is_accepted(server: ServerProcess) -> None:
    async with _socket(server, origin=server.url) as socket, asyncio.timeout(30):
        await socket.send('{"ping": 1}')
        assert json.loads(await socket.recv()) == {"pong": 1}


async def _server_sent(server: ServerProcess, path: str, headers: dict[str, str]) -> list[tuple[int, dict[str, Any]]]:
    found: list[tuple[int, dict[str, Any]]] = []
    async with (
        httpx.AsyncClient(base_url=server.url, headers=server.headers, trust_env=False, timeout=30) as client,
        client.stream("GET", path, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        number = 0
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                number = int(line[4:])
            if line.startswith("data: "):
                found.append((number, json.loads(line[6:])))
                if found[-1][1]["kind"] == "execution.succeeded":
                    return found
    return found


async def test_server_sent_events_are_the_same_and_resume(server: ServerProcess) -> None:
    execution_id = _start(server, "long")
    path = f"/api/v1/stream/sse?topic=execution:{execution_id}"
    everything = await _server_sent(server, path, {})
    journal = _journal(server, execution_id)
    assert [event for _, event in everything] == journal
    assert [number for number, _ in everything] == [event["seq"] for event in journal]
    resumed = await _server_sent(server, f"{path}&after=3", {"last-event-id": "100"})
    assert [event for _, event in resumed] == journal[100:]


async def test_server_sent_events_refuse_what_is_not_there(server: ServerProcess) -> None:
    with server.client() as client:
        assert client.get("/api/v1/stream/sse?topic=execution:none").status_code == 404
        assert client.get("/api/v1/stream/sse?topic=weather").status_code == 422
        assert client.get("/api/v1/stream/sse").status_code == 422


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer cm_wrong"}])
async def test_a_socket_without_a_login_is_closed_with_a_code_that_says_so(
    server: ServerProcess, headers: dict[str, str]
) -> None:
    async with connect(server.stream_url, proxy=None, additional_headers=headers) as socket, asyncio.timeout(30):
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert (socket.close_code, socket.close_reason) == (4401, "access.login")


async def test_streams_end_when_their_login_does(server: ServerProcess) -> None:
    with server.client() as client:
        made = client.post("/api/v1/tokens", json={"name": "watcher"}).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    async with (
        connect(server.stream_url, proxy=None, additional_headers=headers) as socket,
        httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False, timeout=60) as http,
        http.stream("GET", "/api/v1/stream/sse?topic=executions") as answer,
        asyncio.timeout(60),
    ):
        assert answer.status_code == 200
        with server.client() as client:
            client.delete(f"/api/v1/tokens/{made['id']}").raise_for_status()
        lines = [line async for line in answer.aiter_lines()]
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 4401
    assert not any(line.startswith("data:") for line in lines)
