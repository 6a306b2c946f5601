"""`up` as a process: what it writes, what keeps it from starting, and what survives its death."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from factories import NODES, document, pausing
from server_process import COMMAND, ServerProcess, environment, run_command, server_process

pytestmark = pytest.mark.server


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "testing.py").write_text(NODES)
    return tmp_path


def test_it_tells_where_it_serves_and_cleans_up(workspace: Path) -> None:
    data = workspace / ".concertmaster"
    with server_process(workspace) as server:
        told = json.loads((data / "server.json").read_text())
        assert told["url"] == server.url
        assert told["pid"] == server.process.pid
        assert {"host", "port", "started_at"} <= told.keys()
        assert stat.S_IMODE((data / "local-token").stat().st_mode) == 0o600
        assert len((data / "local-token").read_text()) >= 32
        with server.client(headers={}) as client:
            assert client.get("/readyz").json()["status"] == "ready"
            link = _line(server)
            assert link.startswith(f"log in: {server.url}/login#")
            secret = link.partition("#")[2].partition(" ")[0]
            assert client.post("/api/v1/login", json={"token": secret}).json()["name"] == "owner"
            assert client.get("/api/openapi.json").json()["info"]["title"] == "ConcertMaster"
            assert "<html" in client.get("/").text
        assert server.stop() == 0
    assert not (data / "server.json").exists()
    assert not (data / "local-token").exists()
    assert "Traceback" not in (workspace / "server.log").read_text()


def _line(server: ServerProcess) -> str:
    assert server.process.stdout is not None
    return server.process.stdout.readline()


def test_the_token_of_a_server_ends_with_it_and_a_login_does_not(workspace: Path) -> None:
    with server_process(workspace) as first, first.client() as client:
        client.cookies.clear()
        secret = first.login_link().partition("#")[2]
        cookie = client.post("/api/v1/login", json={"token": secret}).headers["set-cookie"]
        session = cookie.partition("=")[2].partition(";")[0]
        first.kill()
    with server_process(workspace) as second:
        name = f"concertmaster_{second.url.rpartition(':')[2]}"
        with second.client(headers=first.headers) as client:
            assert client.get("/api/v1/me").status_code == 401
        with second.client(headers={"Cookie": f"{name}={session}"}) as client:
            assert client.get("/api/v1/me").json()["name"] == "owner"


def test_a_second_server_on_the_folder_is_refused_with_the_address_of_the_first(workspace: Path) -> None:
    with server_process(workspace) as server:
        second = run_command(workspace, "up", "--port", "0")
        assert second.returncode == 1
        assert server.url in second.stderr
        assert "--data-dir" in second.stderr
        with server.client() as client:
            assert client.get("/readyz").status_code == 200
    assert run_command(workspace, "executions", "list").returncode == 0


def test_a_port_in_use_is_named_and_nothing_is_left_behind(workspace: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_command(workspace, "up", "--port", port)
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in done.stderr
    assert "--port" in done.stderr
    assert sorted(path.name for path in (workspace / ".concertmaster").iterdir()) == ["lock"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--host", "0.0.0.0"), 2, "no TLS yet"),
        (("--port", "99999"), 2, "99999"),
        (("--data-dir", "/proc/nowhere"), 1, "--data-dir"),
        (("--data-dir", "a-file"), 1, "--data-dir"),
    ],
)
def test_what_cannot_work_is_refused_with_a_remedy(
    workspace: Path, words: tuple[str, ...], code: int, text: str
) -> None:
    (workspace / "a-file").write_text("")
    done = run_command(workspace, "up", *words)
    assert (done.returncode, text in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(workspace: Path) -> None:
    (workspace / "locked").mkdir(mode=0o500)
    done = run_command(workspace, "up", "--data-dir", "locked")
    assert (done.returncode, "locked" in done.stderr) == (1, True)


def test_a_killed_server_goes_on_with_what_it_acknowledged(workspace: Path) -> None:
    with server_process(workspace) as server, server.client() as client:
        for body in (document(), pausing(seconds=2)):
            client.post("/api/v1/workflows", json=body).raise_for_status()
        ids = [client.post("/api/v1/workflows/pausing/executions", json={}).json()["id"] for _ in range(5)]
        client.get(f"/api/v1/executions/{ids[-1]}/events?after=2&wait=5")
        server.kill()
    with server_process(workspace) as server, server.client() as client:
        for execution_id in ids:
            after, kinds = 0, []
            while "execution.succeeded" not in kinds:
                page = client.get(f"/api/v1/executions/{execution_id}/events?after={after}&wait=10").json()
                kinds += [event["kind"] for event in page["items"]]
                after = page["next"]
            assert kinds.count("execution.created") == 1
            assert after == len(kinds)


FORKS = """
import os
import time
from concertmaster import node

