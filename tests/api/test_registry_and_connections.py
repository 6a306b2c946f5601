"""Routes of node types, registry, connections and operations."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from concertmaster.runtime import Runtime
from factories import document


async def test_every_node_type_is_listed_with_what_palette_and_form_need(client: httpx.AsyncClient) -> None:
    items = {item["id"]: item for item in (await client.get("/node-types")).json()["items"]}
    assert {"file.read", "table.sql", "http.request", "testing.pause"} <= items.keys()
    sql = items["table.sql"]
    assert sql["schema"]["type"] == "object"
    assert sql["docs"]
    assert (await client.get("/node-types/table.sql")).json() == sql
    assert (await client.get("/node-types/table.sql?version=1")).json() == sql


async def test_unknown_node_types_answer_404_with_the_near_miss(client: httpx.AsyncClient) -> None:
    answer = await client.get("/node-types/table.sqll")
    assert (answer.status_code, answer.json()["code"]) == (404, "node_type.not_found")
    assert "table.sql" in answer.json()["detail"]
    assert (await client.get("/node-types/table.sql?version=99")).status_code == 404
    assert (await client.post("/node-types/none/validate", json={"config": {}})).status_code == 404


async def test_a_config_is_checked_with_pointers_relative_to_it(client: httpx.AsyncClient) -> None:
    good = await client.post("/node-types/file.read/validate", json={"config": {"path": "a.csv"}})
    assert good.json() == {"items": []}
    bad = await client.post("/node-types/file.read/validate", json={"config": {"path": 7, "shelf": "x"}})
    assert {problem["pointer"] for problem in bad.json()["items"]} == {"/path", "/shelf"}
    missing = await client.post("/node-types/file.read/validate", json={"config": {}})
    assert [problem["severity"] for problem in missing.json()["items"]] == ["error"]
    assert (await client.post("/node-types/file.read/validate", json={"conf": {}})).status_code == 422


async def test_the_registry_tells_its_sources(client: httpx.AsyncClient) -> None:
    state = (await client.get("/registry")).json()
    assert state["mode"] == "dynamic"
    sources = {source["name"]: source for source in state["sources"]}
    assert sources["built-in"]["status"] == "active"
    assert "testing.pause@1" in sources["testing.py"]["types"]


async def test_a_connection_goes_in_and_its_values_never_come_out(client: httpx.AsyncClient, workspace: Path) -> None:
    body = {"name": "shop", "type": "http", "values": {"token": "s3cr3t-value", "base_url": "https://x.test"}}
    made = await client.post("/connections", json=body)
    assert (made.status_code, made.json()["fields"]) == (201, ["base_url", "token"])
    answers = [await client.get("/connections"), await client.get("/connections/shop"), made]
    assert not any("s3cr3t" in answer.text for answer in answers)
    files = [path for path in (workspace / ".concertmaster").rglob("*") if path.is_file()]
    assert not any(b"s3cr3t" in path.read_bytes() for path in files)


async def test_connections_are_replaced_and_deleted_only_on_purpose(client: httpx.AsyncClient) -> None:
    body = {"name": "shop", "type": "http", "values": {"token": "one"}}
    await client.post("/connections", json=body)
    again = await client.post("/connections", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "connection.exists")
    replaced = await client.put(
        "/connections/shop", json={"type": "http", "values": {"header": "X-Key", "value": "two"}}
    )
    assert replaced.json()["fields"] == ["header", "value"]
    assert (await client.put("/connections/none", json={"type": "http", "values": {"token": "b"}})).status_code == 404
    assert (await client.delete("/connections/shop")).status_code == 204
    assert (await client.delete("/connections/shop")).status_code == 404
    assert (await client.get("/connections/shop")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Not a name", "type": "http", "values": {"token": "hush-hush"}},
        {"name": "shop", "type": "http", "values": {}},
        {"name": "shop", "type": "http", "values": {"token": ["hush-hush"]}},
        {"name": "shop", "values": {"token": "hush-hush"}},
        {"name": "shop", "type": "http", "values": {"token": "hush-hush"}, "more": "hush-hush"},
    ],
)
async def test_refusing_a_connection_never_repeats_its_values(client: httpx.AsyncClient, body: object) -> None:
    answer = await client.post("/connections", json=body)
    assert answer.status_code == 422
    assert "hush" not in answer.text


async def test_the_engine_can_open_what_was_stored(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await client.post("/connections", json={"name": "shop", "type": "http", "values": {"token": "s3cr3t"}})
    opened = await runtime.connections.open("shop")
    assert (opened.type, opened.secret("token").reveal()) == ("http", "s3cr3t")
    assert "s3cr3t" not in repr(opened)


async def test_info_and_health(client: httpx.AsyncClient, workspace: Path) -> None:
    info = (await client.get("/info")).json()
    assert (info["workspace"], info["database"]) == (str(workspace), "sqlite")
    registry = {"registry": "dynamic", "detail": None}
    assert (await client.get("http://127.0.0.1:8000/healthz")).json() == {"status": "ok", **registry}
    assert (await client.get("http://127.0.0.1:8000/readyz")).json() == {"status": "ready", **registry}


async def test_a_missing_connection_is_a_problem_of_the_document(client: httpx.AsyncClient) -> None:
    nodes = {"call": {"type": "http.request", "config": {"url": "https://x.test", "connection": "shop"}}}
    body = document("call", inputs={}, nodes=nodes, edges=[], outputs={})
    refused = await client.post("/workflows", json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/nodes/call/config/connection"
    await client.post("/connections", json={"name": "shop", "type": "http", "values": {"token": "x"}})
    assert (await client.post("/workflows", json=body)).status_code == 201
