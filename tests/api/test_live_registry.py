"""The registry of a running server: what is saved comes into service, what is broken does not, runs keep theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.storage.data_folder import hold_data_folder

HELLO = '''
from concertmaster import node

@node(id="acme.hello"{version}, effect="none"{more})
def hello({parameters}) -> str:
    """Say hello."""
    return {result}
'''


def hello(parameters: str = "name: str", *, result: str = "f'hello {name}'", version: str = "", more: str = "") -> str:
    return HELLO.format(parameters=parameters, result=result, version=version, more=more)


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` gives, once it gives something."""
    async with asyncio.timeout(60):
        while not (found := await look()):
            await asyncio.sleep(0.02)
        return found


async def source(client: httpx.AsyncClient, name: str) -> dict[str, Any] | None:
    state = (await client.get("/registry")).json()
    return next((one for one in state["sources"] if one["name"] == name and one["status"] != "probing"), None)


def served(client: httpx.AsyncClient, name: str, *, status: str = "active") -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        found = await source(client, name)
        return found if found and found["status"] == status else None

    return look


def runs(client: httpx.AsyncClient, expected: Any, *, type_: str = "acme.hello", config: Any = None) -> Any:
    """Whether a workflow with one node gives this now."""

    async def look() -> bool:
        return await run(client, type_, config or {"name": "Ann"}) == expected

    return look


async def run(client: httpx.AsyncClient, type_: str, config: dict[str, Any], *, name: str = "greet") -> Any:
    node = {"type": type_, "config": config}
    document = {"concertmaster": 1, "name": name, "nodes": {"a": node}, "outputs": {"said": "{{ nodes.a }}"}}
    stored = await client.post("/workflows", json=document)
    if not stored.is_success:
        return stored.json()
    ended = await client.post(f"/workflows/{name}/executions?wait=30", json={})
    return ended.json()["outputs"]["said"] if ended.json()["status"] == "succeeded" else ended.json()


async def test_a_saved_file_is_in_service_and_a_changed_one_takes_its_place(
    client: httpx.AsyncClient, workspace: Path
) -> None:
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    assert await run(client, "acme.hello", {"name": "Ann"}) == "hello Ann"
    file.write_text(hello(result="f'good day {name}'"))
    await until(runs(client, "good day Ann"))
    file.unlink()

    async def gone() -> bool:
        return (await client.get("/node-types/acme.hello")).status_code == 404

    await until(gone)
    assert await source(client, "greeting.py") is None


