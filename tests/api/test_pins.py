"""Pinned outputs: kept for a node, whatever becomes of the execution, and used where somebody asks for it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_calls import start, until
from concertmaster.bootstrap import Runtime
from concertmaster.domain.access import Actor
from concertmaster.domain.errors import UserError
from partial_runs import CHAIN, FORK, ask, plan, refused, run, save, setting, statuses, whole

LOOP: dict[str, Any] = {
    "type": "flow.for_each",
    "config": {"items": [1, 2]},
    "body": {
        "nodes": {"price": {"type": "testing.explode", "config": {"text": "x"}}, "sum": setting("{{ input + item }}")},
        "edges": ["price -> sum"],
    },
}


async def pin(client: httpx.AsyncClient, name: str, node: str, **body: Any) -> dict[str, Any]:
    return (await client.put(f"/workflows/{name}/pins/{node}", json=body)).raise_for_status().json()


async def pins(client: httpx.AsyncClient, name: str) -> list[dict[str, Any]]:
    return (await client.get(f"/workflows/{name}/pins")).raise_for_status().json()["items"]


async def test_a_pin_of_an_output(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    id_ = await whole(client, "chain", inputs={"n": 7})
    await whole(client, "chain")
    pinned = await pin(client, "chain", "b", execution=id_)
    assert pinned["origin"] == {"execution": id_, "node": "b"}
    assert (pinned["outlet"], pinned["kind"], pinned["summary"]["value"]) == ("out", "json", 8)
    assert await pins(client, "chain") == [pinned]
    assert await plan(client, "chain", partial={"only": "c"}, pins=True) == {
        **{"a": "skip", "b": "pin", "c": "run", "side": "skip"}
    }
    # The same in other words.
    shown = await run(client, "chain", partial={"only": "c"}, data="pinned")
    assert shown["nodes"]["c"]["outputs"]["out"]["value"] == 80
    assert shown["nodes"]["b"]["reused"] == {"execution": id_, "node": "b", "pinned": True, "at": pinned["at"]}
    # What was pinned there is no output of that execution.
    shown = await run(client, "chain", partial={"only": "c"})
    assert shown["nodes"]["c"]["outputs"]["out"]["value"] == 40
    assert (await client.delete("/workflows/chain/pins/b")).status_code == 204
    assert await pins(client, "chain") == []
    assert (await client.delete("/workflows/chain/pins/b")).json()["code"] == "pin.not_found"


async def test_a_pin_of_a_value_and_a_whole_run_with_it(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    typed = await pin(client, "chain", "b", value=5)
    assert typed["origin"] is None
    assert typed["by"]
    shown = await run(client, "chain", pins=True)
    assert statuses(shown) == dict.fromkeys(CHAIN["nodes"], "succeeded")
    assert shown["nodes"]["c"]["outputs"]["out"]["value"] == 50
    assert shown["partial"]
    assert shown["nodes"]["b"]["reused"]["execution"] is None
    assert shown["nodes"]["b"]["reused"]["pinned"]
    # Nothing else uses it.
    plain = await until(client, await start(client, "chain"), lambda one: one["status"] == "succeeded")
    assert plain["nodes"]["c"]["outputs"]["out"]["value"] == 40
    assert not plain["partial"]


async def test_a_pinned_node_behind_a_branch_that_is_not_taken_is_skipped(client: httpx.AsyncClient) -> None:
    await save(client, "fork", **FORK)
    await pin(client, "fork", "left", value="pinned left")
    yes = await run(client, "fork", pins=True, inputs={"yes": True})
    no = await run(client, "fork", pins=True, inputs={"yes": False})
    assert yes["nodes"]["join"]["outputs"]["out"]["value"] == ["pinned left", None]
    assert no["nodes"]["join"]["outputs"]["out"]["value"] == [None, "right"]
    assert statuses(no)["left"] == "skipped"
    # The outlet that is pinned is the one that is taken.
    assert (await client.put("/workflows/fork/pins/check", json={"value": 1})).json()["code"] == "pin.which_outlet"
    await pin(client, "fork", "check", value=1, outlet="false")
    shown = await run(client, "fork", pins=True, inputs={"yes": True})
    assert shown["nodes"]["join"]["outputs"]["out"]["value"] == [None, "right"]


async def test_nodes_in_a_body(client: httpx.AsyncClient) -> None:
    await save(client, "loop", nodes={"each": LOOP})
    await pin(client, "loop", "each/price", value=10)
    assert await plan(client, "loop", pins=True) == {"each": "run", "each/price": "pin"}
    shown = await run(client, "loop", pins=True)
    assert shown["nodes"]["each"]["outputs"]["out"]["value"] == [11, 12]
    shown = await run(client, "loop", partial={"only": "each"}, data="pinned")
    assert shown["nodes"]["each"]["outputs"]["out"]["value"] == [11, 12]
    # An output of an item.
    pinned = await pin(client, "loop", "each/sum", execution=shown["id"], path="1")
    assert pinned["summary"]["value"] == 12
    shown = await run(client, "loop", pins=True)
    assert shown["nodes"]["each"]["outputs"]["out"]["value"] == [12, 12]


async def test_bad_pins(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    await save(client, "other", nodes={"a": setting(1)})
    foreign, own = await whole(client, "other"), await whole(client, "chain")

    async def answer(node: str, name: str = "chain", **body: Any) -> tuple[int, str]:
        response = await client.put(f"/workflows/{name}/pins/{node}", json=body)
        return response.status_code, response.json()["code"]

    assert await answer("nobody", value=1) == (404, "node.not_found")
    assert await answer("a/b", value=1) == (404, "node.not_found")
    assert await answer("a", name="nowhere", value=1) == (404, "workflow.not_found")
    assert await answer("a", value=1, outlet="nobody") == (422, "pin.no_outlet")
    assert await answer("a", execution=foreign) == (422, "pin.other_workflow")
    assert await answer("a", execution="nobody") == (404, "execution.not_found")
    assert await answer("a", execution=own, outlet="error") == (404, "output.not_found")
    assert await answer("a", execution=own, value=1) == (422, "request.invalid")
    assert await answer("a") == (422, "request.invalid")
    assert await answer("a", value="x" * 70_000) == (413, "request.too_large")
    assert await pins(client, "chain") == []
    assert (await client.get("/workflows/nowhere/pins")).status_code == 404
    # A pin of a node that is gone, or of an outlet, is not used.
    await pin(client, "chain", "b", value=1)
    await save(client, "chain", nodes={"c": setting(1)})
    assert await plan(client, "chain", pins=True) == {"c": "run"}


async def test_a_value_is_small(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    editor = Actor("ann", "editor")
    with pytest.raises(UserError, match=r"1,048,576") as caught:
        await runtime.trying.pins.put_value(editor, "chain", "a", "x" * 2**20)
    assert caught.value.code == "pin.too_large"
    # What is too large for an event is an artifact.
    pinned = await runtime.trying.pins.put_value(editor, "chain", "b", "x" * 100_000)
    assert pinned.value.artifact is not None
    assert pinned.by == "ann"


async def test_who_may(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    with pytest.raises(UserError) as caught:
        await runtime.trying.pins.put_value(Actor("op", "operator"), "chain", "a", 1)
    assert caught.value.code.startswith("access.")
    with pytest.raises(UserError) as caught:
        await runtime.trying.pins.remove(Actor("op", "operator"), "chain", "a")
    assert caught.value.code.startswith("access.")
    assert await runtime.trying.pins.list(Actor("eve", "viewer"), "chain") == []


async def test_pins_go_with_their_workflow(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    await pin(client, "chain", "a", value=1)
    (await client.delete("/workflows/chain")).raise_for_status()
    assert (await client.get("/workflows/chain/pins")).status_code == 404
    await save(client, "chain", **CHAIN)
    assert await pins(client, "chain") == []


async def test_tables_are_given_without_being_read(client: httpx.AsyncClient) -> None:
    nodes = {
        "read": {"type": "file.read", "config": {"path": "cities.csv"}},
        "rows": setting("{{ nodes.read.rows }}"),
    }
    await save(client, "cities", nodes=nodes, edges=["read -> rows"])
    id_ = await whole(client, "cities")
    pinned = await pin(client, "cities", "read", execution=id_)
    assert pinned["kind"] == "table"
    assert pinned["rows"] > 0
    assert "artifact" not in pinned["summary"]
    shown = await run(client, "cities", partial={"only": "rows"}, pins=True)
    assert shown["nodes"]["rows"]["outputs"]["out"]["value"] == pinned["rows"]
    page = await client.get(f"/executions/{shown['id']}/nodes/read/output")
    assert page.raise_for_status().json()["total"] == pinned["rows"]


async def test_data_that_retention_has_removed(runtime: Runtime, client: httpx.AsyncClient) -> None:
    nodes = {
        "big": setting("x" * 30_000),
        "twice": setting("{{ input ~ input ~ input }}"),
        "size": setting("{{ input | length }}"),
    }
    await save(client, "big", nodes=nodes, edges=["big -> twice", "twice -> size"])
    id_ = await whole(client, "big")
    shown = (await client.get(f"/executions/{id_}")).json()
    assert "value" not in shown["nodes"]["twice"]["outputs"]["out"], "it has to be an artifact"
    artifacts = runtime.outputs._artifacts
    files = [path for folder in artifacts.folders() for path in (artifacts.root / folder).iterdir()]
    for path in files:
        path.unlink()
    assert await refused(client, "big", partial={"only": "size"}) == (409, "partial.no_data")
    assert await refused(client, "big", partial={"only": "size"}, data=id_) == (409, "partial.data_gone")
    response = await client.put("/workflows/big/pins/twice", json={"execution": id_})
    assert (response.status_code, response.json()["code"]) == (409, "pin.data_gone")
    # Who runs up to a node gets made anew what is gone.
    assert await plan(client, "big", partial={"until": "size"}) == {"big": "reuse", "twice": "run", "size": "run"}
    answer = await ask(client, "big", partial={"until": "size"})
    assert answer.status_code == 202
