"""Options of nodes that run in a process of their own are asked for in one; those of databases in one line."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from concertmaster.runtime import Runtime

ISOLATED = '''
import os
import time
from typing import Annotated

from concertmaster import Connection, Options, node


def where(shelf: str) -> dict[str, str]:
    return {str(os.getpid()): f"{shelf} {os.environ.get('CONCERTMASTER_SECRET_KEY', 'no key')}"}


async def later(shelf: str, search: str = "") -> list[str]:
    return [f"{shelf} {search}"]


def floods() -> list[str]:
    return [str(len(bytearray(10 * 2**30)))]


def dies() -> list[str]:
    os._exit(3)


def hangs() -> list[str]:
    while True:
        time.sleep(0.01)


def wrong() -> list[str]:
    return [{"no": "scalar"}]


def tells(connection: Connection["shop"]) -> list[str]:
    raise RuntimeError(f"cannot open {connection.values['token']}")


@node(id="iso.pick", effect="read", isolation="process")
def pick(
    shelf: str,
    connection: Connection["shop"],
    a: Annotated[str, Options(where)] = "",
    b: Annotated[str, Options(later)] = "",
    c: Annotated[str, Options(floods)] = "",
    d: Annotated[str, Options(dies)] = "",
    e: Annotated[str, Options(hangs)] = "",
    f: Annotated[str, Options(wrong)] = "",
    g: Annotated[str, Options(tells)] = "",
) -> str:
    """Pick."""
    return shelf
'''
Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
async def ask(client: httpx.AsyncClient, workspace: Path) -> Ask:
    (workspace / "nodes" / "iso.py").write_text(ISOLATED)
    assert (await client.post("/registry/reload", json={})).status_code == 200
    created = {"name": "shop", "type": "shop", "values": {"token": "very-secret-token"}}
    assert (await client.post("/connections", json=created)).status_code == 201

    async def ask(function: str, status: int = 200, **more: Any) -> Any:
        answer = await client.post("/node-types/iso.pick/options", json={"function": function, **more})
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


async def test_they_run_in_a_child_without_the_server_s_environment(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCERTMASTER_SECRET_KEY", "of the server")
    (found,) = (await ask("where", config={"shelf": "Art"}))["items"]
    assert found["label"] == "Art no key"
    assert int(found["value"]) != os.getpid()
    found = await ask("later", config={"shelf": "Art"}, search="bo")
    assert found["items"] == [{"value": "Art bo", "label": "Art bo"}]
    refused = await ask("where", 422)
    assert (refused["errors"][0]["pointer"], refused["errors"][0]["message"]) == ("/shelf", "set Shelf first")


async def test_what_a_child_comes_to_is_told_and_the_server_is_well(ask: Ask, client: httpx.AsyncClient) -> None:
    assert (await ask("floods", 422))["code"] == "node.out_of_memory"
    assert (await ask("dies", 503))["code"] == "node.crashed"
    assert (await ask("wrong", 422))["code"] == "options.unfit"
    told = await ask("tells", 422, config={"connection": "shop"})
    assert "cannot open ***" in told["detail"]
    assert "very-secret-token" not in str(told)
    late = await ask("hangs", 503)
    assert (late["code"], late["detail"]) == (
        "options.timed_out",
        "hangs has not given its options within 10 s; type the value",
    )
    assert (await ask("later", config={"shelf": "Art"}))["items"] == [{"value": "Art ", "label": "Art "}]


OWN = '''
from typing import Annotated

from concertmaster import Connection, Options, columns_of, node, tables_of


@node(id="own.look", effect="read"{more})
def look(
    database: Connection["sqlite"],
    table: Annotated[str, Options(tables_of("database"))],
    column: Annotated[str, Options(columns_of("database", "table"))] = "",
) -> str:
    """Look."""
    return table
'''


@pytest.mark.parametrize("more", ["", ", isolation='process'"], ids=["here", "in a process"])
async def test_tables_and_columns_of_a_connection_in_one_line(
    client: httpx.AsyncClient, workspace: Path, runtime: Runtime, more: str
) -> None:
    (workspace / "nodes" / "own.py").write_text(OWN.format(more=more))
    assert (await client.post("/registry/reload", json={})).status_code == 200
    database = sqlite3.connect(workspace / "shop.db")
    database.execute("create table orders (id integer, total integer)")
    database.close()
    created = {"name": "shop", "type": "sqlite", "values": {"path": "shop.db"}}
    assert (await client.post("/connections", json=created)).status_code == 201

    async def offered(type_: str, field: str, config: dict[str, str]) -> list[str]:
        schema = (await client.get(f"/node-types/{type_}")).json()["schema"]["properties"][field]
        source = (schema.get("items") or schema)["x-options"]
        asked = {"function": source["function"], "config": config}
        answer = await client.post(f"/node-types/{type_}/options", json=asked)
        assert answer.status_code == 200, answer.text
        return [item["value"] for item in answer.json()["items"]]

    assert await offered("own.look", "table", {"database": "shop"}) == ["orders"]
    assert await offered("own.look", "column", {"database": "shop", "table": "orders"}) == ["id", "total"]
    assert await offered("db.write", "table", {"connection": "shop"}) == ["orders"]
    assert await offered("db.write", "keys", {"connection": "shop", "table": "orders"}) == ["id", "total"]
