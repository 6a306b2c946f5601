"""The topic of a workflow on a real server: changes of its draft without gaps, versions, and who else is there."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from factories import document
from server_process import ServerProcess, server_process

pytestmark = pytest.mark.server
IDS = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    workspace: Path = tmp_path_factory.mktemp("workflow-stream")
    with server_process(workspace) as running:
        yield running


@pytest.fixture
def name(server: ServerProcess) -> str:
    """A workflow of this test."""
    name = f"flow-{next(IDS)}"
    with server.client() as client:
        client.post("/api/v1/workflows", json=document(name)).raise_for_status()
    return name


def _edit(server: ServerProcess, name: str, key: str, value: Any) -> int:
    body = {"client": "tab", "revision": 0, "ops": [{"id": f"{key}-{next(IDS)}", "path": f"/{key}", "after": value}]}
    with server.client() as client:
        answer = client.patch(f"/api/v1/workflows/{name}/draft", json=body).raise_for_status().json()
    assert answer["conflicts"] == []
    return answer["revision"]


def _request(server: ServerProcess, method: str, path: str, **body: Any) -> Any:
    with server.client() as client:
        answer = client.request(method, f"/api/v1/workflows/{path}", json=body or None).raise_for_status()
        return answer.json() if answer.content else None


async def _socket(server: ServerProcess, topic: str, after: int) -> ClientConnection:
    socket = await connect(server.stream_url, proxy=None, additional_headers=server.headers)
    await socket.send(json.dumps({"subscribe": {topic: after}}))
    return socket


async def _until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next event of a kind."""
    async with asyncio.timeout(30):
        while True:
            for event in json.loads(await socket.recv()).get("events", ()):
                if event["kind"] == kind:
                    return event


async def _numbered(socket: ClientConnection, last: int) -> list[dict[str, Any]]:
    """Events with a number, up to that one."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not events or events[-1]["seq"] < last:
            message = json.loads(await socket.recv())
            assert "resync" not in message
            events += [event for event in message.get("events", ()) if "seq" in event]
    return events


async def test_edits_come_without_gaps_over_lines_that_are_cut(server: ServerProcess, name: str) -> None:
    last = 0
    seen: list[dict[str, Any]] = []
    for number in range(5):
        # Some while nobody listens, some while somebody does.
        await asyncio.to_thread(_edit, server, name, f"vars-{number}", number)
        socket = await _socket(server, f"workflow:{name}", last)
        async with socket:
            newest = await asyncio.to_thread(_edit, server, name, f"more-{number}", number)
            seen += await _numbered(socket, newest)
        last = seen[-1]["seq"]
    assert [event["seq"] for event in seen] == list(range(1, 11))
    assert {event["kind"] for event in seen} == {"draft.changed"}
    assert seen[0]["data"] == {"client": "tab", "actor": "local", "ops": seen[0]["data"]["ops"]}
    assert [event["data"]["ops"][0]["path"] for event in seen[:2]] == ["/vars-0", "/more-0"]


async def test_many_viewers_see_the_same(server: ServerProcess, name: str) -> None:
    sockets = [await _socket(server, f"workflow:{name}", 0) for _ in range(5)]
    for number in range(10):
        await asyncio.to_thread(_edit, server, name, f"x-{number}", number)
    views = [await _numbered(socket, 10) for socket in sockets]
    for socket in sockets:
        await socket.close()
    assert all(view == views[0] for view in views)
    assert [event["seq"] for event in views[0]] == list(range(1, 11))


async def test_a_version_saved_by_anybody_is_told(server: ServerProcess, name: str) -> None:
    async with await _socket(server, f"workflow:{name}", 0) as socket:
        await _until(socket, "presence")
        await asyncio.to_thread(_edit, server, name, "title", "T")
        body = {"revision": 1, "publish": True, "label": "Titled"}
        await asyncio.to_thread(_request, server, "POST", f"{name}/versions", **body)
        event = await _until(socket, "version.saved")
        assert event["data"] == {"version": 2, "published": True, "label": "Titled", "by": "local", "origin": "save"}
        assert "seq" not in event
        await asyncio.to_thread(_request, server, "POST", f"{name}/versions/1/publish")
        assert (await _until(socket, "version.saved"))["data"]["version"] == 1


async def test_who_comes_moves_and_leaves_is_told(server: ServerProcess, name: str) -> None:
    async with await _socket(server, f"workflow:{name}", 0) as socket:
        assert (await _until(socket, "presence"))["data"] == {"people": []}
        await asyncio.to_thread(_request, server, "POST", f"{name}/presence", client="me", node="first")
        (person,) = (await _until(socket, "presence"))["data"]["people"]
        assert (person["client"], person["name"], person["node"], person["path"]) == ("me", "local", "first", [])
        await asyncio.to_thread(_request, server, "DELETE", f"{name}/presence?client=me")
        assert (await _until(socket, "presence"))["data"] == {"people": []}


async def test_a_revision_that_is_not_known_is_a_resync(server: ServerProcess, name: str) -> None:
    newest = await asyncio.to_thread(_edit, server, name, "title", "T")
    async with await _socket(server, f"workflow:{name}", 99) as socket, asyncio.timeout(30):
        message = json.loads(await socket.recv())
        assert message == {"topic": f"workflow:{name}", "resync": newest}
        newer = await asyncio.to_thread(_edit, server, name, "description", "D")
        assert [event["seq"] for event in await _numbered(socket, newer)] == [newer]


async def test_the_topic_of_a_workflow_that_is_deleted_ends(server: ServerProcess, name: str) -> None:
    async with await _socket(server, f"workflow:{name}", 0) as socket, asyncio.timeout(30):
        await _until(socket, "presence")
        await asyncio.to_thread(_request, server, "DELETE", name)
        message = json.loads(await socket.recv())
        assert (message["topic"], message["error"]["code"]) == (f"workflow:{name}", "workflow.not_found")
    async with await _socket(server, "workflow:none", 0) as socket, asyncio.timeout(30):
        assert json.loads(await socket.recv())["error"]["code"] == "workflow.not_found"


async def _server_sent(answer: httpx.Response) -> AsyncIterator[tuple[str | None, Any]]:
    """Each event's own id and its data."""
    number: str | None = None
    async for line in answer.aiter_lines():
        if line.startswith("id: "):
            number = line[4:]
        elif line.startswith("data: "):
            yield number, json.loads(line[6:])
        elif not line:
            number = None


async def test_server_sent_events_are_the_same_and_resume(server: ServerProcess, name: str) -> None:
    for number in range(3):
        await asyncio.to_thread(_edit, server, name, f"x-{number}", number)
    path = f"/api/v1/stream/sse?topic=workflow:{name}"
    options: dict[str, Any] = {"base_url": server.url, "headers": server.headers, "trust_env": False, "timeout": 30}
    async with httpx.AsyncClient(**options) as client, asyncio.timeout(60):
        assert (await client.get("/api/v1/stream/sse?topic=workflow:none")).status_code == 404
        async with client.stream("GET", path, headers={"Last-Event-ID": "1"}) as answer:
            events = _server_sent(answer)
            first = [await anext(events) for _ in range(3)]
            assert [(number, event.get("seq")) for number, event in first] == [("2", 2), ("3", 3), (None, None)]
            assert first[-1][1]["kind"] == "presence"
            await asyncio.to_thread(_request, server, "DELETE", name)
            assert (await anext(events))[1]["code"] == "workflow.not_found"
            # The server ends it.
            assert [event async for event in events] == []
