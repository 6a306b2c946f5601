"""What nodes gave through the API: filtered pages, charts, and files to take away."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import uvicorn
from fastapi import FastAPI

from api_calls import publish, start, status, until
from api_client import LOCAL
from concertmaster.data import export
from concertmaster.runtime import Runtime
from factories import CITIES, document

READ = {"type": "file.read", "config": {"path": "cities.csv"}}


async def ran(client: httpx.AsyncClient, name: str, **parts: Any) -> str:
    await publish(client, name, **parts)
    id_ = await start(client, name)
    await until(client, id_, status("succeeded"))
    return id_


async def rows(client: httpx.AsyncClient, at: str, **query: Any) -> list[str]:
    answer = await client.get(at, params=query)
    assert answer.status_code == 200, answer.text
    return [row["city"] for row in answer.json()["items"]]


def codes(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_rows_are_filtered_sorted_and_paged_here(client: httpx.AsyncClient) -> None:
    id_ = await ran(client, "read", nodes={"read": READ})
    at = f"/executions/{id_}/nodes/read/output"
    everybody = pl.read_csv(io.StringIO(CITIES), null_values=["NA"])
    large = everybody.filter(pl.col("people") > 1000).sort("people", descending=True)["city"].to_list()
    assert await rows(client, at, where="people:gt:1000", sort="-people") == large
    page = (await client.get(at, params={"where": "people:gt:1000", "sort": "-people", "limit": 2})).json()
    assert (page["total"], page["next"]) == (len(large), 2)
    assert await rows(client, at, where=["people:gt:1000", f"city:ne:{large[0]}"], sort="-people") == large[1:]
    assert await rows(client, at, where="people:null") == everybody.filter(pl.col("people").is_null())["city"].to_list()

    for where, told in {
        "peple:gt:1": ("table.unknown_column", "did you mean 'people'?"),
        "people:gt:many": ("where.bad_value", "no number"),
        "people:gte:1": ("where.invalid", "use one of"),
        "people:contains:1": ("where.unfit", "texts only"),
        "nonsense": ("where.invalid", "column:op:value"),
    }.items():
        refused = await client.get(at, params={"where": where})
        assert codes(refused) == (422, told[0])
        assert told[1] in refused.json()["detail"]
    assert codes(await client.get(at, params={"where": ["people:gt:1"] * 21})) == (422, "where.too_many")
    assert codes(await client.get(at, params={"limit": 1_001})) == (422, "request.invalid")
    past = (await client.get(at, params={"offset": 2**62, "where": "people:gt:0"})).json()
    assert (past["items"], past["next"]) == ([], None)
    assert codes(await client.get(at, params={"offset": 2**70})) == (422, "request.invalid")


async def test_only_tables_are_filtered_and_drawn(client: httpx.AsyncClient) -> None:
    id_ = await ran(client, "plain", nodes={"set": {"type": "data.set", "config": {"value": [1, 2]}}})
    at = f"/executions/{id_}/nodes/set/output"
    assert codes(await client.get(at, params={"where": "x:eq:1"})) == (422, "output.no_table")
    assert codes(await client.get(f"{at}/chart", params={"x": "x"})) == (422, "output.no_table")
    assert codes(await client.get(f"{at}/file", params={"format": "csv"})) == (422, "output.no_table")
    assert codes(await client.get(f"{at}/file", params={"where": "x:eq:1"})) == (422, "output.raw_as_it_is")
    assert codes(await client.get(f"{at}/file", params={"format": "xlsx"})) == (422, "request.invalid")
    whole = await client.get(f"{at}/file")
    assert (whole.json(), whole.headers["content-type"]) == ([1, 2], "application/json")
    assert codes(await client.get(f"/executions/{id_}/nodes/ste/output/file")) == (404, "node.not_found")
    assert codes(await client.get("/executions/nothing/nodes/set/output/file")) == (404, "execution.not_found")


async def test_a_table_is_taken_away_as_csv_and_parquet(client: httpx.AsyncClient) -> None:
    id_ = await ran(client, "read", nodes={"read": READ})
    at = f"/executions/{id_}/nodes/read/output/file"
    wanted = pl.read_csv(io.StringIO(CITIES), null_values=["NA"])
    answer = await client.get(at)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="read-{id_[-8:]}.csv"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert pl.read_csv(answer.content).equals(wanted)
    chosen = await client.get(at, params={"format": "parquet", "where": "people:gt:1000", "sort": "city"})
    assert pl.read_parquet(chosen.content).equals(wanted.filter(pl.col("people") > 1000).sort("city"))
    for format in ("parquet", "raw"):
        whole = await client.get(at, params={"format": format})
        assert int(whole.headers["content-length"]) == len(whole.content)
        assert pl.read_parquet(whole.content).equals(wanted)
    assert codes(await client.get(at, params={"where": "peple:gt:1"})) == (422, "table.unknown_column")
    assert codes(await client.get(at, params={"sort": "nope"})) == (422, "table.unknown_column")


async def test_formulas_in_cells_are_harmless_unless_they_are_wanted(
    client: httpx.AsyncClient, workspace: Path
) -> None:
    (workspace / "cities.csv").write_text("name,n\n=2+5,-1\nplain,2\n")
    id_ = await ran(client, "risky", nodes={"read": READ})
    at = f"/executions/{id_}/nodes/read/output/file"
    assert (await client.get(at)).text == "name,n\n'=2+5,-1\nplain,2\n"
    assert (await client.get(at, params={"formulas": "keep"})).text == "name,n\n=2+5,-1\nplain,2\n"


async def test_files_are_taken_away_as_they_are(client: httpx.AsyncClient, workspace: Path) -> None:
    name = 'naïve "list".txt'
    nodes = {
        "write": {"type": "file.write", "config": {"path": f"out/{name}", "format": "csv"}},
        "read": READ,
    }
    written = document("files", inputs={}, outputs={}, nodes=nodes, edges=["read -> write"])
    (await client.post("/workflows", json=written)).raise_for_status()
    id_ = await start(client, "files")
    ended = await until(client, id_, lambda told: told["ended_at"] is not None)
    assert ended["status"] == "succeeded", ended["error"]
    (outlet,) = [name for name, value in ended["nodes"]["write"]["outputs"].items() if value["kind"] == "file"]
    at, query = f"/executions/{id_}/nodes/write/output/file", {"outlet": outlet}
    answer = await client.get(at, params=query)
    assert answer.content == (workspace / "out" / name).read_bytes()
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"na_ve _list_.txt\"; filename*=UTF-8''na%C3%AFve%20_list_.txt"
    )
    (workspace / "out" / name).write_text("something else")
    assert codes(await client.get(at, params=query)) == (409, "output.file_changed")
    (workspace / "out" / name).unlink()
    assert codes(await client.get(at, params=query)) == (404, "output.file_gone")
    # What is put there instead leads nowhere else.
    (workspace / "out" / name).symlink_to("/etc/hostname")
    assert codes(await client.get(at, params=query)) == (422, "path.symlink_leaves")


async def test_charts_of_a_column_and_of_another_over_it(client: httpx.AsyncClient) -> None:
    id_ = await ran(client, "read", nodes={"read": READ})
    at = f"/executions/{id_}/nodes/read/output/chart"
    wanted = pl.read_csv(io.StringIO(CITIES), null_values=["NA"])
    told = (await client.get(at, params={"x": "people", "bins": 5})).json()
    assert (told["kind"], len(told["points"]), told["rows"]) == ("bins", 5, wanted.height)
    assert sum(point["rows"] for point in told["points"]) == wanted["people"].count()
    told = (await client.get(at, params={"x": "city", "y": "people", "agg": "sum", "where": "people:gt:0"})).json()
    sums = {row["city"]: float(row["people"]) for row in wanted.filter(pl.col("people") > 0).iter_rows(named=True)}
    assert {point["x"]: point["value"] for point in told["points"]} == sums
    assert codes(await client.get(at, params={"x": "city", "y": "city", "agg": "sum"})) == (422, "chart.no_numbers")
    assert codes(await client.get(at, params={"x": "ctiy"})) == (422, "table.unknown_column")
    assert codes(await client.get(at, params={"x": "city", "bins": 100_000})) == (422, "request.invalid")
    assert codes(await client.get(at)) == (422, "request.invalid")


async def test_items_of_loops_have_all_of_it(client: httpx.AsyncClient, workspace: Path) -> None:
    body = {"nodes": {"read": {"type": "file.read", "config": {"path": "{{ item }}"}}}}
    (workspace / "other.csv").write_text("city,people\nX,7\nY,8\n")
    each = {"type": "flow.for_each", "config": {"items": ["cities.csv", "other.csv"]}, "body": body}
    id_ = await ran(client, "loop", nodes={"each": each})
    at, query = f"/executions/{id_}/nodes/read/output", {"path": "1"}
    assert await rows(client, at, where="people:gt:7", **query) == ["Y"]
    told = (await client.get(f"{at}/chart", params={"x": "people", **query})).json()
    assert told["rows"] == 2
    assert (await client.get(f"{at}/file", params=query)).text == "city,people\nX,7\nY,8\n"
    assert codes(await client.get(f"{at}/file", params={"path": "2"})) == (404, "item.not_found")
    lineage = (await client.get(f"/executions/{id_}/lineage", params={"node": "read", "path": "1"})).json()
    assert [(one["node"], one["rows"]) for one in lineage["items"]] == [("read[1]", 2)]


async def test_what_retention_has_removed_says_so(client: httpx.AsyncClient, runtime: Runtime) -> None:
    id_ = await ran(client, "read", nodes={"read": READ})
    digest = (await client.get(f"/executions/{id_}")).json()["nodes"]["read"]["outputs"]["out"]["digest"]
    folder = runtime.settings.resolved_data_dir / "artifacts"
    (found,) = [path for path in folder.rglob(digest) if path.is_file()]
    found.chmod(0o600)
    found.unlink()
    at = f"/executions/{id_}/nodes/read/output"
    for path, query in (("", {}), ("", {"where": "people:gt:1"}), ("/chart", {"x": "city"}), ("/statistics", {})):
        refused = await client.get(f"{at}{path}", params=query)
        assert codes(refused) == (404, "artifacts.not_found")
        assert "run the workflow again" in refused.json()["detail"]
    for format in ("csv", "parquet", "raw"):
        refused = await client.get(f"{at}/file", params={"format": format})
        assert codes(refused) == (404, "artifacts.not_found")


async def test_the_loop_goes_on_while_a_large_table_is_looked_through(
    client: httpx.AsyncClient, workspace: Path
) -> None:
    pl.DataFrame({"n": range(400_000), "t": ["x" * 20] * 400_000}).write_csv(workspace / "large.csv")
    id_ = await ran(client, "large", nodes={"read": {"type": "file.read", "config": {"path": "large.csv"}}})
    at = f"/executions/{id_}/nodes/read/output"
    looks = [
        asyncio.create_task(client.get(f"{at}{path}", params=query))
        for path, query in (
            ("", {"where": "t:contains:y", "sort": "-n"}),
            ("/chart", {"x": "n"}),
            ("/file", {"where": "n:gt:5"}),
        )
    ]
    loop, longest, last = asyncio.get_running_loop(), 0.0, asyncio.get_running_loop().time()
    while not all(look.done() for look in looks):
        await asyncio.sleep(0)
        longest, last = max(longest, loop.time() - last), loop.time()
    assert [look.result().status_code for look in looks] == [200, 200, 200]
    assert longest < 0.5


async def test_who_goes_away_stops_the_work(
    app: FastAPI, client: httpx.AsyncClient, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a real connection: the table is made into no more than what was on its way."""
    pl.DataFrame({"n": range(2_000_000), "t": ["x" * 20] * 2_000_000}).write_csv(workspace / "large.csv")
    id_ = await ran(client, "large", nodes={"read": {"type": "file.read", "config": {"path": "large.csv"}}})
    made, closed, real = 0, threading.Event(), export.as_csv

    def counted(*args: Any, **options: Any) -> Iterator[bytes]:
        nonlocal made
        try:
            for piece in real(*args, **options):
                made += 1
                yield piece
        finally:
            closed.set()

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    headers = {**LOCAL, "Host": "127.0.0.1:8000"}
    monkeypatch.setattr(export, "as_csv", counted)
    try:
        async with httpx.AsyncClient(base_url=base, headers=headers) as visitor:
            at = f"/api/v1/executions/{id_}/nodes/read/output/file"
            async with visitor.stream("GET", at) as answer:
                assert answer.status_code == 200
                assert (await anext(answer.aiter_bytes())).startswith(b"n,t\n")
        assert await asyncio.to_thread(closed.wait, 20)
        assert made < 100
    finally:
        server.should_exit = True
        await serving
