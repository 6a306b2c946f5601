"""While the node types are loaded for the first time: the server answers, and nothing starts."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.storage.data_folder import hold_data_folder
from server_process import environment
from warm_start import WarmProcess, start_warm

T = TypeVar("T")
HELLO = '''
import time
from concertmaster import Context, node

@node(id="acme.hello", effect="none")
def hello(name: str = "you") -> str:
    """Say hello."""
    return f"hello {name}"

@node(id="acme.wait", effect="none")
def wait(context: Context) -> int:
    """Wait for a file."""
    while not context.path("end").exists() and not context.cancelled():
        time.sleep(0.01)
    return 1
'''
# Its import lasts until the file is there, and a restart tries it anew.
HELD = """
import time
from pathlib import Path
while not (Path(__file__).parent.parent / "go").exists():
    time.sleep(0.01)
"""
DOCUMENT = {
    "concertmaster": 1,
    "name": "greet",
    "triggers": {
        "called": {"type": "webhook", "config": {"path": "greet", "auth": "none"}},
        "often": {"type": "schedule", "config": {"cron": "*/1 * * * * *"}},
    },
    "nodes": {"a": {"type": "acme.hello"}},
    "outputs": {"said": "{{ nodes.a }}"},
}
WAITING = {"concertmaster": 1, "name": "waiting", "nodes": {"a": {"type": "acme.wait"}}}


@pytest.fixture
def held(tmp_path: Path) -> Settings:
    """A workspace with a published workflow, and a module that holds the next start up until `go` is there."""
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "greeting.py").write_text(HELLO)
    (tmp_path / "nodes" / "held.py").write_text(HELD)
    return Settings.model_validate({"workspace": tmp_path, "registry_timeout": "60s", "registry_budget": "60s"})


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """What `look` gives, once it gives something."""
    async with asyncio.timeout(60):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.02)


async def test_what_needs_node_types_is_told_to_come_again_and_nothing_is_lost(held: Settings) -> None:
    go = held.resolved_workspace / "go"
    go.touch()
    with hold_data_folder(held):
        async with (
            build(held) as runtime,
            make_client(create_app(runtime, local_token=TOKEN), headers=LOCAL) as client,
        ):
            assert (await client.post("/workflows", json=WAITING)).is_success
            left = (await client.post("/workflows/waiting/executions", json={})).json()["id"]
            assert (await client.post("/workflows", json=DOCUMENT)).is_success
        go.unlink()
        # What has not changed is not tried again.
        (held.resolved_workspace / "nodes" / "held.py").write_text(HELD + "# Again.")
        async with (
            build(held, early=True) as runtime,
            make_client(create_app(runtime, local_token=TOKEN), headers=LOCAL) as client,
        ):
            before = {one["id"] for one in (await client.get("/executions")).json()["items"]}
            for method, path in REFUSED:
                refused = await client.request(method, path, json={})
                assert (refused.status_code, refused.json()["code"]) == (503, "registry.loading"), path
                assert refused.headers["Retry-After"] == "1"
            assert (await client.get("http://127.0.0.1:8000/healthz")).is_success
            state = (await client.get("/registry")).json()
            assert "held.py" in [one["name"] for one in state["sources"] if one["status"] == "probing"]
            # Its time has come, and so has the schedule's.
            (held.resolved_workspace / "end").touch()
            due = (await client.get("/triggers")).json()["items"]
            assert {one["name"] for one in due} == {"called", "often"}
            now = (await client.get(f"/executions/{left}")).json()
            assert now["status"] != "succeeded"
            assert {one["id"] for one in (await client.get("/executions")).json()["items"]} == before
            go.touch()

            async def ready() -> bool:
                return (await client.get("http://127.0.0.1:8000/readyz")).is_success

            await until(ready)
            transport = httpx.ASGITransport(create_app(runtime, local_token=TOKEN))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as caller:
                assert (await caller.post("/hooks/greet")).status_code == 202

            async def ended() -> bool:
                return (await client.get(f"/executions/{left}")).json()["status"] == "succeeded"

            await until(ended)

            async def fired() -> bool:
                listed = (await client.get("/executions?workflow=greet")).json()["items"]
                ended = [one for one in listed if one["id"] not in before and one["status"] == "succeeded"]
                return {one["trigger"]["type"] for one in ended} == {"schedule", "webhook"}

            await until(fired)


REFUSED = (
    ("GET", "http://127.0.0.1:8000/readyz"),
    ("POST", "/workflows/greet/executions"),
    ("POST", "http://127.0.0.1:8000/hooks/greet"),
    ("POST", "/triggers/greet/often/test"),
    ("POST", "/workflows/validate"),
    ("POST", "/registry/reload"),
    ("POST", "/registry/freeze"),
)


@pytest.mark.server
def test_run_waits_for_a_server_that_loads(held: Settings) -> None:
    workspace = held.resolved_workspace
    (workspace / "greet.json").write_text(json.dumps({**DOCUMENT, "triggers": {}}))
    settings = {**environment(), "CONCERTMASTER_REGISTRY_TIMEOUT": "60s", "CONCERTMASTER_REGISTRY_BUDGET": "60s"}
    with (workspace / "server.log").open("a+") as log, (workspace / "out").open("a+") as out:
        files = (log.fileno(), log.fileno(), log.fileno())
        server = start_warm(("up", "--port", "0"), files, cwd=workspace, env=settings)
        try:
            _until(lambda: (workspace / ".concertmaster" / "server.json").exists(), server)
            command = start_warm(
                ("run", "greet.json", "--json"), (log.fileno(), out.fileno(), log.fileno()), cwd=workspace, env=settings
            )
            # It was told to come again, and has not given up.
            _until(lambda: "registry.loading" in (workspace / "server.log").read_text(), server, command)
            assert "is ready" not in (workspace / "server.log").read_text()
            (workspace / "go").touch()
            assert command.wait(60) == 0, (workspace / "server.log").read_text()
            assert json.loads((workspace / "out").read_text())["outputs"] == {"said": "hello you"}
            server.send_signal(signal.SIGINT)
            assert server.wait(15) == 0
        finally:
            server.kill()


def _until(look: Callable[[], bool], *alive: WarmProcess) -> None:
    ends = time.monotonic() + 60
    while not look():
        assert time.monotonic() < ends
        assert all(process.poll() is None for process in alive)
        time.sleep(0.02)
