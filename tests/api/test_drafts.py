"""Routes of drafts, of the versions made of them, and of who has a workflow open."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api_client import make_client
from concertmaster.bootstrap import Runtime
from concertmaster.domain.access import Actor
from concertmaster.domain.errors import UserError
from factories import document

DRAFT = "/workflows/hello/draft"
VERSIONS = "/workflows/hello/versions"
PRESENCE = "/workflows/hello/presence"
IDS = itertools.count(1)


@pytest.fixture
async def hello(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a server with one published workflow."""
    (await client.post("/workflows", json=document())).raise_for_status()
    return client


def op(path: str, **parts: Any) -> dict[str, Any]:
    return {"id": f"op-{next(IDS)}", "path": path, **parts}


async def patch(client: httpx.AsyncClient, *ops: dict[str, Any], revision: int = 0, by: str = "tab") -> httpx.Response:
    return await client.patch(DRAFT, json={"client": by, "revision": revision, "ops": ops})


async def test_edits_go_to_the_draft_and_not_to_what_runs(hello: httpx.AsyncClient) -> None:
    before = (await hello.get(DRAFT)).json()
    assert (before["revision"], before["base_version"], before["published_version"]) == (0, 1, 1)
    assert (before["changed"], before["document"]["layout"]) == (False, {})
    ops = [op("/title", after="T"), op("/nodes/first/config/value/x", before="{{ inputs.n + 1 }}", after="{{ no")]
    answer = (await patch(hello, *ops)).json()
    assert answer == {"revision": 1, "applied": [one["id"] for one in ops], "conflicts": [], "ops": []}
    draft = (await hello.get(DRAFT)).json()
    assert (draft["revision"], draft["changed"], draft["document"]["title"]) == (1, True, "T")
    assert "title" not in (await hello.get("/workflows/hello")).json()["document"]
    # It does not validate, and is kept all the same; it is only not published.
    refused = await hello.post(VERSIONS, json={"revision": 1, "publish": True})
    assert (refused.status_code, refused.json()["code"]) == (422, "workflow.invalid")
    assert refused.json()["errors"][0]["pointer"].startswith("/nodes/first/config")
    made = await hello.post(VERSIONS, json={"revision": 1, "publish": False})
    assert (made.status_code, made.json()["published"]) == (201, 1)


async def test_a_conflict_shows_all_sides_and_what_others_did(hello: httpx.AsyncClient) -> None:
    mine, theirs = op("/title", after="mine"), op("/title", after="theirs")
    await patch(hello, theirs, by="other")
    answer = (await patch(hello, mine, op("/edges/first -> double", before=True))).json()
    assert answer["conflicts"] == [{"id": mine["id"], "path": "/title", "mine": "mine", "theirs": "theirs"}]
    (other,) = answer["ops"]
    assert (other["revision"], other["client"], other["actor"], other["op"]) == (1, "other", "local", theirs)
    gone = op("/nodes/gone/title", before=None, after="x")
    (conflict,) = (await patch(hello, gone, revision=2)).json()["conflicts"]
    assert conflict == {"id": gone["id"], "path": gone["path"], "before": None, "mine": "x"}


async def test_operations_can_be_fetched_from_any_revision(hello: httpx.AsyncClient) -> None:
    for number in range(3):
        await patch(hello, op(f"/nodes/n{number}", after={"type": "data.set"}), op(f"/layout/n{number}", after=[0, 1]))
    first = (await hello.get(f"{DRAFT}/ops", params={"limit": 2})).json()
    assert [item["revision"] for item in first["items"]] == [1, 1, 2, 2]
    rest = (await hello.get(f"{DRAFT}/ops", params={"after": first["next"], "limit": 2})).json()
    assert ([item["op"]["path"] for item in rest["items"]], rest["next"]) == (["/nodes/n2", "/layout/n2"], None)
    ahead = await hello.get(f"{DRAFT}/ops", params={"after": 9})
    assert (ahead.status_code, ahead.json()["code"]) == (409, "draft.ahead")
    # What was before a deletion is not kept.
    (await hello.delete("/workflows/hello")).raise_for_status()
    assert (await hello.get(DRAFT)).status_code == 404
    assert (await patch(hello, op("/title", after="x"))).status_code == 404
    (await hello.post("/workflows", json=document())).raise_for_status()
    for old in (await hello.get(f"{DRAFT}/ops"), await patch(hello, op("/title", after="x"))):
        assert (old.status_code, old.json()["code"]) == (410, "draft.too_old")
        assert "fetch the draft again" in old.json()["detail"]


