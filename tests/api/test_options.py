"""Options of fields: what a function of a node type gives, bounded, with errors at the field that they are about."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import pytest

from concertmaster import Connection, Options, UserError, node
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.domain.access import LOCAL_ADMIN, Actor
from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.executors.local import LocalCompute
from concertmaster.nodes.connection_checks.access import Access
from concertmaster.nodes.node_type import node_type_of
from concertmaster.nodes.registry import Registry
from concertmaster.runtime import Runtime
from concertmaster.services.options import OptionService

SHELVES = '''
from typing import Annotated

from concertmaster import Connection, Options, node


def shelves() -> dict[str, str]:
    return {"f": "Fiction", "s": "Science"}


async def books(shelf: str, search: str = "") -> list[str]:
    return [f"{shelf}{number}" for number in range(3000) if search in str(number)]


def tables(connection: Connection["shop"]) -> list[str]:
    raise RuntimeError(f"cannot open {connection.values['token']}")


@node(id="shelf.lend", effect="read")
def lend(
    shelf: Annotated[str, Options(shelves)],
    book: Annotated[str, Options(books)],
    connection: Connection["shop"],
    table: Annotated[str, Options(tables)],
) -> str:
    """Lend a book."""
    return book
'''


async def test_a_form_is_told_what_may_be_chosen(client: httpx.AsyncClient, workspace: Path) -> None:
    (workspace / "nodes" / "shelf.py").write_text(SHELVES)
    assert (await client.post("/registry/reload", json={})).status_code == 200
    schema = (await client.get("/node-types/shelf.lend")).json()["schema"]["properties"]
    assert schema["book"]["x-options"] == {"function": "books", "needs": ["shelf"]}

    async def ask(function: str, status: int = 200, **more: Any) -> Any:
        answer = await client.post("/node-types/shelf.lend/options", json={"function": function, **more})
        assert answer.status_code == status, answer.text
        return answer.json()

    found = await ask("shelves", search="SCI")
    assert found == {"items": [{"value": "s", "label": "Science"}], "more": False}
    found = await ask("books", config={"shelf": "f"}, search="299")
    assert [item["value"] for item in found["items"]][:2] == ["f299", "f1299"]
    found = await ask("books", config={"shelf": "f"})
    assert (len(found["items"]), found["more"]) == (1000, True)

    refused = await ask("books", 422)
    assert [(error["pointer"], error["message"]) for error in refused["errors"]] == [("/shelf", "set Shelf first")]
    refused = await ask("books", 422, config={"shelf": "{{ inputs.shelf }}"})
    assert refused["errors"][0]["code"] == "options.computed"
    assert (await ask("books", 422, config={"shelf": 7}))["errors"][0]["pointer"] == "/shelf"
    assert (await ask("none", 404))["code"] == "options.not_found"
    assert (await client.post("/node-types/none/options", json={"function": "x"})).status_code == 404

    assert (await ask("tables", 404, config={"connection": "shop"}))["code"] == "connection.not_found"
    created = {"name": "shop", "type": "shop", "values": {"token": "very-secret-token"}}
    assert (await client.post("/connections", json=created)).status_code == 201
    refused = await ask("tables", 422, config={"connection": "shop"})
    assert (refused["code"], refused["detail"]) == (
        "options.failed",
        "tables of shelf.lend@1 failed: RuntimeError: cannot open ***",
    )


RELEASE = threading.Event()


def slow() -> list[str]:
    RELEASE.wait(30)
    return []


def odd() -> Any:
    return [{"no": "scalar"}]


@node(id="slow.pick", effect="read")
def pick(a: Annotated[str, Options(slow)] = "", b: Annotated[str, Options(odd)] = "") -> str:
    """Pick."""
    return a + b


async def no_child(*_: Any, **__: Any) -> Any:
    raise AssertionError("these nodes run in the server")


@pytest.fixture
async def options(runtime: Runtime, tmp_path: Path) -> AsyncIterator[OptionService]:
    RELEASE.clear()
    type_ = node_type_of(pick)
    assert type_ is not None
    compute, rules = LocalCompute(threads=16, grace_seconds=0.05), EgressRules.parse("")
    reach = Access(rules, GuardedClient(rules), runtime.settings.resolved_workspace, tmp_path)
    yield OptionService(lambda: Registry([type_]), runtime.connections, compute, reach, isolated=no_child, seconds=0.05)
    RELEASE.set()
    await compute.close()


async def refused(call: Any) -> ConcertMasterError:
    with pytest.raises(ConcertMasterError) as caught:
        await call
    return caught.value


async def test_functions_that_hang_are_left_and_do_not_pile_up(options: OptionService) -> None:
    asked = (options.list(LOCAL_ADMIN, "slow.pick", "slow", {}) for _ in range(12))
    errors = await asyncio.gather(*(refused(one) for one in asked))
    assert {error.code for error in errors} == {"options.timed_out", "options.busy"}
    assert all(isinstance(error, OperationalError) for error in errors)


async def test_what_is_no_list_of_values_is_told(options: OptionService) -> None:
    assert (await refused(options.list(LOCAL_ADMIN, "slow.pick", "odd", {}))).code == "options.unfit"
    viewer = Actor("somebody", "viewer")
    assert (await refused(options.list(viewer, "slow.pick", "odd", {}))).code == "access.denied"


def test_a_function_may_take_only_what_the_node_has() -> None:
    def tables(connection: str) -> list[str]:
        return [connection]

    with pytest.raises(UserError, match="takes 'connection', and that is no field") as caught:

        @node(id="a.b")
        def wrong(table: Annotated[str, Options(tables)]) -> None:
            """Wrong."""

    assert caught.value.code == "node.bad_signature"


def test_options_are_found_in_lists_and_optional_fields() -> None:
    def names(connection: Connection[Literal["http"]]) -> list[str]:
        return []

    @node(id="a.b")
    def right(
        connection: Connection[Literal["http"]],
        many: list[Annotated[str, Options(names)]],
        one: Annotated[str, Options("columns")] | None = None,
    ) -> None:
        """Right."""

    type_ = node_type_of(right)
    assert type_ is not None
    assert type_.options["names"].needs == ("connection",)
    assert type_.spec.schema["properties"]["one"]["anyOf"][0]["x-options"] == "columns"
