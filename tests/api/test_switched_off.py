"""A node type that a setting has switched off says so, and what to do, at every door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.storage.data_folder import hold_data_folder
from server_process import run_command

REASON = (
    "shell.command is off on this server. Name the programs that it may run in the setting SHELL_ALLOW "
    "(CONCERTMASTER_SHELL_ALLOW) and restart"
)
NODES = {"a": {"type": "shell.command", "config": {"command": ["true"]}}}
DOCUMENT = {"concertmaster": 1, "name": "run", "nodes": NODES}


async def test_where_nothing_may_run(client: httpx.AsyncClient) -> None:
    listed = {item["id"]: item["disabled_reason"] for item in (await client.get("/node-types")).json()["items"]}
    assert {id_: reason for id_, reason in listed.items() if reason is not None} == {"shell.command": REASON}
    assert (await client.get("/node-types/shell.command")).json()["disabled_reason"] == REASON
    refused = await client.post("/workflows", json=DOCUMENT)
    (problem,) = [one for one in refused.json()["errors"] if one["code"] == "node.off"]
    assert (refused.status_code, problem["pointer"]) == (422, "/nodes/a/type")
    assert problem["fix"] in REASON


async def test_where_a_program_may_run(tmp_path: Path) -> None:
    settings = Settings.model_validate({"workspace": tmp_path, "shell_allow": "true"})
    with hold_data_folder(settings):
        async with (
            build(settings) as runtime,
            make_client(create_app(runtime, local_token=TOKEN), headers=LOCAL) as client,
        ):
            found: dict[str, Any] = (await client.get("/node-types/shell.command")).json()
            assert found["disabled_reason"] is None
            assert (await client.post("/workflows", json=DOCUMENT)).is_success


@pytest.mark.parametrize("words", [("list",), ("show", "shell.command")])
def test_in_the_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run_command(tmp_path, "nodes", *words)
    assert done.returncode == 0, done.stderr
    assert REASON in " ".join(done.stdout.split())