async def test_versions_of_the_draft(hello: httpx.AsyncClient) -> None:
    await patch(hello, op("/title", after="T"))
    stale = await hello.post(VERSIONS, json={"revision": 0, "publish": True})
    assert (stale.status_code, stale.json()["code"]) == (409, "draft.moved")
    assert stale.json()["details"] == {"revision": 1}
    tested = (await hello.post(VERSIONS, json={"revision": 1, "publish": False, "origin": "test"})).json()
    assert (tested["version"], tested["published"], tested["origin"]) == (2, 1, "test")
    run = await hello.post("/workflows/hello/executions", json={"version": 2}, params={"wait": 20})
    assert run.json()["status"] == "succeeded"
    assert (await hello.get(DRAFT)).json()["changed"]
    both = {"revision": 1, "publish": True, "origin": "test"}
    assert (await hello.post(VERSIONS, json=both)).json()["code"] == "draft.test_published"
    made = await hello.post(VERSIONS, json={"revision": 1, "publish": True, "label": "Titled"})
    assert (made.status_code, made.headers["etag"]) == (201, '"3"')
    assert (made.json()["version"], made.json()["published"], made.json()["label"]) == (3, 3, "Titled")
    lines = (await hello.get(VERSIONS)).json()["items"]
    assert [(line["version"], line["published"], line["label"]) for line in lines] == [
        (3, True, "Titled"),
        (1, False, None),
    ]
    assert {line["created_by"] for line in lines} == {"local"}
    lines = (await hello.get(VERSIONS, params={"all": True})).json()["items"]
    assert [(line["version"], line["origin"]) for line in lines] == [(3, "save"), (2, "test"), (1, "save")]
    again = await hello.post(VERSIONS, json={"revision": 1, "publish": True})
    assert (again.status_code, again.json()["version"]) == (200, 3)


async def test_versions_are_named_published_and_restored(hello: httpx.AsyncClient) -> None:
    (await hello.put("/workflows/hello", json=document(title="two"))).raise_for_status()
    assert (await hello.patch(f"{VERSIONS}/1", json={"label": "First"})).json()["label"] == "First"
    assert (await hello.patch(f"{VERSIONS}/1", json={"label": ""})).json()["label"] is None
    long = await hello.patch(f"{VERSIONS}/1", json={"label": "x" * 201})
    assert (long.status_code, long.json()["code"]) == (422, "version.label")
    assert (await hello.post(f"{VERSIONS}/1/publish")).json()["published"]
    assert (await hello.get("/workflows/hello")).json()["published"] == 1
    restored = (await hello.post(f"{VERSIONS}/1/restore")).json()
    assert "title" not in restored["document"]
    assert (restored["changed"], restored["base_version"], restored["newest_version"]) == (True, 2, 2)
    discarded = (await hello.delete(DRAFT)).json()
    assert (discarded["changed"], discarded["document"]["title"]) == (False, "two")
    assert discarded["revision"] == restored["revision"] + 1
    for method, path in (("PATCH", ""), ("POST", "/publish"), ("POST", "/restore")):
        missing = await hello.request(method, f"{VERSIONS}/9{path}", json={"label": "x"})
        assert (missing.status_code, missing.json()["code"]) == (404, "workflow.version_not_found")


async def test_a_version_with_errors_is_not_published(hello: httpx.AsyncClient) -> None:
    broken = document(edges=["first -> nowhere"])
    (await hello.put("/workflows/hello", json=broken, params={"publish": False})).raise_for_status()
    refused = await hello.post(f"{VERSIONS}/2/publish")
    assert (refused.status_code, refused.json()["code"]) == (422, "workflow.invalid")
    assert (await hello.get("/workflows/hello")).json()["published"] == 1


async def test_triggers_are_those_of_the_version_that_is_published(hello: httpx.AsyncClient) -> None:
    trigger = {"type": "schedule", "config": {"cron": "0 6 * * *"}}
    await patch(hello, op("/triggers", after={"daily": trigger}))
    assert (await hello.get("/triggers")).json()["items"] == []
    (await hello.post(VERSIONS, json={"revision": 1, "publish": True})).raise_for_status()
    assert [one["name"] for one in (await hello.get("/triggers")).json()["items"]] == ["daily"]
    (await hello.post(f"{VERSIONS}/1/publish")).raise_for_status()
    assert (await hello.get("/triggers")).json()["items"] == []


async def test_a_renamed_draft_is_no_version_of_this_workflow(hello: httpx.AsyncClient) -> None:
    await patch(hello, op("/name", before="hello", after="other"))
    refused = await hello.post(VERSIONS, json={"revision": 1, "publish": False})
    assert (refused.status_code, refused.json()["code"]) == (422, "workflow.name_differs")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"client": "a", "revision": 0, "ops": [{"id": "1", "path": "no", "after": 1}]}, "draft.op"),
        ({"client": "a", "revision": 0, "ops": [{"id": "1", "path": "/a", "x": 1}]}, "request.invalid"),
        ({"client": "a", "revision": -1, "ops": []}, "request.invalid"),
        ({"client": "a", "revision": 2**70, "ops": []}, "request.invalid"),
        ({"client": "server", "revision": 0, "ops": []}, "draft.client"),
        ({"revision": 0, "ops": []}, "request.invalid"),
        ({"client": "a", "revision": 0}, "request.invalid"),
    ],
)
async def test_bad_edits_are_refused(hello: httpx.AsyncClient, body: dict[str, Any], code: str) -> None:
    answer = await hello.patch(DRAFT, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await hello.get(DRAFT)).json()["revision"] == 0


