"""Connections of somebody who is not logged in: what they may send, how long they last, and how many there are."""

from __future__ import annotations

import resource
import select
import socket
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from factories import document
from server_process import ServerProcess, server_process

pytestmark = pytest.mark.server

DESCRIPTORS = 256
HEAD = b"Host: {host}\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    workspace: Path = tmp_path_factory.mktemp("connections")
    hooks = {
        path: {"type": "webhook", "config": {"path": path, "auth": "none", "respond": "outputs", "wait": wait}}
        for path, wait in (("late", "13s"),)
    }
    nodes = {"wait": {"type": "flow.wait", "config": {"duration": "1h"}}}
    with (
        server_process(workspace, descriptors=(128, DESCRIPTORS)) as running,
        running.client() as client,
    ):
        body = document(triggers=hooks, nodes=nodes, edges=[], outputs={}, inputs={})
        client.post("/api/v1/workflows", json=body).raise_for_status()
        yield running


def line(server: ServerProcess, text: bytes = b"") -> socket.socket:
    """A connection that has sent this; `{host}` stands for the server's."""
    where = urlsplit(server.url)
    opened = socket.create_connection((where.hostname or "", where.port or 0), timeout=20)
    opened.sendall(text.replace(b"{host}", where.netloc.encode()))
    return opened


def poll(server: ServerProcess, seconds: int = 5) -> bytes:
    """A request that waits."""
    with server.client() as client:
        id_ = client.post("/api/v1/workflows/hello/executions", json={}).raise_for_status().json()["id"]
        # Once it waits nothing more happens to it, which would answer those that ask.
        while client.get(f"/api/v1/executions/{id_}").raise_for_status().json()["status"] != "waiting":
            pass
    login = b"".join(f"{name}: {value}\r\n".encode() for name, value in server.headers.items())
    path = f"/api/v1/executions/{id_}/events?after=9999&wait={seconds}"
    return f"GET {path} HTTP/1.1\r\n".encode() + HEAD + login + b"\r\n"


def rest(opened: socket.socket) -> bytes:
    """Everything until the server closes."""
    answer = b""
    try:
        while part := opened.recv(65536):
            answer += part
    except ConnectionError:
        pass
    return answer


@pytest.mark.parametrize(
    "begin",
    [
        b"GET /healthz HTTP/1.1\r\n" + HEAD + b"X-A: ",
        b"GET /healthz HTTP/1.1\r\n" + HEAD,
        b"GET /",
        b"POST /api/v1/login HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-A: ",
    ],
    ids=["value", "many", "path", "trailer"],
)
def test_headers_that_do_not_end_are_refused(server: ServerProcess, begin: bytes) -> None:
    more = b"X-B: c\r\n" if begin.endswith(b"\r\n") else b"a" * 8
    before = _resident_mb(server)
    sent = 0
    with line(server, begin) as opened:
        try:
            while sent < 100_000_000:
                opened.sendall(more * 10_000)
                sent += len(more) * 10_000
        except ConnectionError:
            pass
        answer = rest(opened)
    assert sent < 20_000_000, "what the system's buffers take, and no more"
    assert _resident_mb(server) - before < 20
    assert b" 431 " in answer or not answer


def test_a_large_header_is_taken_and_a_larger_one_told_why_not(server: ServerProcess) -> None:
    for size, status in ((60_000, 200), (70_000, 431)):
        head = b"GET /healthz HTTP/1.1\r\n" + HEAD + b"Connection: close\r\nX-A: "
        with line(server, head + b"a" * size + b"\r\n\r\n") as opened:
            assert rest(opened).startswith(f"HTTP/1.1 {status} ".encode())


def test_what_follows_a_body_in_one_piece_is_no_header(server: ServerProcess) -> None:
    post = b"POST /api/v1/workflows/validate HTTP/1.1\r\n" + HEAD + b"Content-Length: 300000\r\n\r\n" + b"a" * 300_000
    get = b"GET /healthz HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n"
    with line(server, post + get) as opened:
        assert [part[:3] for part in rest(opened).split(b"HTTP/1.1 ")[1:]] == [b"401", b"200"]


