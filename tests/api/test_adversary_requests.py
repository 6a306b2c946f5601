"""Requests that no client of ours would send: each is refused with its reason, none is an error of the server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect

from factories import chain, document
from server_process import ServerProcess, server_process

pytestmark = pytest.mark.server

HUGE = 2**70


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    workspace: Path = tmp_path_factory.mktemp("requests")
    with server_process(workspace) as running, running.client() as client:
        for body in (document(), chain("long", 300)):
            client.post("/api/v1/workflows", json=body).raise_for_status()
        yield running


@pytest.fixture(scope="module")
def execution(server: ServerProcess) -> str:
    with server.client() as client:
        return client.post("/api/v1/workflows/hello/executions?wait=10", json={}).json()["id"]


@pytest.mark.parametrize("number", [HUGE, 2**63, -1])
@pytest.mark.parametrize(
    "path",
    [
        "workflows/hello?version={number}",
        "executions/{execution}/events?after={number}",
        "executions/{execution}/logs?after={number}",
        "executions/{execution}/nodes/first/output?offset={number}",
        "stream/sse?topic=execution:{execution}&after={number}",
        "stream/sse?topic=executions&after={number}",
        "executions?limit={number}",
    ],
)
def test_a_number_beyond_all_bounds_is_refused(server: ServerProcess, execution: str, path: str, number: int) -> None:
    with server.client() as client:
        answer = client.get("/api/v1/" + path.format(execution=execution, number=number))
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert answer.json()["errors"][0]["pointer"].startswith("/query/")


def test_a_version_beyond_all_bounds_is_refused(server: ServerProcess) -> None:
    with server.client() as client:
        answer = client.post("/api/v1/workflows/hello/executions", json={"version": HUGE})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/version")


@pytest.mark.parametrize("told", ["²", "9" * 40, "-1", "x", ""])
def test_a_last_event_id_that_is_none_counts_as_none(server: ServerProcess, execution: str, told: str) -> None:
    headers = httpx.Headers([(b"Last-Event-ID", told.encode("latin-1"))])
    with (
        server.client() as client,
        client.stream("GET", f"/api/v1/stream/sse?topic=execution:{execution}", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert next(line for line in answer.iter_lines() if line.startswith("id: ")) == "id: 1"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/assets/%00", 404),
        ("/assets/" + "a" * 5000, 404),
        ("/" + "a" * 5000, 200),
        ("/assets/..%2f..%2fapi%2fapp.py", 404),
        ("/..%2f..%2f..%2fetc%2fpasswd", 200),
    ],
)
def test_no_path_gets_out_of_the_built_files(server: ServerProcess, path: str, status: int) -> None:
    answer = _raw(server, f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "root:" not in answer
    assert "from __future__" not in answer


@pytest.mark.parametrize(
    "headers",
    ["Host: evil.example\r\n", "", "Host: {host}\r\nHost: evil.example\r\n", "Host: evil.example\r\nHost: {host}\r\n"],
)
def test_a_host_that_is_not_ours_or_not_one_is_refused(server: ServerProcess, headers: str) -> None:
    answer = _raw(server, f"GET /api/v1/info HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")
    assert answer.startswith("HTTP/1.1 403 ")
    assert "access.host" in answer


@pytest.mark.parametrize(
    "framing",
    ["Content-Length: 4\r\nTransfer-Encoding: chunked", "Content-Length: 2\r\nContent-Length: 4", "Content-Length: -1"],
)
def test_a_body_of_two_lengths_is_no_request(server: ServerProcess, framing: str) -> None:
    smuggled = "GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"
    text = f"POST /api/v1/workflows/validate HTTP/1.1\r\nHost: {{host}}\r\n{framing}\r\n\r\n0\r\n\r\n{smuggled}"
    answer = _raw(server, text)
    assert answer.count("HTTP/1.1 ") == 1
    assert answer.startswith("HTTP/1.1 400 ")


async def test_a_socket_outlives_what_it_does_not_understand(server: ServerProcess, execution: str) -> None:
    async with connect(server.stream_url, proxy=None, additional_headers=server.headers) as stream:
        topic = f"execution:{execution}"
        for odd in (b"\x00\xff", "garbage", "[]", "[" * 5000, json.dumps({"subscribe": {topic: HUGE}})):
            await stream.send(odd)
            assert "error" in json.loads(await stream.recv())
        await stream.send(json.dumps({"subscribe": {f"execution:{number}": 0 for number in range(300)}}))
        for _ in range(300):
            assert "error" in json.loads(await stream.recv())
        await stream.send(json.dumps({"subscribe": {topic: 0}}))
        assert json.loads(await stream.recv())["events"][0]["seq"] == 1


async def test_sockets_that_read_nothing_cost_little_and_delay_nobody(server: ServerProcess) -> None:
    """Thirty that each ask for everything about twenty executions of 600 events and never read."""
    with server.client() as client:
        answers = [client.post("/api/v1/workflows/long/executions?wait=20", json={}) for _ in range(20)]
    ids = [answer.json()["id"] for answer in answers]
    url, headers = server.stream_url, server.headers
    before = _resident_mb(server)
    sockets = [await connect(url, proxy=None, max_queue=1, additional_headers=headers) for _ in range(30)]
    try:
        for one in sockets:
            await one.send(json.dumps({"subscribe": {f"execution:{id_}": 0 for id_ in ids}}))
        async with connect(url, proxy=None, additional_headers=headers) as reader:
            await reader.send(json.dumps({"subscribe": {f"execution:{ids[0]}": 0}}))
            seqs: list[int] = []
            async with asyncio.timeout(20):
                while len(seqs) < answers[0].json()["seq"]:
                    seqs += [event["seq"] for event in json.loads(await reader.recv())["events"]]
        assert seqs == list(range(1, len(seqs) + 1))
        assert _resident_mb(server) - before < 250
    finally:
        for one in sockets:
            one.transport.abort()


def _raw(server: ServerProcess, text: str) -> str:
    """Send bytes as they are; everything that comes back until the server closes, or a second passes."""
    where = urlsplit(server.url)
    answer = b""
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=5) as line:
        line.sendall(text.format(host=where.netloc).encode())
        try:
            while part := line.recv(65536):
                answer += part
        except (TimeoutError, ConnectionError):
            pass
    return answer.decode(errors="replace")


def _resident_mb(server: ServerProcess) -> float:
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
