"""Static and dynamic: the frozen manifest, the fallback to it, and the way back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.storage.data_folder import hold_data_folder
from server_process import run_command, server_process

HELLO = '''
from concertmaster import node

@node(id="acme.hello", effect="none")
def hello(name: str = "you") -> str:
    """Say hello."""
    return f"hello {name}"
'''
DOCUMENT = {
    "concertmaster": 1,
    "name": "greet",
    "nodes": {"a": {"type": "acme.hello"}},
    "outputs": {"said": "{{ nodes.a }}"},
}


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    """A workspace whose manifest was written by the command, moved to another place since."""
    before = tmp_path / "before"
    (before / "nodes").mkdir(parents=True)
    (before / "nodes" / "greeting.py").write_text(HELLO)
    done = run_command(before, "nodes", "freeze")
    assert done.returncode == 0, done.stderr
    assert "1 node types from 1 sources" in done.stdout
    assert not (before / ".concertmaster").exists(), "nothing is made in the data folder without a server"
    return before.rename(tmp_path / "after")


def failing(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout
    return done.stderr


async def test_static_serves_what_was_frozen_whatever_is_there_now(frozen: Path) -> None:
    (frozen / "nodes" / "greeting.py").write_text("def f(:\n")
    (frozen / "nodes" / "other.py").write_text(HELLO.replace("acme.hello", "acme.other"))
    settings = Settings(workspace=frozen, registry_mode="static")
    with hold_data_folder(settings):
        async with (
            build(settings) as runtime,
            make_client(create_app(runtime, local_token=TOKEN), headers=LOCAL) as client,
        ):
            state = (await client.get("/registry")).json()
            assert (state["mode"], state["trouble"]) == ("static", None)
            assert [source["name"] for source in state["sources"]] == ["built-in", "greeting.py"]
            assert (await client.post("/workflows", json=DOCUMENT)).is_success
            ended = (await client.post("/workflows/greet/executions?wait=30", json={})).json()
            assert ended["outputs"] == {"said": "hello you"}
            health = (await client.get("http://127.0.0.1:8000/healthz")).json()
            assert health == {"status": "ok", "registry": "static", "detail": None}


async def test_static_without_a_manifest_does_not_start(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path, registry_mode="static")
    with hold_data_folder(settings), pytest.raises(UserError, match="nodes freeze") as refused:
        async with build(settings):
            pass
    assert refused.value.code == "registry.no_manifest"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"concertmaster_nodes": 99}', '{"concertmaster_nodes": 1, "sources": [3]}']
)
async def test_a_manifest_that_is_none_is_refused(frozen: Path, text: str) -> None:
    (frozen / "concertmaster-nodes.json").write_text(text)
    settings = Settings(workspace=frozen, registry_mode="static")
    with hold_data_folder(settings), pytest.raises(UserError, match="nodes freeze") as refused:
        async with build(settings):
            pass
    assert refused.value.code == "registry.bad_manifest"


async def test_code_in_a_manifest_that_was_tampered_with_is_refused(frozen: Path) -> None:
    file = frozen / "concertmaster-nodes.json"
    file.write_text(file.read_text().replace("hello {name}", "bye {name}"))
    settings = Settings(workspace=frozen, registry_mode="static")
    with hold_data_folder(settings), pytest.raises(UserError, match="is not what it was"):
        async with build(settings):
            pass


async def test_loading_that_takes_too_long_falls_back_loudly_and_can_return(
    frozen: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slow = frozen / "nodes" / "slow.py"
    slow.write_text("import time\ntime.sleep(1000)\n")
    settings = Settings.model_validate({"workspace": frozen, "registry_budget": "2s", "registry_timeout": "60s"})
    with hold_data_folder(settings):
        async with (
            build(settings) as runtime,
            make_client(create_app(runtime, local_token=TOKEN), headers=LOCAL) as client,
        ):
            assert "dynamic loading of node types is in trouble" in caplog.text
            state = (await client.get("/registry")).json()
            assert state["mode"] == "static"
            assert "registry_budget" in state["trouble"]
            assert str(frozen / "concertmaster-nodes.json") in state["trouble"]
            for path in ("healthz", "readyz"):
                health = (await client.get(f"http://127.0.0.1:8000/{path}")).json()
                assert health["registry"] == "fallback"
                assert "in trouble" in health["detail"]
                assert str(frozen) not in health["detail"], "anybody may ask"
            metrics = (await client.get("http://127.0.0.1:8000/metrics")).text
            assert "concertmaster_registry_fallback 1.0" in metrics
            assert (await client.post("/workflows", json=DOCUMENT)).is_success
            ended = (await client.post("/workflows/greet/executions?wait=30", json={})).json()
            assert ended["outputs"] == {"said": "hello you"}
            refused = await client.post("/registry/reload", json={})
            assert (refused.status_code, refused.json()["code"]) == (503, "registry.fallback")
            slow.unlink()
            back = (await client.post("/registry/reload", json={})).json()
            assert (back["mode"], back["trouble"]) == ("dynamic", None)
            assert (await client.get("http://127.0.0.1:8000/healthz")).json()["registry"] == "dynamic"


async def test_without_a_manifest_the_fallback_serves_what_was_loaded(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "slow.py").write_text("import time\ntime.sleep(1000)\n")
    settings = Settings.model_validate({"workspace": tmp_path, "registry_budget": "1s", "registry_timeout": "60s"})
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            assert runtime.node_types.get(LOCAL_ADMIN, "file.read")
            assert "what was loaded so far is served" in (runtime.node_types.state(LOCAL_ADMIN)["trouble"] or "")
            with pytest.raises(OperationalError, match="registry_budget"):
                await runtime.node_types.reload(LOCAL_ADMIN)


def test_freeze_refuses_while_something_is_quarantined(frozen: Path) -> None:
    before = (frozen / "concertmaster-nodes.json").read_bytes()
    (frozen / "nodes" / "bad.py").write_text("1 / 0\n")
    told = failing(run_command(frozen, "nodes", "freeze"))
    assert "bad.py:1: could not be loaded" in told
    assert "ZeroDivisionError" in told
    assert (frozen / "concertmaster-nodes.json").read_bytes() == before


def test_list_and_show_tell_what_is_wrong(frozen: Path) -> None:
    (frozen / "nodes" / "bad.py").write_text("\n1 / 0\n")
    told = failing(run_command(frozen, "nodes", "list"))
    assert "bad.py:2: could not be loaded" in told
    shown = run_command(frozen, "nodes", "show", "bad.py")
    assert (shown.returncode, "quarantined" in shown.stdout) == (0, True)
    assert "ZeroDivisionError" in shown.stderr
    assert run_command(frozen, "nodes", "reload").returncode != 0, "no server runs"


def test_what_came_later_is_served_once_it_is_frozen_and_read_again(frozen: Path) -> None:
    """With a server that serves the manifest; until then, each command says what to do."""
    with server_process(frozen, env={"CONCERTMASTER_REGISTRY_MODE": "static"}) as server, server.client() as client:
        told = run_command(frozen, "nodes", "new", "later").stdout
        assert "concertmaster nodes freeze && concertmaster nodes reload   (registry_mode is static" in told
        done = run_command(frozen, "nodes", "reload")
        assert done.returncode == 0, done.stderr
        assert "registry_mode is static" in done.stdout
        assert "concertmaster nodes freeze" in done.stdout
        assert client.get("/api/v1/node-types/later.later").status_code == 404
        done = run_command(frozen, "nodes", "freeze")
        assert "2 node types from 2 sources" in done.stdout, done.stderr
        assert "concertmaster nodes reload" in done.stdout
        assert run_command(frozen, "nodes", "reload").returncode == 0
        assert client.get("/api/v1/node-types/later.later").status_code == 200
    assert "change" not in (frozen / "server.log").read_text(), "nothing is watched"


def test_what_runs_in_its_last_good_version_says_so(frozen: Path) -> None:
    (frozen / "greet.json").write_text(json.dumps(DOCUMENT))
    first = run_command(frozen, "run", "greet.json")
    assert (first.returncode, "last good" in first.stdout + first.stderr) == (0, False), first.stderr
    (frozen / "nodes" / "greeting.py").write_text("1 / 0\n")
    for command in ("run", "validate"):
        done = run_command(frozen, command, "greet.json")
        assert done.returncode == 0, done.stderr
        assert "what greeting.py has now could not be loaded" in done.stdout + done.stderr
