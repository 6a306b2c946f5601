"""Expressions that are tried out: what they give with the data of a run, what they may name, and what stops them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from api_calls import publish, start, status, until
from api_client import make_client
from concertmaster.domain.expression_values import BUDGET
from concertmaster.services.evaluate import UNITS
from factories import document, table_workflow


async def ran(client: httpx.AsyncClient, name: str, **body: Any) -> str:
    id_ = await start(client, name, **body)
    await until(client, id_, status("succeeded"))
    return id_


async def evaluate(client: httpx.AsyncClient, name: str, node: str, *texts: str, **more: Any) -> list[dict[str, Any]]:
    items = [{"pointer": f"/{number}", "text": text} for number, text in enumerate(texts)]
    answer = await client.post(f"/workflows/{name}/evaluate", json={"node": node, "items": items, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def save(client: httpx.AsyncClient, whole: dict[str, Any]) -> None:
    (await client.post("/workflows", json=whole)).raise_for_status()


def entry(scope: dict[str, Any], path: str) -> dict[str, Any]:
    waiting = list(scope["items"])
    for one in waiting:
        if one["path"] == path:
            return one
        waiting += one["children"]
    raise AssertionError(f"{path} is not among {[one['path'] for one in waiting]}")


async def scope_of(client: httpx.AsyncClient, name: str, node: str, **query: Any) -> dict[str, Any]:
    answer = await client.get(f"/workflows/{name}/scope", params={"node": node, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_expressions_give_what_they_would_in_the_newest_run(client: httpx.AsyncClient) -> None:
    await save(client, document())
    await ran(client, "hello", inputs={"n": 1})
    id_ = await ran(client, "hello", inputs={"n": 20})
    answer = await client.post(
        "/workflows/hello/evaluate", json={"node": "double", "items": [{"pointer": "/value", "text": "{{ input.x }}"}]}
    )
    assert answer.json() == {
        "execution": id_,
        "items": [{"pointer": "/value", "kind": "number", "preview": "21", "truncated": False, "value": 21}],
    }
    given = await evaluate(
        client, "hello", "double", "{{ nodes.first }}", "n is {{ inputs.n }}", "plain", "{{ execution.workflow }}"
    )
    assert [one["value"] for one in given] == [{"x": 21}, "n is 20", "plain", "hello"]
    older = (await client.get("/executions", params={"workflow": "hello"})).json()["items"][-1]["id"]
    assert (await evaluate(client, "hello", "double", "{{ input.x }}", execution=older))[0]["value"] == 2


async def test_an_expression_that_fails_says_why_and_where_and_fails_no_other(client: httpx.AsyncClient) -> None:
    await save(client, document())
    await ran(client, "hello")
    wrong, unknown, fine = await evaluate(
        client, "hello", "double", "ok {{ 1 + }}", "{{ input.y }}", "{{ input.x | round }}"
    )
    assert (wrong["error"]["code"], wrong["error"]["at"], wrong["kind"]) == ("expression.syntax", 3, None)
    assert unknown["error"]["message"].startswith("'y' is not there") or "y" in unknown["error"]["message"]
    assert fine["value"] == 4


async def test_the_document_that_is_edited_counts_for_wires_and_vars(client: httpx.AsyncClient) -> None:
    await save(client, document())
    await ran(client, "hello")
    edited = document(vars={"city": "Oslo"})
    edited["nodes"]["third"] = {"type": "data.set", "config": {}}
    edited["edges"] = ["first -> third"]
    given = await evaluate(client, "hello", "third", "{{ input.x }}", "{{ vars.city }}", document=edited)
    assert [one["value"] for one in given] == [4, "Oslo"]
    lost = await client.post(
        "/workflows/hello/evaluate", json={"node": "third", "items": [{"pointer": "", "text": "{{ 1 }}"}]}
    )
    assert (lost.status_code, lost.json()["code"]) == (404, "node.not_found")


async def test_before_the_first_run_only_what_the_document_says_is_there(client: httpx.AsyncClient) -> None:
    await save(client, document(vars={"city": "Oslo"}))
    given = await evaluate(client, "hello", "double", "{{ inputs.n }}", "{{ vars.city }}", "{{ input.x }}")
    assert [one.get("value") for one in given] == [3, "Oslo", None]
    assert given[2]["error"]["code"] == "evaluate.no_data"
    assert "run the workflow" in given[2]["error"]["message"]


async def test_secret_inputs_stay_secret(client: httpx.AsyncClient) -> None:
    inputs = {"token": {"type": "string", "format": "password"}, "n": {"type": "integer", "default": 1}}
    await save(client, document(inputs=inputs))
    await ran(client, "hello", inputs={"token": "swordfish-and-more"})
    one, whole, n = await evaluate(client, "hello", "first", "{{ inputs.token }}", "{{ inputs }}", "{{ inputs.n }}")
    assert one["error"]["code"] == "evaluate.secret"
    assert (whole["value"]["token"], n["value"]) == ("***", 1)
    assert "swordfish" not in str(await scope_of(client, "hello", "first"))


async def test_what_an_answer_may_cost_is_bounded(client: httpx.AsyncClient) -> None:
    await save(client, document())
    bomb = "{{ ('a' * 100000) * 100 }}"
    given = await evaluate(client, "hello", "first", bomb, "{{ 'b' * 20000 }}", "{{ 1 }}")
    assert given[0]["error"]["code"] == "expression.too_large"
    assert ("value" in given[1], given[1]["truncated"], len(given[1]["preview"])) == (False, True, 240)
    assert given[2]["value"] == 1
    assert UNITS < BUDGET
    many = [{"pointer": "", "text": "1"}] * 51
    assert (await client.post("/workflows/hello/evaluate", json={"node": "first", "items": many})).status_code == 422


async def test_bodies_have_the_item_and_what_is_around_them(client: httpx.AsyncClient) -> None:
    body = {
        "nodes": {
            "square": {"type": "data.set", "config": {"value": "{{ item * item }}"}},
            "more": {"type": "data.set", "config": {"value": "{{ input + nodes.base }}"}},
        },
        "edges": ["square -> more"],
    }
    each = {"type": "flow.for_each", "config": {"items": [5, 6, 7]}, "body": body}
    base = {"type": "data.set", "config": {"value": 100}}
    whole = document("loop", inputs={}, outputs={}, nodes={"base": base, "each": each}, edges=["base -> each"])
    await save(client, whole)
    await ran(client, "loop")
    texts = ("{{ item }}", "{{ index }}", "{{ input }}", "{{ nodes.base }}", "{{ nodes.square }}")
    given = await evaluate(client, "loop", "more", *texts, path=["each"], indexes=[2])
    assert [one.get("value", one.get("error")) for one in given] == [7, 2, 49, 100, 49]
    first = await evaluate(client, "loop", "square", "{{ item }}", "{{ input }}", path=["each"])
    assert [one["value"] for one in first] == [5, 5]
    scope = await scope_of(client, "loop", "more", path="each", indexes="1")
    assert (entry(scope, "item")["preview"], entry(scope, "nodes.square")["preview"]) == ("6", "36")


async def test_fields_for_each_item_see_the_first_one(client: httpx.AsyncClient) -> None:
    orders = {"type": "data.set", "config": {"value": [{"price": 10}, {"price": 2}]}}
    twice = {"type": "data.map", "config": {"value": "{{ item.price * 2 }}"}}
    nodes = {"orders": orders, "twice": twice}
    await save(client, document("orders", inputs={}, outputs={}, nodes=nodes, edges=["orders -> twice"]))
    await ran(client, "orders")
    item = {"pointer": "/value", "text": "{{ item.price * 2 + index }}", "per_item": True}
    answer = await client.post("/workflows/orders/evaluate", json={"node": "twice", "items": [item]})
    assert answer.json()["items"][0]["value"] == 20


async def test_tables_show_rows_and_columns_and_the_first_row_per_item(client: httpx.AsyncClient) -> None:
    await save(client, table_workflow())
    before = await scope_of(client, "cities", "large")
    columns = entry(before, "nodes.read")["columns"]
    assert [column["name"] for column in columns] == ["city", "people"]
    await ran(client, "cities")
    given = await evaluate(client, "cities", "large", "{{ input.rows }}", "{{ nodes.read.columns | join('-') }}")
    assert [one["value"] for one in given] == [5, "city-people"]
    item = {"pointer": "", "text": "{{ item.city }}", "per_item": True}
    answer = await client.post("/workflows/cities/evaluate", json={"node": "large", "items": [item]})
    assert answer.json()["items"][0]["value"] == "A"
    after = entry(await scope_of(client, "cities", "large"), "nodes.read")
    assert (after["kind"], [child["name"] for child in after["children"]]) == ("table", ["rows", "columns", "bytes"])
    assert after["columns"][1] == {"name": "people", "type": "int64"}


async def test_the_scope_goes_down_into_values_and_names_filters(client: httpx.AsyncClient) -> None:
    deep = {"a b": {"list": [{"id": 7}]}, "text": "hi"}
    nodes: dict[str, Any] = {
        "first": {"type": "data.set", "config": {"value": deep}},
        "next": {"type": "data.set", "config": {}},
    }
    await save(client, document("deep", inputs={}, outputs={}, nodes=nodes, edges=["first -> next"]))
    id_ = await ran(client, "deep")
    scope = await scope_of(client, "deep", "next")
    assert scope["execution"]["id"] == id_
    found = entry(scope, "nodes.first['a b'].list[0].id")
    assert (found["kind"], found["preview"]) == ("number", "7")
    assert (await evaluate(client, "deep", "next", f"{{{{ {found['path']} }}}}"))[0]["value"] == 7
    assert entry(scope, "input.text")["preview"] == "hi"
    assert {"name": "round", "parameters": ["precision", "method"]} in scope["filters"]
    assert "empty" in scope["tests"]
    unsaved = await scope_of(client, "deep", "not_saved_yet")
    assert entry(unsaved, "nodes.first.text")["preview"] == "hi"


async def test_named_outlets_are_told_and_what_was_not_taken_is_null(client: httpx.AsyncClient) -> None:
    nodes: dict[str, Any] = {
        "first": {"type": "data.set", "config": {"value": 5}},
        "check": {"type": "logic.if", "config": {"condition": "{{ input > 3 }}"}},
        "yes": {"type": "data.set", "config": {}},
    }
    whole = document("branch", inputs={}, outputs={}, nodes=nodes, edges=["first -> check", "check.true -> yes"])
    await save(client, whole)
    await ran(client, "branch")
    scope = await scope_of(client, "branch", "yes")
    assert entry(scope, "nodes.check")["kind"] == "outlets"
    assert entry(scope, "nodes.check.true")["preview"] == "5"
    given = await evaluate(client, "branch", "yes", "{{ nodes.check.true }}", "{{ nodes.check.false }}", "{{ input }}")
    assert [one["value"] for one in given] == [5, None, 5]


async def test_a_run_of_another_workflow_is_refused(client: httpx.AsyncClient) -> None:
    await save(client, document())
    await publish(client, "other", nodes={"one": {"type": "data.set", "config": {"value": 1}}})
    id_ = await ran(client, "other")
    unknown = await client.post(
        "/workflows/none/evaluate",
        json={"node": "a", "document": document("none"), "items": [{"pointer": "", "text": "1"}]},
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "workflow.not_found")
    body = {"node": "first", "execution": id_, "items": [{"pointer": "", "text": "{{ 1 }}"}]}
    assert (await client.post("/workflows/hello/evaluate", json=body)).json()["code"] == "execution.not_found"


async def test_files_are_listed_searched_and_added(client: httpx.AsyncClient, workspace: Path) -> None:
    (workspace / "data" / "deep").mkdir(parents=True)
    (workspace / "data" / "deep" / "air.csv").write_text("a\n1\n")
    (workspace / "data" / "rail.csv").write_text("a\n")
    (workspace / ".hidden").write_text("x")
    (workspace / "concertmaster.toml").write_text("")
    outside = workspace.parent / "outside.txt"
    outside.write_text("secret")
    (workspace / "link.txt").symlink_to(outside)

    async def names(**query: Any) -> list[str]:
        return [one["path"] for one in (await client.get("/files", params=query)).raise_for_status().json()["items"]]

    assert await names() == ["data/", "nodes/", "cities.csv"]
    assert await names(prefix="data/") == ["data/deep/", "data/rail.csv"]
    assert await names(prefix="data/RA") == ["data/rail.csv"]
    assert await names(search="air csv") == ["data/deep/air.csv"]
    assert (await client.get("/files", params={"prefix": "../"})).json()["code"] == "path.outside_workspace"

    made = await client.put("/files/new/there.csv", content=b"b\n2\n")
    assert (made.status_code, made.json()["path"], made.json()["bytes"]) == (201, "new/there.csv", 4)
    assert (workspace / "new" / "there.csv").read_bytes() == b"b\n2\n"
    again = await client.put("/files/new/there.csv", content=b"c")
    assert (again.status_code, again.json()["code"]) == (409, "file.exists")
    assert (await client.put("/files/new/there.csv", content=b"c", params={"overwrite": True})).status_code == 201
    assert [path.name for path in (workspace / "new").iterdir()] == ["there.csv"]
    for path, code in [
        ("nodes/evil.py", "path.code"),
        (".concertmaster/key", "path.data_folder"),
        ("concertmaster.toml", "path.settings"),
        ("new", "file.is_directory"),
        ("link.txt", "path.symlink_leaves"),
    ]:
        assert (await client.put(f"/files/{path}", content=b"x")).json()["code"] == code, path
    assert outside.read_text() == "secret"
    assert (await client.put("/files/big.bin", content=b"x" * 70_000)).status_code == 413


async def test_who_may_not_change_workflows_sees_names_and_values_but_no_files(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    await save(client, document())
    await ran(client, "hello")
    for scope in ("read", "run"):
        token = (await client.post("/tokens", json={"name": scope, "scopes": [scope]})).json()["token"]
        async with make_client(app, headers={"Authorization": f"Bearer {token}"}) as looker:
            assert entry(await scope_of(looker, "hello", "double"), "input.x")["preview"] == "4"
            if scope == "run":
                assert (await evaluate(looker, "hello", "double", "{{ input.x }}"))[0]["value"] == 4
            assert (await looker.get("/files")).status_code == 403
            assert (await looker.put("/files/x.txt", content=b"x")).status_code == 403