@node(id="test.forks")
def forks() -> int:
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
        os._exit(0)
    return pid
"""


def test_what_a_node_forked_keeps_neither_folder_nor_port(workspace: Path) -> None:
    (workspace / "nodes" / "forking.py").write_text(FORKS)
    body = {
        "concertmaster": 1,
        "name": "f",
        "nodes": {"a": {"type": "test.forks"}},
        "outputs": {"pid": "{{ nodes.a }}"},
    }
    with server_process(workspace) as server, server.client() as client:
        client.post("/api/v1/workflows", json=body).raise_for_status()
        pid = client.post("/api/v1/workflows/f/executions?wait=20", json={}).json()["outputs"]["pid"]
        server.kill()
    try:
        os.kill(pid, 0)
        with server_process(workspace, "--port", server.url.rpartition(":")[2]) as second:
            assert second.url == server.url
    finally:
        os.kill(pid, signal.SIGKILL)


def test_open_streams_do_not_keep_the_server_from_ending(workspace: Path) -> None:
    with (
        server_process(workspace) as server,
        server.client() as client,
        client.stream("GET", "/api/v1/stream/sse?topic=executions") as answer,
    ):
        assert answer.status_code == 200
        assert server.stop() == 0


def test_a_stale_server_file_misleads_nobody(workspace: Path) -> None:
    with server_process(workspace) as server:
        server.kill()
    assert (workspace / ".concertmaster" / "server.json").exists()
    listed = run_command(workspace, "executions", "list", "--json")
    assert (listed.returncode, json.loads(listed.stdout)["items"]) == (0, [])


def test_what_asks_a_server_loads_none_of_its_parts(workspace: Path) -> None:
    code = (
        "import sys\nfrom concertmaster.cli.main import main\nparts = {'fastapi', 'sqlalchemy', 'uvicorn', 'duckdb'}\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print(sorted(parts & sys.modules.keys()), 'concertmaster.engine.runner' in sys.modules)"
    )
    # A server that runs answers them; the engine would be hundreds of modules for nothing.
    with server_process(workspace):
        for words in (["executions", "list"], ["nodes", "list"], ["workflows", "list"], ["triggers", "list"]):
            done = subprocess.run(
                [sys.executable, "-c", code, *words],
                cwd=workspace,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[] False"), (words, done.stderr)


def test_the_demo_without_its_data_says_what_to_install(workspace: Path) -> None:
    # -S leaves site-packages out of the search for files; the package's own path comes in by hand.
    code = (
        "import sys; from importlib.machinery import PathFinder\n"
        "from pathlib import Path; from concertmaster.cli import demo; from concertmaster.cli.terminal import console\n"
        "sys.path[:] = [p for p in sys.path if 'site-packages' not in p]\n"
        "demo.install_files(Path('.'), console())"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", code], cwd=workspace, env=environment(), capture_output=True, text=True, check=False
    )
    assert "pip install 'concertmaster[demo]'" in done.stderr
    assert not (workspace / "flights.csv").exists()