async def test_a_folder_that_did_not_exist_at_the_start(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            (tmp_path / "nodes").mkdir()
            (tmp_path / "nodes" / "greeting.py").write_text(hello())

            async def there() -> bool:
                return any(item["id"] == "acme.hello" for item in runtime.node_types.list(LOCAL_ADMIN))

            await until(there)


BAD = {
    "syntax": ("def f(:\n", "registry.import_failed", 1),
    "exit": ("import sys\nsys.exit(0)\n", "registry.import_failed", 2),
    "crash": ("import os\nos.abort()\n", "registry.crashed", 2),
    "other type": (hello("name: int"), "node.schema_changed", 4),
    "field gone": (hello("other: str = ''", result="other"), "node.schema_changed", 4),
    "field required": (hello("name: str, last: str"), "node.schema_changed", 4),
    "taken id": (hello().replace("acme.hello", "file.read"), "node.already_defined", 4),
}


@pytest.mark.parametrize(("text", "code", "line"), BAD.values(), ids=BAD)
async def test_the_last_good_version_stays_in_service(
    client: httpx.AsyncClient, workspace: Path, text: str, code: str, line: int
) -> None:
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    assert await run(client, "acme.hello", {"name": "Ann"}) == "hello Ann"
    file.write_text(text)
    broken = await until(served(client, "greeting.py", status="quarantined"))
    assert (broken["code"], broken["line"], broken["file"]) == (code, line, str(file))
    assert broken["types"] == ["acme.hello@1"]
    used = {"concertmaster": 1, "name": "used", "nodes": {"a": {"type": "acme.hello", "config": {"name": "Ann"}}}}
    told = (await client.post("/workflows/validate", json=used)).json()["items"]
    assert [(one["code"], one["severity"], one["pointer"]) for one in told] == [
        ("node.last_good", "warning", "/nodes/a/type")
    ]
    assert "what greeting.py has now could not be loaded" in told[0]["message"]
    assert (await client.get("/node-types/acme.hello")).json()["status"] == "last_good"
    assert await run(client, "acme.hello", {"name": "Ann"}) == "hello Ann"
    file.write_text(hello(result="f'mended {name}'"))
    await until(runs(client, "mended Ann"))
    assert (await client.get("/node-types/acme.hello")).json()["status"] == "active"


async def test_what_hangs_holds_up_nobody(client: httpx.AsyncClient, workspace: Path) -> None:
    """A hundred saves of a file that hangs are one import after the other; another file is in service meanwhile."""
    for number in range(3):
        (workspace / "nodes" / f"hangs{number}.py").write_text("import time\ntime.sleep(1000)\n")

    async def probing() -> bool:
        state = (await client.get("/registry")).json()
        return any(one["name"] == "hangs0.py" and one["status"] == "probing" for one in state["sources"])

    await until(probing)
    (workspace / "nodes" / "greeting.py").write_text(hello())
    await until(served(client, "greeting.py"))
    assert (await client.get("/node-types/acme.hello")).status_code == 200
    hung = await until(served(client, "hangs0.py", status="quarantined"))
    assert (hung["code"], hung["line"]) == ("registry.timed_out", 2)


async def test_compatible_changes_need_no_new_version(client: httpx.AsyncClient, workspace: Path) -> None:
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    file.write_text(hello("name: str = 'you', mark: str = '!'", result="f'hello {name}{mark}'"))
    await until(runs(client, "hello you!", config={"mark": "!"}))


async def test_a_change_in_place_is_accepted_on_purpose(client: httpx.AsyncClient, workspace: Path) -> None:
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    await run(client, "acme.hello", {"name": "Ann"})
    file.write_text(hello("name: int"))
    await until(served(client, "greeting.py", status="quarantined"))
    assert (await client.post("/registry/reload", json={"accept": ["none.py"]})).status_code == 422
    state = (await client.post("/registry/reload", json={"accept": ["greeting.py"]})).json()
    assert [one["status"] for one in state["sources"] if one["name"] == "greeting.py"] == ["active"]
    assert await run(client, "acme.hello", {"name": 3}) == "hello 3"


async def test_what_nobody_uses_may_change_in_place(client: httpx.AsyncClient, workspace: Path) -> None:
    """As the first edit of every new node does; later versions of the file may break it too, until it is used."""
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    for parameters in ("number: int", "other: str"):
        file.write_text(hello(parameters, result="str(number)" if parameters == "number: int" else "other"))

        async def there(parameters: str = parameters) -> bool:
            schema = (await client.get("/node-types/acme.hello")).json()["schema"]
            return list(schema["properties"]) == [parameters.partition(":")[0]]

        await until(there)
        found = await source(client, "greeting.py")
        assert found is not None
        assert found["status"] == "active"
    assert await run(client, "acme.hello", {"other": "me"}) == "me"


DRAFT = {"concertmaster": 1, "name": "draft", "nodes": {"a": {"type": "acme.hello", "config": {"name": "Ann"}}}}
WITHIN = {
    "concertmaster": 1,
    "name": "within",
    "nodes": {
        "all": {
            "type": "flow.for_each",
            "config": {"items": [1], "result": "{{ nodes.a }}"},
            "body": {"nodes": {"a": {"type": "acme.hello", "config": {"name": "Ann"}}}},
        }
    },
}
WAITS = {
    **DRAFT,
    "nodes": {"wait": {"type": "flow.wait", "config": {"duration": "1h"}}, **DRAFT["nodes"]},
    "edges": ["wait -> a"],
}


@pytest.mark.parametrize("use", ["draft", "within", "runs"])
async def test_what_somebody_uses_may_not_change_in_place(client: httpx.AsyncClient, workspace: Path, use: str) -> None:
    """Until the use has gone: the workflow is deleted, and the execution of it has ended."""
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    document = {"draft": DRAFT, "within": WITHIN, "runs": WAITS}[use]
    stored = await client.post(f"/workflows?publish={'false' if use == 'draft' else 'true'}", json=document)
    assert stored.is_success, stored.text
    started: dict[str, Any] = {}
    if use == "runs":
        started = (await client.post("/workflows/draft/executions", json={})).json()
        assert (await client.delete("/workflows/draft")).is_success
    file.write_text(hello("other: str", result="other"))
    broken = await until(served(client, "greeting.py", status="quarantined"))
    assert broken["code"] == "node.schema_changed"
    state = (await client.post("/registry/reload", json={})).json()
    assert {one["name"]: one["status"] for one in state["sources"]}["greeting.py"] == "quarantined"
    if use == "runs":
        await client.post(f"/executions/{started['id']}/cancel")

        async def ended() -> bool:
            return (await client.get(f"/executions/{started['id']}")).json()["status"] == "cancelled"

        await until(ended)
    else:
        assert (await client.delete(f"/workflows/{document['name']}")).is_success
    state = (await client.post("/registry/reload", json={})).json()
    assert {one["name"]: one["status"] for one in state["sources"]}["greeting.py"] == "active"


async def test_what_changed_while_no_server_ran_is_judged_by_its_use(workspace: Path) -> None:
    settings = Settings(workspace=workspace)
    file = workspace / "nodes" / "greeting.py"
    for number, parameters in enumerate(("name: str", "other: str")):
        file.write_text(hello(parameters, result=parameters.partition(":")[0]))
        with hold_data_folder(settings):
            async with build(settings, early=number == 1) as runtime:
                await asyncio.wait_for(runtime.loaded.wait(), 60)

                async def there(field: str = parameters.partition(":")[0]) -> bool:
                    return list(runtime.node_types.get(LOCAL_ADMIN, "acme.hello")["schema"]["properties"]) == [field]

                await until(there)


MIGRATES = '''
from concertmaster import node

def rename(config: dict) -> dict:
    return {"who": config["name"], "polite": True}

@node(id="acme.hello", version=2, effect="none", migrate=rename)
def hello(who: str, polite: bool = False) -> str:
    """Say hello."""
    return f"dear {who}" if polite else who
'''


async def test_versions_live_side_by_side_and_a_newer_one_is_offered(
    client: httpx.AsyncClient, workspace: Path
) -> None:
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    assert await run(client, "acme.hello", {"name": "Ann"}) == "hello Ann"
    file.write_text(MIGRATES)

    async def two() -> bool:
        return (await client.get("/node-types/acme.hello")).json()["versions"] == [1, 2]

    await until(two)
    # What was saved with version 1 goes on with it, although no file has it any more.
    pinned = (await client.get("/workflows/greet")).json()["document"]["nodes"]["a"]["type"]
    assert pinned == "acme.hello@1"
    ended = (await client.post("/workflows/greet/executions?wait=30", json={})).json()
    assert (ended["status"], ended["outputs"]) == ("succeeded", {"said": "hello Ann"})
    assert (await client.get("/node-types/acme.hello?version=1")).json()["status"] == "retained"
    changes = (await client.get("/node-types/acme.hello/changes?from=1")).json()
    assert (changes["to"], changes["breaking"], changes["migrates"]) == (2, True, True)
    assert [change["pointer"] for change in changes["changes"]] == [
        "/schema/properties/name",
        "/schema/properties/who",
        "/schema/properties/polite",
    ]
    moved = await client.post("/node-types/acme.hello/migrate", json={"from": 1, "config": {"name": "Ann"}})
    assert moved.json()["config"] == {"who": "Ann", "polite": True}
    assert moved.json()["problems"] == []
    assert await run(client, "acme.hello", moved.json()["config"]) == "dear Ann"
    failed = await client.post("/node-types/acme.hello/migrate", json={"from": 1, "config": {}})
    assert (failed.status_code, failed.json()["code"]) == (422, "node_type.migrate_failed")
    listed = (await client.get("/node-types?versions=all")).json()["items"]
    assert [item["version"] for item in listed if item["id"] == "acme.hello"] == [1, 2]


async def test_a_migrate_that_hangs_holds_up_nothing(
    client: httpx.AsyncClient, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("concertmaster.services.nodes.MIGRATE_SECONDS", 0.1)
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    file.write_text(MIGRATES.replace("    return {", "    import time\n    time.sleep(3600)\n    return {", 1))
    asked = {"from": 1, "config": {"name": "Ann"}}

    async def two() -> bool:
        return (await client.get("/node-types/acme.hello")).json()["versions"] == [1, 2]

    await until(two)
    answers = await asyncio.gather(*(client.post("/node-types/acme.hello/migrate", json=asked) for _ in range(40)))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(422, "node_type.migrate_failed")}
    assert "within 0.1 s" in answers[0].json()["detail"]


SLOW = '''
from pathlib import Path
from concertmaster import Context, node

@node(id="acme.wait", effect="none"{more})
def wait(context: Context) -> str:
    """Wait for a file."""
    (context.path("started", write=True)).write_text("")
    while not context.path("go").exists() and not context.cancelled():
        pass
    return "{said}"

@node(id="acme.last", effect="none"{more})
def last() -> str:
    """The last one."""
    return "{said}"
'''


@pytest.mark.parametrize("more", ["", ", isolation='process'"], ids=["here", "in a process"])
async def test_a_run_keeps_what_it_started_with(client: httpx.AsyncClient, workspace: Path, more: str) -> None:
    file = workspace / "nodes" / "slow.py"
    file.write_text(SLOW.format(said="old", more=more))
    await until(served(client, "slow.py"))
    document = {
        "concertmaster": 1,
        "name": "slow",
        "nodes": {"a": {"type": "acme.wait"}, "b": {"type": "acme.last"}},
        "edges": ["a -> b"],
        "outputs": {"said": "{{ [nodes.a, nodes.b] }}"},
    }
    assert (await client.post("/workflows", json=document)).is_success
    begun = (await client.post("/workflows/slow/executions", json={})).json()

    async def started() -> bool:
        return (workspace / "started").exists()

    await until(started)
    before = await source(client, "slow.py")
    file.write_text(SLOW.format(said="new", more=more))

    async def swapped() -> bool:
        now = await source(client, "slow.py")
        return now is not None and before is not None and now["hash"] != before["hash"]

    await until(swapped)
    (workspace / "go").write_text("")

    async def ended() -> Any:
        found = (await client.get(f"/executions/{begun['id']}")).json()
        return found if found["status"] in ("succeeded", "failed") else None

    assert (await until(ended))["outputs"] == {"said": ["old", "old"]}
    again = (await client.post("/workflows/slow/executions?wait=30", json={})).json()
    assert again["outputs"] == {"said": ["new", "new"]}


async def test_an_unknown_type_stays_where_it_is_with_its_config(client: httpx.AsyncClient, workspace: Path) -> None:
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    assert await run(client, "acme.hello", {"name": "Ann"}) == "hello Ann"
    file.unlink()

    async def gone() -> bool:
        return (await client.get("/node-types/acme.hello")).status_code == 404

    await until(gone)
    stored = (await client.get("/workflows/greet")).json()
    assert [problem["code"] for problem in stored["problems"]] == ["node.unknown_type"]
    document = stored["document"]
    assert document["nodes"]["a"] == {"type": "acme.hello@1", "config": {"name": "Ann"}}
    document["title"] = "Edited"
    refused = await client.put("/workflows/greet", json=document)
    assert refused.status_code == 422
    saved = await client.put("/workflows/greet?publish=false", json=document)
    assert saved.is_success
    kept = (await client.get("/workflows/greet")).json()["document"]
    assert kept["nodes"]["a"] == {"type": "acme.hello@1", "config": {"name": "Ann"}}
    refused = await client.post("/workflows/greet/executions?wait=30", json={})
    assert refused.status_code == 422
    file.write_text(hello())
    await until(served(client, "greeting.py"))
    ended = (await client.post("/workflows/greet/executions?wait=30", json={})).json()
    assert ended["outputs"] == {"said": "hello Ann"}


async def test_the_last_good_version_survives_a_restart(workspace: Path) -> None:
    file = workspace / "nodes" / "greeting.py"
    file.write_text(hello())
    settings = Settings(workspace=workspace)
    with hold_data_folder(settings):
        async with build(settings):
            pass
        file.write_text("def f(:\n")
        async with build(settings) as runtime:
            found = {one["name"]: one for one in runtime.node_types.state(LOCAL_ADMIN)["sources"]}["greeting.py"]
            assert (found["status"], found["types"], found["line"]) == ("quarantined", ["acme.hello@1"], 1)
            assert runtime.node_types.get(LOCAL_ADMIN, "acme.hello")["status"] == "last_good"


async def test_followers_are_told(runtime: Runtime, workspace: Path) -> None:
    following = runtime.registry_feed.follow(LOCAL_ADMIN)
    coming = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    (workspace / "nodes" / "greeting.py").write_text(hello())
    async with asyncio.timeout(60):
        batch = await coming
    assert b'"registry.changed"' in batch.lines[0].json
    assert b'"added":["acme.hello@1"]' in batch.lines[0].json
    await following.aclose()


async def test_metrics_count(client: httpx.AsyncClient, workspace: Path) -> None:
    (workspace / "nodes" / "bad.py").write_text("1 / 0\n")
    await until(served(client, "bad.py", status="quarantined"))
    await client.post("/node-types/file.read/validate", json={"config": {"path": 7}})
    text = (await client.get("http://127.0.0.1:8000/metrics")).text
    for line in (
        'concertmaster_registry_registration_failures_total{code="registry.import_failed"} 1.0',
        'concertmaster_registry_schema_validation_errors_total{at="config"} 1.0',
        "concertmaster_registry_reloads_total 1.0",
        "concertmaster_registry_load_timeouts_total 0.0",
        "concertmaster_registry_fallback 0.0",
        'concertmaster_registry_sources{status="quarantined"} 1.0',
    ):
        assert line in text, line
    assert "concertmaster_registry_load_seconds_count" in text
    assert "concertmaster_registry_registrations_total" in text


DECLARED = """\
concertmaster_node: 1
id: acme.ask
description: Ask.
config: {{name: {{type: string, description: Whom.}}}}
request: {{url: "http://127.0.0.1:1/{{{{ config.{field} }}}}"}}
"""


async def test_a_declared_node_is_reloaded_like_any_other(client: httpx.AsyncClient, workspace: Path) -> None:
    file = workspace / "nodes" / "ask.yaml"
    file.write_text(DECLARED.format(field="name"))
    await until(served(client, "ask.yaml"))
    assert (await client.get("/node-types/acme.ask")).json()["schema"]["required"] == ["name"]
    assert (await run(client, "acme.ask", {"name": "Ann"}))["error"]["code"] == "http.egress_refused"
    file.write_text(DECLARED.format(field="nam"))
    broken = await until(served(client, "ask.yaml", status="quarantined"))
    assert (broken["code"], broken["line"], broken["types"]) == ("node.bad_declaration", 5, ["acme.ask@1"])
    assert "there is no field `nam`; did you mean 'name'?" in broken["error"]
    assert (await client.get("/node-types/acme.ask")).json()["status"] == "last_good"
    file.unlink()

    async def gone() -> bool:
        return (await client.get("/node-types/acme.ask")).status_code == 404

    await until(gone)
