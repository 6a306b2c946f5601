"""Routes of workflows: save, publish, read, check, delete, with bad input and missing things."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.runtime import Runtime
from concertmaster.services.documents import yaml_of
from factories import document

YAML = {"content-type": "application/yaml"}


async def test_a_document_is_saved_published_and_read_back_canonically(client: httpx.AsyncClient) -> None:
    saved = await client.post("/workflows", json=document())
    assert saved.status_code == 201
    body = saved.json()
    assert (body["name"], body["version"], body["published"]) == ("hello", 1, 1)
    assert body["document"]["nodes"]["first"]["type"] == "data.set@1"
    assert saved.headers["etag"] == '"1"'

    read = await client.get("/workflows/hello")
    assert read.json() == body
    assert list(read.json()["document"]) == ["concertmaster", "name", "inputs", "nodes", "edges", "outputs"]

    text = await client.get("/workflows/hello", headers={"accept": "application/yaml"})
    assert text.headers["content-type"].startswith("application/yaml")
    again = await client.post("/workflows", content=text.content, headers=YAML)
    assert again.status_code == 200
    assert again.json()["version"] == 1


async def test_a_changed_document_is_a_new_version_and_the_old_one_stays(client: httpx.AsyncClient) -> None:
    await client.post("/workflows", json=document())
    changed = await client.put("/workflows/hello?publish=false", json=document(title="Second"))
    assert (changed.status_code, changed.json()["version"], changed.json()["published"]) == (201, 2, 1)

    assert "title" not in (await client.get("/workflows/hello?version=1")).json()["document"]
    versions = (await client.get("/workflows/hello/versions")).json()["items"]
    assert [(item["version"], item["published"], item["node_count"]) for item in versions] == [
        (2, False, 2),
        (1, True, 2),
    ]


async def test_if_match_refuses_to_overwrite_what_somebody_else_saved(client: httpx.AsyncClient) -> None:
    await client.post("/workflows", json=document())
    await client.put("/workflows/hello", json=document(title="Theirs"))

    mine = await client.put("/workflows/hello", json=document(title="Mine"), headers={"if-match": '"1"'})
    assert (mine.status_code, mine.json()["code"]) == (412, "workflow.changed")
    assert (await client.get("/workflows/hello")).json()["document"]["title"] == "Theirs"

    good = await client.put("/workflows/hello", json=document(title="Mine"), headers={"if-match": '"2"'})
    assert good.status_code == 201
    bad = await client.put("/workflows/hello", json=document(), headers={"if-match": "two"})
    assert (bad.status_code, bad.json()["code"]) == (422, "request.if_match")


async def test_the_list_is_newest_change_first_and_pages(client: httpx.AsyncClient) -> None:
    for name in ("one", "two", "three"):
        await client.post("/workflows", json=document(name))
    await client.put("/workflows/one", json=document("one", title="Changed"))

    first = (await client.get("/workflows?limit=2")).json()
    assert [item["name"] for item in first["items"]] == ["one", "three"]
    second = (await client.get("/workflows", params={"limit": 2, "before": first["next"]})).json()
    assert [item["name"] for item in second["items"]] == ["two"]
    assert second["next"] is None
    assert first["items"][0]["last_execution"] is None


async def test_a_bad_cursor_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/workflows?before=nonsense")).status_code == 422
    assert (await client.get("/workflows?limit=0")).status_code == 422


async def test_delete_takes_it_out_of_the_list(client: httpx.AsyncClient) -> None:
    await client.post("/workflows", json=document())
    assert (await client.delete("/workflows/hello")).status_code == 204
    assert (await client.get("/workflows")).json()["items"] == []
    assert (await client.delete("/workflows/hello")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/workflows/none"),
        ("PUT", "/workflows/none"),
        ("DELETE", "/workflows/none"),
        ("GET", "/workflows/none/versions"),
        ("GET", "/workflows/hello?version=9"),
    ],
)
async def test_what_is_missing_answers_404(client: httpx.AsyncClient, method: str, path: str) -> None:
    await client.post("/workflows", json=document())
    answer = await client.request(method, path, json=document("none") if method == "PUT" else None)
    assert answer.status_code == 404
    assert answer.json()["code"].startswith("workflow.")


async def test_semantic_errors_refuse_publishing_but_not_saving(client: httpx.AsyncClient) -> None:
    wrong = document(edges=["first -> nowhere"])
    refused = await client.post("/workflows", json=wrong)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/edges/0"
    assert (await client.get("/workflows/hello")).status_code == 404

    saved = await client.post("/workflows?publish=false", json=wrong)
    assert (saved.status_code, saved.json()["published"]) == (201, None)
    assert [problem["pointer"] for problem in saved.json()["problems"]] == ["/edges/0"]


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"{", {"content-type": "application/json"}, "document.syntax"),
        (b"a: [", YAML, "document.syntax"),
        (b"", YAML, "document.empty"),
        (b"\xff\xfe", YAML, "document.encoding"),
        (b'{"concertmaster": 1, "name": "x", "nodez": {}}', {"content-type": "application/json"}, None),
    ],
)
async def test_what_cannot_be_read_is_refused_even_without_publishing(
    client: httpx.AsyncClient, content: bytes, headers: dict[str, str], code: str | None
) -> None:
    answer = await client.post("/workflows?publish=false", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    if code is not None:
        assert answer.json()["errors"][0]["code"] == code
    checked = await client.post("/workflows/validate", content=content, headers=headers)
    assert checked.status_code == 200
    assert checked.json()["document"] is None


async def test_validate_gives_problems_and_both_canonical_forms(client: httpx.AsyncClient) -> None:
    good = (await client.post("/workflows/validate", json=document())).json()
    assert good["items"] == []
    assert good["yaml"].startswith("concertmaster: 1\nname: hello\n")
    unknown = document(nodes={"first": {"type": "data.sett"}}, edges=[], outputs={})
    bad = (await client.post("/workflows/validate", json=unknown)).json()
    assert [(item["pointer"], item["severity"]) for item in bad["items"]] == [("/nodes/first/type", "error")]
    assert "data.set" in bad["items"][0]["fix"]
    assert (await client.get("/workflows")).json()["items"] == []


async def test_the_name_in_the_body_must_be_that_of_the_address(client: httpx.AsyncClient) -> None:
    await client.post("/workflows", json=document())
    answer = await client.put("/workflows/hello", json=document("other"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/name")


async def test_other_content_types_and_too_large_bodies_are_refused(client: httpx.AsyncClient) -> None:
    plain = await client.post("/workflows", content=b"x", headers={"content-type": "text/plain"})
    assert (plain.status_code, plain.json()["code"]) == (422, "request.content_type")
    large = await client.post("/workflows", content=b" " * (65 * 1024), headers=YAML)
    assert (large.status_code, large.json()["code"]) == (413, "request.too_large")

    async def pieces():
        for _ in range(70):
            yield b" " * 1024

    streamed = await client.post("/workflows", content=pieces(), headers=YAML)
    assert streamed.status_code == 413


async def test_a_large_document_is_checked_beside_the_loop(runtime: Runtime) -> None:
    nodes = {f"n{number}": {"type": "data.set", "config": {"value": number}} for number in range(10_000)}
    edges = [f"n{number} -> n{number + 1}" for number in range(9_999)]
    large = json.dumps(document("large", inputs={}, outputs={}, nodes=nodes, edges=edges)).encode()

    async def check() -> str:
        checked = await runtime.workflows.validate(LOCAL_ADMIN, large, format="json")
        assert checked.workflow is not None, checked.problems
        return await yaml_of(checked.workflow)

    asked = asyncio.create_task(check())
    latest, loop = 0.0, asyncio.get_running_loop()
    while not asked.done():
        due = loop.time() + 0.02
        await asyncio.wait({asked}, timeout=0.02)
        latest = max(latest, loop.time() - due)
    assert asked.result().startswith("concertmaster: 1\nname: large\n")
    assert latest < 0.3


async def test_what_a_call_names_is_looked_up(client: httpx.AsyncClient) -> None:
    greet = document("greet", inputs={"who": {"type": "string"}, "times": {"type": "integer"}}, nodes={}, edges=[])
    (await client.post("/workflows", json={**greet, "outputs": {}})).raise_for_status()

    async def problems(config: dict[str, Any], **more: Any) -> list[tuple[str, str, str]]:
        nodes = {"call": {"type": "flow.call", "config": config}}
        body = document("caller", inputs={}, nodes=nodes, edges=[], outputs={}, **more)
        checked = (await client.post("/workflows/validate", json=body)).raise_for_status().json()["items"]
        saved = (await client.post("/workflows", json=body, params={"publish": False})).raise_for_status().json()
        assert saved["problems"] == checked
        return [(item["code"], item["severity"], item["pointer"]) for item in checked]

    fine = {"workflow": "greet", "inputs": {"who": "Ada", "times": "{{ 2 }}"}}
    assert await problems(fine) == []
    assert await problems({**fine, "workflow": "{{ 'gr' ~ 'eet' }}"}) == []
    at = "/nodes/call/config"
    assert await problems({**fine, "version": 7}) == [("call.unknown_version", "warning", f"{at}/version")]
    assert await problems({**fine, "workflow": "gret"}) == [("call.unknown_workflow", "warning", f"{at}/workflow")]
    assert await problems({**fine, "workflow": "Greet me"}) == [("call.name", "error", f"{at}/workflow")]
    wrong = {"workflow": "greet", "inputs": {"whom": "Ada", "times": "two"}}
    assert sorted(await problems(wrong)) == [
        ("call.inputs", "warning", f"{at}/inputs"),
        ("call.inputs", "warning", f"{at}/inputs/times"),
        ("call.inputs", "warning", f"{at}/inputs/whom"),
    ]
    after = {"after": {"type": "workflow", "config": {"workflow": "greeet"}}}
    assert await problems(fine, triggers=after) == [
        ("call.unknown_workflow", "warning", "/triggers/after/config/workflow")
    ]
