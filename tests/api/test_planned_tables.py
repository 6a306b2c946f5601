"""Tables that were never stored, over HTTP: told without a size, made when somebody looks, or refused with a reason."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.domain.values import PlannedTable
from concertmaster.registering.opening import MEMORY_FILE
from concertmaster.storage.data_folder import hold_data_folder
from engine_harness import running_engine
from factories import CITIES, document
from planned_tables import left_behind, planned

CHAIN = yaml.safe_dump(
    document(
        "chain",
        inputs={},
        nodes={
            "read": {"type": "file.read", "config": {"path": "cities.csv"}},
            "large": {"type": "table.filter", "config": {"condition": "people > 1000"}},
            "last": {"type": "table.sql", "config": {"query": "select max(people) as most from input"}},
        },
        edges=["read -> large", "large -> last"],
        outputs={"rows": "{{ nodes.last.rows }}"},
    ),
    sort_keys=False,
)
COLUMNS = {"read": ["city:string", "people:int64"], "large": ["city:string", "people:int64"]}


@asynccontextmanager
async def served(workspace: Path, described: list[bytes]) -> AsyncGenerator[httpx.AsyncClient]:
    settings = Settings(workspace=workspace, secret_key="a key for tests only")
    with hold_data_folder(settings):
        if described:
            (settings.resolved_data_dir / MEMORY_FILE).write_bytes(described[0])
        async with build(settings) as runtime:
            app = create_app(runtime, max_body_bytes=64 * 1024, local_token=TOKEN)
            async with make_client(app, headers=LOCAL) as client:
                yield client


async def recorded(workspace: Path, tables: dict[str, PlannedTable], text: str = CHAIN) -> str:
    """The execution in the data folder that the server will find."""
    folder = Settings(workspace=workspace).resolved_data_dir
    folder.mkdir(exist_ok=True)
    async with running_engine(folder, dispatch=False) as harness:
        return await left_behind(harness, text, tables)


async def ended(client: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    after = 0
    while True:
        answer = await client.get(f"/executions/{id_}/events?after={after}&wait=20")
        events = answer.json()["items"]
        after = events[-1]["seq"] if events else after
        if (told := (await client.get(f"/executions/{id_}")).json())["ended_at"]:
            return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cities.csv").write_text(CITIES)
    return tmp_path


async def test_it_has_no_size_and_shows_its_rows_to_whoever_asks(folder: Path, described: list[bytes]) -> None:
    id_ = await recorded(folder, planned(CHAIN, COLUMNS, folder))
    async with served(folder, described) as client:
        told = await ended(client, id_)
        assert (told["status"], told["outputs"]) == ("succeeded", {"rows": 1}), told["error"]
        large, last = told["nodes"]["large"], told["nodes"]["last"]
        assert large["outputs"]["out"] == {
            "kind": "table",
            "rows": None,
            "bytes": None,
            "columns": [{"name": "city", "type": "string"}, {"name": "people", "type": "int64"}],
        }
        assert (large["tables_in"], last["tables_in"]) == ({"in": {"rows": None, "bytes": None}},) * 2
        at = f"/executions/{id_}/nodes/large/output"
        page = (await client.get(f"{at}?sort=-people&limit=2")).json()
        assert ([row["city"] for row in page["items"]], page["total"], page["next"]) == (["E", "C"], 3, 2)
        # What was looked at once stays, whatever becomes of the file.
        (folder / "cities.csv").unlink()
        figures = (await client.get(f"{at}/statistics?column=people")).json()
        assert (figures["rows"], figures["columns"][0]["max"]) == (3, 9000)
        lineage = (await client.get(f"/executions/{id_}/lineage?node=large")).json()["items"]
        assert [(one["node"], one["rows"], one["bytes"], one["also"]) for one in lineage] == [
            ("read", None, None, []),
            ("large", None, None, []),
        ]
        changed = await client.get(f"/executions/{id_}/nodes/read/output")
        assert (changed.status_code, changed.json()["code"]) == (409, "source_changed")
        assert "cities.csv" in changed.json()["detail"]


async def test_it_is_made_for_whoever_filters_draws_or_takes_it_away(folder: Path, described: list[bytes]) -> None:
    id_ = await recorded(folder, planned(CHAIN, COLUMNS, folder))
    async with served(folder, described) as client:
        await ended(client, id_)
        at = f"/executions/{id_}/nodes/large/output"
        page = (await client.get(at, params={"where": "people:lt:9000", "sort": "-people"})).json()
        assert [row["people"] for row in page["items"]] == sorted(
            (row["people"] for row in page["items"]), reverse=True
        )
        assert page["total"] == 2
        assert (await client.get(f"{at}/chart", params={"x": "city"})).json()["rows"] == 3
        assert (await client.get(f"{at}/file")).text.startswith("city,people\n")
        # Not so one of which the source has changed.
        (folder / "cities.csv").write_text("city,people\n")
        for path in ("?where=people:gt:1", "/chart?x=city", "/file"):
            refused = await client.get(f"/executions/{id_}/nodes/read/output{path}")
            assert (refused.status_code, refused.json()["code"]) == (409, "source_changed")


async def test_the_source_of_a_plugin_counts_as_it_was(workspace: Path, described: list[bytes]) -> None:
    module = workspace / "nodes" / "own.py"
    source = '''
import polars as pl
from concertmaster import node


@node(id="own.rows", effect="none")
def rows(times: int = 1) -> pl.DataFrame:
    """Makes rows."""
    return pl.DataFrame({"n": [1]}) * times
'''
    module.write_text(source)
    async with served(workspace, []) as client:
        hash_ = (await client.get("/node-types/own.rows")).json()["source_hash"]
    text = yaml.safe_dump(
        document(
            "own",
            inputs={},
            nodes={"first": {"type": "own.rows@1"}, "second": {"type": "own.rows@1", "config": {"times": 2}}},
            edges=[],
            outputs={},
        )
    )
    code = {"first": hash_, "second": hash_}
    id_ = await recorded(
        workspace, planned(text, {"first": ["n:int64"], "second": ["n:int64"]}, workspace, code=code), text
    )
    module.write_text(source.replace("[1]", "[100]"))
    async with served(workspace, []) as client:
        assert (await client.get("/node-types/own.rows")).json()["source_hash"] != hash_
        first = (await client.get(f"/executions/{id_}/nodes/first/output")).json()
        assert first["items"] == [{"n": 1}]
        (workspace / ".concertmaster" / "node-code" / f"{hash_}.json").unlink()
        refused = await client.get(f"/executions/{id_}/nodes/second/output")
        assert (refused.status_code, refused.json()["code"]) == (422, "recipe.code_missing")
        assert "own.rows@1" in refused.json()["detail"]