@pytest.mark.parametrize("chunked", [False, True])
def test_headers_behind_a_body_in_one_piece_are_counted(server: ServerProcess, chunked: bool) -> None:
    size = 150_000
    told = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"a" * size) if chunked else b"a" * size
    post = b"POST /api/v1/workflows/validate HTTP/1.1\r\n" + HEAD + told + b"\r\n\r\n" + body
    get = b"GET /healthz HTTP/1.1\r\n" + HEAD + b"Connection: close\r\nX-A: "
    for header, status in ((60_000, b"200"), (140_000, b"431")):
        with line(server, post + get + b"a" * header + b"\r\n\r\n") as opened:
            answer = rest(opened)
        # Whatever was still unread makes the kernel throw the answer away.
        assert status in [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] or (header > 65_536 and not answer)


def test_connections_that_ask_for_nothing_end_and_those_that_wait_do_not(server: ServerProcess) -> None:
    get = b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n"
    unread = b"POST /api/v1/workflows HTTP/1.1\r\n" + HEAD + b"Content-Length: 1000\r\n\r\n"
    with ExitStack() as stack:
        begun = time.monotonic()
        waiting = stack.enter_context(line(server, b"POST /hooks/late HTTP/1.1\r\n" + HEAD + b"\r\n"))
        idle = [stack.enter_context(line(server, text)) for text in (b"", b"GET / HT", b"\r\n", get, unread)]
        # Answered, and then a byte of something else: uvicorn's own time is over with it.
        for opened in idle[3:]:
            assert opened.recv(65536)
            opened.sendall(b"\r\n")
        with ThreadPoolExecutor(len(idle)) as pool:
            list(pool.map(rest, idle))
        assert 9 < time.monotonic() - begun < 13
        assert waiting.recv(65536).startswith(b"HTTP/1.1 202 ")


def test_idle_connections_take_nobody_the_place_and_no_run_its_files(server: ServerProcess) -> None:
    assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (DESCRIPTORS, DESCRIPTORS)
    with ExitStack() as stack, server.client() as client:
        for _ in range(2 * DESCRIPTORS):
            stack.enter_context(line(server, b"POST /hooks/x HTTP/1.1\r\nHost: "))
            assert len(list(Path(f"/proc/{server.process.pid}/fd").iterdir())) < DESCRIPTORS * 0.9
        client.post("/api/v1/workflows", json=document("files")).raise_for_status()
        done = client.post("/api/v1/workflows/files/executions?wait=20", json={}).json()
        assert done["status"] == "succeeded"


def test_those_that_wait_for_something_keep_their_place(server: ServerProcess) -> None:
    ask = poll(server)
    with ExitStack() as stack, connect(server.stream_url, proxy=None, additional_headers=server.headers) as stream:
        asking = [stack.enter_context(line(server, ask)) for _ in range(DESCRIPTORS // 4)]
        for _ in range(DESCRIPTORS):
            stack.enter_context(line(server, b"GET / HT"))
        stream.send('{"ping": 1}')
        assert '"pong"' in stream.recv(10)
        answers = [opened.recv(100)[:13] for opened in asking]
        assert set(answers) == {b"HTTP/1.1 200 "}
        assert len(answers) == DESCRIPTORS // 4


def test_when_everybody_waits_for_something_the_next_is_told_so(server: ServerProcess) -> None:
    # Long enough that the first still waits when the last has asked, however slow the machine is.
    ask = poll(server, seconds=60)
    with ExitStack() as stack:
        asking = [stack.enter_context(line(server, ask)) for _ in range(DESCRIPTORS // 2 + 4)]
        answered, _, _ = select.select(asking, [], [], 20)
        assert {opened.recv(100)[:13] for opened in answered} == {b"HTTP/1.1 503 "}
        answered, _, _ = select.select(asking, [], [], 0)
        assert len(answered) <= 8, "the others keep waiting"


def _resident_mb(server: ServerProcess) -> float:
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
