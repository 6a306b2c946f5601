"""Connections through the API: their types, what is kept, where they are used, given ones, the key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.storage.data_folder import hold_data_folder
from factories import document

SECRET = "s3cr3t-value-of-mine"


def post(client: httpx.AsyncClient, name: str, type_: str, **values: Any) -> Any:
    return client.post("/connections", json={"name": name, "type": type_, "values": values})


async def test_every_type_tells_its_fields_and_which_are_secret(client: httpx.AsyncClient) -> None:
    items = {item["id"]: item for item in (await client.get("/connection-types")).json()["items"]}
    assert {
        "postgres",
        "mysql",
        "sqlite",
        "duckdb",
        "http",
        "s3",
        "smtp",
        "sftp",
        "redis",
        "kafka",
        "slack",
    } <= items.keys()
    postgres = items["postgres"]["schema"]
    assert postgres["required"] == ["host", "username"]
    assert "writeOnly" in json.dumps(postgres["properties"]["password"])
    assert items["http"]["schema"]["properties"]["token"]["x-when"] == {"auth": ["bearer"]}


@pytest.mark.parametrize(
    ("type_", "values", "pointers"),
    [
        (
            "postgres",
            {"host": "db", "port": SECRET, "user": "ann"},
            {"/values/port", "/values/username", "/values/user"},
        ),
        ("http", {"auth": "bearer", "value": SECRET}, {"/values"}),
        ("http", {"token": SECRET, "tokn": SECRET}, {"/values/tokn"}),
        ("http", {"base_url": SECRET}, {"/values/base_url"}),
        ("slack", {"url": SECRET}, {"/values"}),
        ("sftp", {"host": "db", "username": "ann"}, {"/values"}),
        ("smtp", {"host": "a", "security": SECRET}, {"/values/security"}),
        ("shelf", {"number": 7}, {"/values/number"}),
        ("shelf", {}, {"/values"}),
    ],
)
async def test_values_that_do_not_fit_are_problems_and_never_quoted(
    client: httpx.AsyncClient, type_: str, values: dict[str, Any], pointers: set[str]
) -> None:
    answer = await post(client, "shop", type_, **values)
    assert (answer.status_code, answer.json()["code"]) == (422, "connection.invalid")
    assert {problem["pointer"] for problem in answer.json()["errors"]} == pointers
    assert SECRET not in answer.text
    assert (await client.get("/connections")).json()["items"] == []


async def test_fields_that_are_kept_stay_and_others_go(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await post(client, "db", "postgres", host="db.example", port="5433", username="ann", password=SECRET)
    body = {"type": "postgres", "values": {"username": "bob"}, "keep": ["password", "host", "none"]}
    replaced = await client.put("/connections/db", json=body)
    assert replaced.json()["fields"] == ["host", "password", "username"]
    opened = await runtime.connections.open("db")
    assert (opened.values["username"], opened.values["password"], opened.values["port"]) == ("bob", SECRET, 5432)
    assert "shop" not in str(opened.secrets() - {SECRET})
    assert opened.secrets() == {SECRET}


async def test_a_connection_that_is_used_is_deleted_only_by_force(client: httpx.AsyncClient) -> None:
    await post(client, "shop", "http", token=SECRET)
    nodes = {"call": {"type": "http.request", "config": {"url": "https://x.test", "connection": "shop"}}}
    loop = {"each": {"type": "flow.for_each", "config": {"items": [1]}, "body": {"nodes": nodes, "edges": []}}}
    for name, used in (("plain", nodes), ("looped", loop)):
        made = await client.post("/workflows", json=document(name, inputs={}, nodes=used, edges=[], outputs={}))
        assert made.status_code == 201
    uses = (await client.get("/connection-uses", params={"name": "shop"})).json()["items"]
    assert [(use["workflow"], use["published"], use["pointers"]) for use in uses] == [
        ("looped", True, ["/nodes/each/body/nodes/call/config/connection"]),
        ("plain", True, ["/nodes/call/config/connection"]),
    ]
    assert (await client.get("/connection-uses")).json()["items"] == uses
    refused = await client.delete("/connections/shop")
    assert (refused.status_code, refused.json()["code"]) == (409, "connection.in_use")
    assert "looped, plain" in refused.json()["detail"]
    assert (await client.delete("/connections/shop?force=true")).status_code == 204


async def test_values_are_tested_before_they_are_stored(client: httpx.AsyncClient, workspace: Path) -> None:
    (workspace / "shop.db").write_bytes(b"")
    good = await client.post("/connections/test", json={"type": "sqlite", "values": {"path": "shop.db"}})
    assert (good.status_code, good.json()["ok"]) == (200, True)
    await post(client, "shop", "sqlite", path="none.db")
    stored = await client.post("/connections/shop/test")
    assert (stored.json()["ok"], stored.json()["code"]) == (False, "failed")
    kept = {"type": "sqlite", "values": {}, "keep": ["path"], "name": "shop"}
    assert "none.db" in (await client.post("/connections/test", json=kept)).json()["message"]
    bad = await client.post("/connections/test", json={"type": "sqlite", "values": {}})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/values/path")
    assert (await client.post("/connections/none/test")).status_code == 404
    closed = await client.post("/connections/test", json={"type": "redis", "values": {"host": "127.0.0.1"}})
    assert closed.json()["code"] == "http.egress_refused"


async def test_a_new_key_wraps_everything_while_the_server_serves(
    client: httpx.AsyncClient, runtime: Runtime, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text("the first key of this test\n")
    settings = Settings(workspace=tmp_path / "other", secret_key_file=keys)
    settings.workspace.mkdir()
    with hold_data_folder(settings):
        async with build(settings) as made, make_client(create_app(made, local_token=TOKEN), headers=LOCAL) as api:
            for number in range(3):
                await post(api, f"shop-{number}", "http", token=f"{SECRET}{number}")
            keys.write_text("the second key of this test\nthe first key of this test\n")
            rotated = (await api.post("/connections/rotate-key")).json()
            assert (rotated["rewrapped"], rotated["failed"]) == (3, {})
            assert (await api.post("/connections/rotate-key")).json()["rewrapped"] == 0
            keys.write_text("the second key of this test\n")
            await api.post("/connections/rotate-key")
            assert (await made.connections.open("shop-2")).values["token"] == f"{SECRET}2"
            keys.write_text("a third key that comes alone\n")
            lost = (await api.post("/connections/rotate-key")).json()
            assert sorted(lost["failed"]) == ["shop-0", "shop-1", "shop-2"]


async def test_given_connections_come_first_and_can_only_be_read(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mounted"
    (folder / "crm").mkdir(parents=True)
    for name, text in (("type", "http\n"), ("token", f"{SECRET}-file\n"), ("base_url", "https://crm.test")):
        (folder / "crm" / name).write_text(text)
    (folder / "shop.json").write_text(json.dumps({"type": "http", "token": "of the file"}))
    (folder / "broken.json").write_text(SECRET)
    monkeypatch.setenv("CONCERTMASTER_CONNECTION__SHOP", json.dumps({"type": "http", "base_url": "https://shop.test"}))
    monkeypatch.setenv("CONCERTMASTER_CONNECTION__SHOP__TOKEN", f"{SECRET}-env")
    settings = Settings(workspace=workspace, secret_key="a key for tests only", connections_dir=folder)
    with hold_data_folder(settings):
        async with build(settings) as made, make_client(create_app(made, local_token=TOKEN), headers=LOCAL) as api:
            assert (await made.connections.open("shop")).values["token"] == f"{SECRET}-env"
            assert (await made.connections.open("crm")).values["token"] == f"{SECRET}-file"
            listed = await api.get("/connections")
            lines = {item["name"]: item for item in listed.json()["items"]}
            assert {name: (line["source"], line["read_only"]) for name, line in lines.items()} == {
                "broken": ("file", True),
                "crm": ("file", True),
                "shop": ("environment", True),
            }
            assert lines["shop"]["place"] == "CONCERTMASTER_CONNECTION__SHOP"
            assert "not JSON" in lines["broken"]["problem"]
            assert SECRET not in listed.text
            refused = [
                await post(api, "shop", "http", token="x"),
                await api.put("/connections/shop", json={"type": "http", "values": {"token": "x"}}),
                await api.delete("/connections/shop"),
            ]
            assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
                (409, "connection.read_only")
            ] * 3
            nodes = {"call": {"type": "http.request", "config": {"url": "https://x.test", "connection": "crm"}}}
            made_workflow = await api.post(
                "/workflows", json=document("call", inputs={}, nodes=nodes, edges=[], outputs={})
            )
            assert made_workflow.status_code == 201
            broken = await api.post("/connections/broken/test")
            assert (broken.status_code, broken.json()["code"]) == (422, "connection.invalid")
