"""Executions outlive the code they began with: it is kept by its hash, and found again after a restart."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from server_process import ServerProcess, server_process

pytestmark = pytest.mark.server
T = TypeVar("T")

SLOW = '''
import time
from concertmaster import Context, node

@node(id="acme.wait"{version}, effect="none"{more})
def wait(context: Context) -> str:
    """Wait for a file."""
    (context.path("started", write=True)).write_text("")
    while not context.path("go").exists() and not context.cancelled():
        time.sleep(0.01)
    return "{said}"

@node(id="acme.last"{version}, effect="none")
def last() -> str:
    """The last one."""
    return "{said}"
'''
CHAIN = {
    "concertmaster": 1,
    "name": "slow",
    "nodes": {"a": {"type": "acme.wait"}, "b": {"type": "acme.last"}},
    "edges": ["a -> b"],
    "outputs": {"said": "{{ [nodes.a, nodes.b] }}"},
}
LOOP = {
    "concertmaster": 1,
    "name": "slow",
    "nodes": {
        "all": {
            "type": "flow.for_each",
            "config": {"items": [1]},
            "body": {"nodes": {"a": {"type": "acme.wait"}, "b": {"type": "acme.last"}}, "edges": ["a -> b"]},
        },
        "end": {"type": "acme.last"},
    },
    "edges": ["all -> end"],
    "outputs": {"said": "{{ [nodes.all[0], nodes.end] }}"},
}


def slow(said: str, *, version: str = "", more: str = "") -> str:
    return SLOW.format(said=said, version=version, more=more)


def until(look: Callable[[], T | None]) -> T:
    """What `look` gives, once it gives something."""
    ends = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    return tmp_path / "nodes" / "slow.py"


@contextmanager
def serving(workspace: Path) -> Generator[httpx.Client]:
    with server_process(workspace) as server, _client(server) as client:
        yield client


def _client(server: ServerProcess) -> httpx.Client:
    return httpx.Client(base_url=f"{server.url}/api/v1", headers=server.headers, timeout=60, trust_env=False)


def begin(workspace: Path, document: dict[str, Any]) -> str:
    """An execution that is under way when its server is killed; its id."""
    with server_process(workspace) as server, _client(server) as client:
        assert client.post("/workflows", json=document).is_success
        begun = client.post("/workflows/slow/executions", json={}).json()["id"]
        until(lambda: (workspace / "started").exists() or None)
        server.kill()
    return begun


def forget(workspace: Path) -> None:
    """All code that the server keeps is gone."""
    shutil.rmtree(workspace / ".concertmaster" / "node-code")
    (workspace / ".concertmaster" / "registry.json").unlink()


def ended(client: httpx.Client, execution: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = client.get(f"/executions/{execution}").json()
        return found if found["status"] in ("succeeded", "failed", "interrupted") else None

    return until(look)


def started_anew(client: httpx.Client) -> dict[str, Any]:
    return client.post("/workflows/slow/executions?wait=30", json={}).json()


CHANGES: dict[str, tuple[str, Callable[[Path], object], str | None]] = {
    "the same version": ("", lambda file: file.write_text(slow("new")), "new"),
    "a new version": ("", lambda file: file.write_text(slow("new", version=", version=2")), "old"),
    "in a process": (
        ", isolation='process'",
        lambda file: file.write_text(slow("new", more=", isolation='process'")),
        "new",
    ),
    "removed": ("", Path.unlink, None),
    "broken": ("", lambda file: file.write_text("def f(:\n"), "old"),
}


@pytest.mark.parametrize("document", [CHAIN, LOOP], ids=["chain", "loop"])
@pytest.mark.parametrize(("more", "change", "after"), CHANGES.values(), ids=CHANGES)
def test_after_a_restart_it_goes_on_with_the_code_it_began_with(
    file: Path, document: dict[str, Any], more: str, change: Callable[[Path], object], after: str | None
) -> None:
    workspace = file.parent.parent
    file.write_text(slow("old", more=more))
    begun = begin(workspace, document)
    change(file)
    (workspace / "go").write_text("")
    with serving(workspace) as client:
        was = ended(client, begun)
        assert (was["status"], was["outputs"]) == ("succeeded", {"said": ["old", "old"]}), was["error"]
        fresh = started_anew(client)
        if after is None:
            assert fresh["code"] == "workflow.invalid"
        else:
            assert fresh["outputs"] == {"said": [after, after]}


def test_what_is_recorded(file: Path) -> None:
    workspace = file.parent.parent
    file.write_text(slow("old"))
    (workspace / "go").write_text("")
    with serving(workspace) as client:
        assert client.post("/workflows", json=CHAIN).is_success
        hash_ = client.get("/node-types/acme.wait").json()["source_hash"]
        begun = started_anew(client)
        created = client.get(f"/executions/{begun['id']}/events").json()["items"][0]
        assert created["data"]["code"] == {"acme.wait@1": hash_, "acme.last@1": hash_}
        plain = {"concertmaster": 1, "name": "plain", "nodes": {"a": {"type": "data.set", "config": {"value": 1}}}}
        assert client.post("/workflows", json=plain).is_success
        begun = client.post("/workflows/plain/executions?wait=30", json={}).json()
        assert client.get(f"/executions/{begun['id']}/events").json()["items"][0]["data"]["code"] == {}


@pytest.mark.parametrize("returns", ["old", "new"])
def test_a_type_that_is_gone_altogether_interrupts_until_it_returns(file: Path, returns: str) -> None:
    workspace = file.parent.parent
    file.write_text(slow("old"))
    begun = begin(workspace, CHAIN)
    file.unlink()
    forget(workspace)
    (workspace / "go").write_text("")
    with serving(workspace) as client:
        was = ended(client, begun)
        assert (was["status"], was["error"]["code"]) == ("interrupted", "node_type_missing")
        assert client.post(f"/executions/{begun}/resume", json={}).is_success
        assert ended(client, begun)["error"]["code"] == "node_type_missing"
        file.write_text(slow(returns))
        until(lambda: client.get("/node-types/acme.wait").is_success or None)
        assert client.post(f"/executions/{begun}/resume", json={}).is_success
        until(lambda: client.get(f"/executions/{begun}").json()["status"] == "succeeded" or None)
        assert ended(client, begun)["outputs"] == {"said": [returns, returns]}


def test_code_that_is_not_kept_is_not_silently_another(file: Path) -> None:
    workspace = file.parent.parent
    file.write_text(slow("old"))
    begun = begin(workspace, CHAIN)
    file.write_text(slow("new"))
    forget(workspace)
    (workspace / "go").write_text("")
    with serving(workspace) as client:
        was = ended(client, begun)
        assert (was["status"], was["error"]["code"]) == ("interrupted", "node_type_missing")
        assert "acme.last@1 has changed" in was["error"]["message"]
        assert client.post(f"/executions/{begun}/resume", json={}).is_success
        until(lambda: client.get(f"/executions/{begun}").json()["status"] == "succeeded" or None)
        assert ended(client, begun)["outputs"] == {"said": ["new", "new"]}


def test_a_journal_of_an_older_release_goes_on_with_what_is_in_service(file: Path) -> None:
    workspace = file.parent.parent
    file.write_text(slow("old"))
    begun = begin(workspace, CHAIN)
    database = sqlite3.connect(workspace / ".concertmaster" / "concertmaster.db")
    with database:
        query = "UPDATE events SET data = json_remove(data, '$.code') WHERE execution_id = ? AND seq = 1"
        assert database.execute(query, (begun,)).rowcount == 1
    database.close()
    file.write_text(slow("new"))
    (workspace / "go").write_text("")
    with serving(workspace) as client:
        was = ended(client, begun)
        assert (was["status"], was["outputs"]) == ("succeeded", {"said": ["new", "new"]}), was["error"]


BROKEN = '''
from concertmaster import node

@node(id="acme.sum", effect="none")
def total(numbers: list[int]) -> int:
    """The sum."""
    return {result}
'''


def _other_hash(client: httpx.Client, known: str) -> str | None:
    now = client.get("/node-types/acme.sum").json()["source_hash"]
    return None if now == known else now


def test_a_retry_takes_the_code_that_was_mended_and_keeps_to_it(file: Path) -> None:
    workspace = file.parent.parent
    (file.parent / "sums.py").write_text(BROKEN.format(result="1 // 0"))
    file.write_text(slow("old"))
    sums = {
        **CHAIN,
        "nodes": {"s": {"type": "acme.sum", "config": {"numbers": [1, 2]}}, "w": {"type": "acme.wait"}},
        "edges": ["s -> w"],
        "outputs": {"sum": "{{ nodes.s }}"},
    }
    with server_process(workspace) as server, _client(server) as client:
        assert client.post("/workflows", json=sums).is_success
        failed = started_anew(client)
        assert failed["error"]["code"] == "node.raised"
        first = client.get("/node-types/acme.sum").json()["source_hash"]
        (file.parent / "sums.py").write_text(BROKEN.format(result="sum(numbers)"))
        hash_ = until(lambda: _other_hash(client, first))
        assert client.post(f"/executions/{failed['id']}/retry", json={}).is_success
        until(lambda: (workspace / "started").exists() or None)
        events = client.get(f"/executions/{failed['id']}/events").json()["items"]
        retried = next(event for event in events if event["kind"] == "execution.retried")
        assert retried["data"]["code"]["acme.sum@1"] == hash_
        server.kill()
    (workspace / "go").write_text("")
    file.write_text(slow("new"))
    with serving(workspace) as client:
        assert ended(client, failed["id"])["outputs"] == {"sum": 3}