async def test_large_and_deep_edits_are_refused(hello: httpx.AsyncClient) -> None:
    head = '{"client": "a", "revision": 0, "ops": [{"id": "1", "path": "/vars", "after": '
    for levels in (128, 500, 9_000):
        text = head + '{"x":' * levels + "1" + "}" * levels + "}]}"
        answer = await hello.patch(DRAFT, content=text, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), levels
    large = await patch(hello, op("/description", after="x" * 70_000))
    assert (large.status_code, large.json()["code"]) == (413, "request.too_large")
    assert (await hello.get(DRAFT)).json()["revision"] == 0


async def test_who_only_reads_changes_nothing(hello: httpx.AsyncClient, app: FastAPI, runtime: Runtime) -> None:
    made = (await hello.post("/tokens", json={"name": "reader", "scopes": ["read"]})).json()
    async with make_client(app, headers={"Authorization": f"Bearer {made['token']}"}) as reader:
        assert (await reader.get(DRAFT)).is_success
        assert (await reader.get(f"{DRAFT}/ops")).is_success
        assert (await reader.get(VERSIONS)).is_success
        for answer in (
            await patch(reader, op("/title", after="x")),
            await reader.delete(DRAFT),
            await reader.post(f"{DRAFT}/base", json={"version": 1}),
            await reader.post(VERSIONS, json={"revision": 0, "publish": False}),
            await reader.patch(f"{VERSIONS}/1", json={"label": "x"}),
            await reader.post(f"{VERSIONS}/1/publish"),
            await reader.post(f"{VERSIONS}/1/restore"),
        ):
            assert answer.status_code == 403
    async with make_client(app) as nobody:
        assert (await nobody.get(DRAFT)).status_code == 401
    drafts, versions = runtime.drafts, runtime.versions
    for role in ("viewer", "operator"):
        actor = Actor(role, role)  # type: ignore[arg-type]
        for refused in (
            drafts.edit(actor, "hello", [op("/title", after="x")], client="a", revision=0),
            drafts.discard(actor, "hello"),
            drafts.rebase(actor, "hello", 1),
            drafts.restore(actor, "hello", 1),
            drafts.save(actor, "hello", revision=0, publish=False, label=None, origin="save"),
            versions.label(actor, "hello", 1, "x"),
            versions.publish(actor, "hello", 1),
        ):
            with pytest.raises(UserError) as caught:
                await refused
            assert caught.value.code == "access.denied"
        # They are seen by the others, too.
        (person,) = await runtime.workflow_feed.arrive(actor, "hello", client="v", node=None, path=[])
        runtime.workflow_feed.leave(actor, "hello", client="v")
        assert person.name == role
    assert (await hello.get(DRAFT)).json()["revision"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/draft"),
        ("DELETE", "/draft"),
        ("GET", "/draft/ops"),
        ("POST", "/versions"),
        ("GET", "/versions"),
        ("POST", "/versions/1/restore"),
        ("POST", "/versions/1/publish"),
        ("POST", "/presence"),
    ],
)
async def test_an_unknown_workflow_is_not_found(client: httpx.AsyncClient, method: str, path: str) -> None:
    body = {"client": "a"} if path == "/presence" else {"revision": 0, "publish": False}
    answer = await client.request(method, f"/workflows/none{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "workflow.not_found")


async def test_who_has_a_workflow_open(hello: httpx.AsyncClient) -> None:
    await hello.post(PRESENCE, json={"client": "one", "node": "first", "path": ["each"]})
    people = (await hello.post(PRESENCE, json={"client": "two"})).json()["people"]
    assert [(one["client"], one["name"], one["node"], one["path"]) for one in people] == [
        ("one", "local", "first", ["each"]),
        ("two", "local", None, []),
    ]
    assert (await hello.delete(PRESENCE, params={"client": "one"})).status_code == 204
    left = await hello.request("DELETE", PRESENCE, json={"client": "nobody"})
    assert left.status_code == 204
    assert [one["client"] for one in (await hello.post(PRESENCE, json={"client": "two"})).json()["people"]] == ["two"]


async def test_presence_is_bounded(hello: httpx.AsyncClient) -> None:
    answers = [await hello.post(PRESENCE, json={"client": f"c{number}"}) for number in range(25)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 5
    assert answers[-1].json()["code"] == "presence.too_many"
    assert answers[-1].headers["retry-after"] == "30"
    # Those that are there can go on.
    assert (await hello.post(PRESENCE, json={"client": "c0", "node": "first"})).is_success
    for body in ({"client": ""}, {"client": "a", "path": ["x"] * 65}, {"client": "a", "node": "x" * 201}):
        assert (await hello.post(PRESENCE, json=body)).status_code == 422
