"""Settings in force and the audit, as the owner sees them: where each value comes from, never a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import FILE_NAME, read
from concertmaster.storage.data_folder import hold_data_folder
from factories import document

KEY = "a key that nobody is told of"


async def test_settings_say_where_they_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE_NAME).write_text('threads = 7\nlog_level = "warning"\n')
    monkeypatch.setenv("CONCERTMASTER_SECRET_KEY", KEY)
    monkeypatch.setenv("CONCERTMASTER_LOG_LEVEL", "error")
    monkeypatch.setenv("CONCERTMASTER_PORT", "9000")
    settings = read(workspace=tmp_path, port=9001)
    with hold_data_folder(settings):
        async with (
            build(settings) as runtime,
            make_client(create_app(runtime, local_token=TOKEN), headers=LOCAL) as client,
        ):
            answer = await client.get("/settings")
    assert KEY not in answer.text
    told = {item["name"].removeprefix("CONCERTMASTER_"): item for item in answer.json()["items"]}

    def of(name: str) -> tuple[Any, ...]:
        return tuple(told[name][key] for key in ("value", "origin", "is_set", "secret"))

    assert of("PORT") == ("9001", "command line", True, False)
    assert of("LOG_LEVEL") == ("error", "environment", True, False)
    assert of("THREADS") == ("7", "file", True, False)
    assert of("MAX_RUNNING") == ("10000", "default", True, False)
    assert of("SECRET_KEY") == ("", "environment", True, True)
    assert of("DATABASE_URL") == ("", "default", False, True)
    assert told["THREADS"]["help"]


async def test_the_audit_pages_without_gap_and_is_filtered(client: httpx.AsyncClient) -> None:
    for name in ("one", "two", "three"):
        (await client.post("/workflows", json=document(name))).raise_for_status()
    await client.delete("/workflows/two")
    whole = (await client.get("/audit")).json()
    deeds = [(line["action"], line["target"]) for line in whole["items"]]
    assert deeds[0] == ("workflow.delete", "workflow:two")
    assert whole["next"] is None
    assert {line["actor"] for line in whole["items"]} == {"local"}

    paged: list[dict[str, Any]] = []
    before: str | None = ""
    while before is not None:
        params = {"limit": 2, **({"before": before} if before else {})}
        page = (await client.get("/audit", params=params)).json()
        assert len(page["items"]) <= 2
        paged += page["items"]
        before = page["next"]
    assert paged == whole["items"]

    narrowed = (await client.get("/audit", params={"target": "workflow:two"})).json()["items"]
    assert {line["target"] for line in narrowed} == {"workflow:two"}
    deleted = (await client.get("/audit", params={"action": "workflow.delete"})).json()["items"]
    assert [line["target"] for line in deleted] == ["workflow:two"]
    assert (await client.get("/audit", params={"actor": "nobody"})).json()["items"] == []
    assert (await client.get("/audit", params={"before": "nonsense"})).status_code == 422


async def test_tokens_that_only_read_see_neither(client: httpx.AsyncClient, app: FastAPI) -> None:
    made = (await client.post("/tokens", json={"name": "reader", "scopes": ["read"]})).json()
    async with make_client(app, headers={**LOCAL, "Authorization": f"Bearer {made['token']}"}) as reader:
        assert (await reader.get("/settings")).status_code == 403
        assert (await reader.get("/audit")).status_code == 403
