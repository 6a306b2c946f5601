"""Nodes that misbehave: each costs its own attempt and nothing else; neither the server nor another node feels it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from factories import document
from server_process import ServerProcess, run_command, server_process

pytestmark = pytest.mark.server

SECRET = "tok&n/with=signs"

# `def` nodes run in threads, `async def` ones on the loop of plugins; both carry every case.
NODES = '''
import asyncio
from dataclasses import dataclass
from typing import Any

from concertmaster import Connection, Context, node


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@dataclass
class Box:
    token: str


def misbehave(how: str) -> Any:
    match how:
        case "mute":
            raise Mute
        case "surrogate":
            raise RuntimeError("half \\\\ud800 and \\\\0")
        case "huge":
            raise RuntimeError("x" * 20_000_000)
        case "exit":
            raise SystemExit(3)
        case "interrupt":
            raise KeyboardInterrupt
        case "base":
            raise BaseException("rare")
        case "cancelled":
            raise asyncio.CancelledError
        case "circle":
            circle: list[Any] = []
            circle.append(circle)
            return circle
        case "object":
            return {"a": [object()]}


@node(id="bad.thread", effect="none")
def thread(how: str) -> Any:
    """Misbehave in a thread."""
    return misbehave(how)


@node(id="bad.loop", effect="none")
async def loop(how: str) -> Any:
    """Misbehave on a loop."""
    return misbehave(how)


@node(id="bad.log", effect="none")
def log(context: Context) -> int:
    """Log what no database holds."""
    context.logger.info("half \\\\ud800 and \\\\0")
    return 1


@node(id="bad.leak", effect="none")
def leak(login: Connection["http"], how: str, context: Context) -> Any:
    """Give the secret away."""
    token = login.values["token"]
    context.logger.info("%s", login.values)
    return {"connection": login, "nested": {"a": [login]}, "object": Box(token), "raise": token}[how]
'''.replace("\\\\", "\\")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    workspace: Path = tmp_path_factory.mktemp("adversary")
    (workspace / "nodes").mkdir()
    (workspace / "nodes" / "bad.py").write_text(NODES)
    added = run_command(workspace, "connection", "add", "login", "-v", f"token={SECRET}")
    assert added.returncode == 0, added.stderr
    with server_process(workspace) as running:
        yield running


def _run(client: httpx.Client, type_: str, **config: Any) -> dict[str, Any]:
    body = document("bad", inputs={}, nodes={"a": {"type": type_, "config": config}}, edges=[], outputs={})
    client.post("/api/v1/workflows", json=body).raise_for_status()
    answer = client.post("/api/v1/workflows/bad/executions?wait=10", json={})
    assert answer.status_code == 200, "it never ended"
    return answer.json()


@pytest.mark.parametrize("type_", ["bad.thread", "bad.loop"])
@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("mute", "node.raised", "Mute"),
        ("surrogate", "node.raised", r"half \ud800 and \0"),
        ("huge", "node.raised", "xxx"),
        ("exit", "node.raised", "SystemExit(3)"),
        ("interrupt", "node.raised", "KeyboardInterrupt"),
        ("base", "node.raised", "rare"),
        ("cancelled", "node.raised", "CancelledError"),
        ("circle", "node.output_not_serialisable", "contains itself"),
        ("object", "node.output_not_serialisable", "/a/0"),
    ],
)
def test_a_node_that_misbehaves_fails_and_the_server_goes_on(
    server: ServerProcess, type_: str, how: str, code: str, words: str
) -> None:
    with server.client() as client:
        ended = _run(client, type_, how=how)
        assert (ended["status"], ended["error"]["node"], ended["error"]["code"]) == ("failed", "a", code)
        assert words in ended["error"]["message"]
        assert len(ended["error"]["message"]) < 10_000
        assert client.get("/readyz").status_code == 200


def test_a_log_line_that_no_database_holds_is_kept_with_escapes(server: ServerProcess) -> None:
    with server.client() as client:
        ended = _run(client, "bad.log")
        assert ended["status"] == "succeeded"
        lines = client.get(f"/api/v1/executions/{ended['id']}/logs").json()["items"]
        assert [line["text"] for line in lines] == [r"half \ud800 and \0"]


@pytest.mark.parametrize("how", ["connection", "nested", "object", "raise"])
def test_a_secret_does_not_leave_a_node_inside_of_an_object(server: ServerProcess, how: str) -> None:
    with server.client() as client:
        ended = _run(client, "bad.leak", login="login", how=how)
        assert ended["status"] == "succeeded"
        at = f"/api/v1/executions/{ended['id']}"
        shown = [client.get(f"{at}{part}").text for part in ("", "/events", "/logs", "/nodes/a/output")]
    assert "***" in shown[-1]
    assert SECRET not in "".join(shown)
    assert not [
        path
        for path in (server.workspace / ".concertmaster").rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nodes/more.py", "path.code"),
        ("concertmaster.toml", "path.settings"),
        (".concertmaster/secret.key", "path.data_folder"),
        ("{{ '../out.csv' }}", "path.outside_workspace"),
        ("nodes/bad.py/x.csv", "path.code"),
    ],
)
def test_a_workflow_cannot_write_what_the_server_would_run(server: ServerProcess, path: str, code: str) -> None:
    nodes = {
        "rows": {"type": "data.set", "config": {"value": [{"import os": 1}]}},
        "save": {"type": "file.write", "config": {"path": path, "format": "csv"}},
    }
    body = document("writer", inputs={}, nodes=nodes, edges=["rows -> save"], outputs={})
    with server.client() as client:
        client.post("/api/v1/workflows", json=body).raise_for_status()
        ended = client.post("/api/v1/workflows/writer/executions?wait=10", json={}).json()
    assert (ended["status"], ended["error"]["code"]) == ("failed", code)
    assert sorted(entry.name for entry in (server.workspace / "nodes").iterdir() if entry.suffix == ".py") == ["bad.py"]
