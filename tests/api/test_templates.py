"""Templates: each can be used, and runs to its end on its own samples; files of the workspace are left alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from fastapi import FastAPI

from api_calls import start, until
from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.services.templates import FOLDER, load_templates
from concertmaster.storage.data_folder import hold_data_folder

NAMES = tuple(load_templates())
ENDED = ("succeeded", "failed", "cancelled")


class Rates(BaseHTTPRequestHandler):
    """A service that breaks down once and answers then; `/never` always breaks down."""

    calls = 0

    def do_GET(self) -> None:
        Rates.calls += 1
        broken = self.path == "/never" or Rates.calls == 1
        body = b"" if broken else b'{"rates": {"EUR": 1.25}}'
        self.send_response(503 if broken else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def rates() -> Iterator[str]:
    Rates.calls = 0
    server = HTTPServer(("127.0.0.1", 0), Rates)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def app(tmp_path: Path) -> AsyncGenerator[FastAPI]:
    settings = Settings(workspace=tmp_path, secret_key="a key for tests only", egress_allow=("127.0.0.1",))
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            yield create_app(runtime, local_token=TOKEN)


async def use(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    answer = await client.post(f"/templates/{name}/use")
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ended(client: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    return await until(client, id_, lambda shown: shown["status"] in ENDED)


async def run(client: httpx.AsyncClient, name: str, **inputs: Any) -> dict[str, Any]:
    """Use a template and run what it made to its end."""
    used = await use(client, name)
    return await ended(client, await start(client, used["workflow"], inputs=inputs))


async def outputs(client: httpx.AsyncClient, name: str, **inputs: Any) -> dict[str, Any]:
    shown = await run(client, name, **inputs)
    assert shown["status"] == "succeeded", shown
    return shown["outputs"]


def test_there_are_enough_and_each_folder_is_in_the_gallery() -> None:
    folders = {document.parent.name for document in FOLDER.glob("*/workflow.yaml")}
    assert folders == set(NAMES)
    assert len(NAMES) >= 12


async def test_the_gallery_tells_what_each_is(client: httpx.AsyncClient) -> None:
    items = (await client.get("/templates")).json()["items"]
    assert [item["name"] for item in items] == list(NAMES)
    for item in items:
        assert item["title"] != item["name"]
        assert item["description"]
        assert item["categories"]
        assert len(item["shows"]) >= 2
        ids = {node["id"] for node in item["nodes"]}
        assert all(end.partition(".")[0] in ids for edge in item["edges"] for end in edge.split(" -> "))
    detail = (await client.get("/templates/csv-report")).json()
    assert detail["document"]["nodes"]["once"]["config"] == {"by": ["id"]}
    assert detail["yaml"].startswith("concertmaster: 1\n")
    missing = await client.get("/templates/no-such")
    assert (missing.status_code, missing.json()["code"]) == (404, "template.not_found")


async def test_each_checks_without_any_problem(client: httpx.AsyncClient) -> None:
    for name in NAMES:
        detail = (await client.get(f"/templates/{name}")).json()
        headers = {"Content-Type": "application/yaml"}
        checked = await client.post("/workflows/validate", content=detail["yaml"], headers=headers)
        assert checked.json()["items"] == [], name


async def test_clean_a_csv_file(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert await outputs(client, "csv-report") == {"sales": 10, "shops": 3, "report": "out/csv-report/totals.csv"}
    totals = pl.read_csv(tmp_path / "out/csv-report/totals.csv").rows(named=True)
    assert [(row["shop"], row["sales"], row["total"]) for row in totals] == [
        ("Oslo", 3, 39.65),
        ("Rome", 4, 38.15),
        ("Lima", 3, 22.1),
    ]


async def test_join_and_add_up(client: httpx.AsyncClient, tmp_path: Path) -> None:
    told = await outputs(client, "sales-by-region")
    assert told["orders_without_customer"] == 1
    table = pl.read_parquet(tmp_path / told["report"])
    march = table.filter((pl.col("region") == "North") & (pl.col("month") == "2026-03"))
    assert march["revenue"].to_list() == [219.5]


async def test_the_best_of_each_group(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await outputs(client, "best-sellers", best=1))["rows"] == 3
    best = pl.read_csv(tmp_path / "out/best-sellers/best.csv")
    assert best["product"].to_list() == ["Atlas", "Hose", "Pan"]
    assert best["percent"].to_list()[0] == 49.7


async def test_bad_rows_go_their_own_way(client: httpx.AsyncClient, tmp_path: Path) -> None:
    told = await outputs(client, "checked-orders")
    assert (told["good"], told["bad"]) == (4, 4)
    assert "No order twice" in told["report"]
    assert "problems" in pl.read_csv(tmp_path / "out/checked-orders/to-mend.csv").columns


async def test_what_changed(client: httpx.AsyncClient) -> None:
    assert (await outputs(client, "what-changed"))["changes"] == 5


async def test_excel_becomes_json_lines(client: httpx.AsyncClient, tmp_path: Path) -> None:
    told = await outputs(client, "excel-to-json")
    rows = pl.read_ndjson(tmp_path / told["json"]).rows(named=True)
    assert (told["articles"], rows[0]["article"], rows[0]["worth"]) == (5, "Kettle", 348.6)


async def test_a_damaged_file_does_not_stop_the_others(client: httpx.AsyncClient, tmp_path: Path) -> None:
    told = await outputs(client, "each-file")
    assert [item["file"] for item in told["files"]] == ["monday.csv", "tuesday.csv", "wednesday.csv"]
    assert len(told["failed"]) == 1
    assert pl.read_csv(tmp_path / "out/each-file/monday.csv").rows()[0] == ("attic", 2, 18.88, 19.25)


async def test_a_log_becomes_a_table(client: httpx.AsyncClient) -> None:
    assert await outputs(client, "read-log") == {"lines": 7, "serious": 4}


async def test_rates_come_after_a_retry_or_from_the_file(client: httpx.AsyncClient, rates: str) -> None:
    assert await outputs(client, "fetch-rates", url=rates) == {"source": "service", "euros": 80.0}
    assert Rates.calls == 2
    told = await outputs(client, "fetch-rates", url=f"{rates}/never")
    assert told == {"source": "file", "euros": 92.59}
    assert Rates.calls == 5


async def test_an_invoice_takes_its_way(client: httpx.AsyncClient) -> None:
    for amount, word in [(20, "at once"), (480, "list"), (5000, "held")]:
        assert word in (await outputs(client, "route-invoices", amount=amount))["what"]


async def test_a_person_decides(client: httpx.AsyncClient) -> None:
    id_ = await start(client, (await use(client, "approve-refund"))["workflow"], inputs={})
    await until(client, id_, lambda shown: shown["status"] == "waiting")
    (asked,) = (await client.get("/approvals")).json()["items"]
    assert asked["title"] == "Pay 70.5 back to Ada?"
    decision = {"decision": "approved", "data": {"method": "voucher"}}
    (await client.post(f"/approvals/{asked['id']}", json=decision)).raise_for_status()
    assert "70.5 goes back by voucher" in (await ended(client, id_))["outputs"]["text"]


async def test_days_long_past_are_made_by_a_backfill(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await outputs(client, "daily-visits"))["visits"] == 4
    order = {"workflow": "daily-visits", "trigger": "mornings", "from": "2026-03-01", "to": "2026-03-04"}
    order = {key: f"{value}T00:00:00" if key in ("from", "to") else value for key, value in order.items()}
    made = (await client.post("/backfills", json=order)).raise_for_status().json()
    async with asyncio.timeout(20):
        while (shown := (await client.get(f"/backfills/{made['id']}")).json())["status"] == "running":
            await asyncio.sleep(0.05)
    assert (shown["total"], shown["succeeded"]) == (3, 3)
    assert sorted(file.name for file in (tmp_path / "out/daily-visits").iterdir()) == [
        "2026-03-01.csv",
        "2026-03-02.csv",
        "2026-03-03.csv",
    ]


async def test_requests_from_outside_add_rows_one_at_a_time(
    client: httpx.AsyncClient, app: FastAPI, tmp_path: Path
) -> None:
    used = await use(client, "webhook-signups")
    token = (await client.post(f"/triggers/{used['workflow']}/form/token")).json()["token"]
    transport = httpx.ASGITransport(app)
    people = ["ada@example.com", "alan@example.com", "linus@example.com"]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000/hooks") as caller:
        caller.headers["Authorization"] = f"Bearer {token}"
        calls = [caller.post("/webhook-signups", json={"email": email, "plan": "pro"}) for email in people]
        answers = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert max(answer.json()["signups"] for answer in answers) == 4
    rows = pl.read_csv(tmp_path / "samples/webhook-signups/signups.csv").sort("email")
    assert rows["email"].to_list() == ["ada@example.com", "alan@example.com", "grace@example.com", "linus@example.com"]
    assert set(rows["plan"]) == {"pro"}


async def test_what_was_done_is_undone(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await outputs(client, "book-with-undo"))["note"] == "A table for 4 is booked"
    folder = tmp_path / "out/book-with-undo"
    assert len(list(folder.iterdir())) == 2
    failed = await run(client, "book-with-undo", guests=12)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "kitchen.full")
    assert list(folder.iterdir()) == []


async def test_files_of_the_workspace_stay_as_they_are(client: httpx.AsyncClient, tmp_path: Path) -> None:
    own = tmp_path / "samples" / "sales-by-region" / "orders.csv"
    own.parent.mkdir(parents=True)
    own.write_text("my own\n")
    first = await use(client, "sales-by-region")
    second = await use(client, "sales-by-region")
    assert own.read_text() == "my own\n"
    assert {file["path"]: file["state"] for file in first["files"]} == {
        "samples/sales-by-region/customers.csv": "written",
        "samples/sales-by-region/orders.csv": "kept",
    }
    assert [file["state"] for file in second["files"]] == ["there", "kept"]
    assert (first["workflow"], second["workflow"]) == ("sales-by-region", "sales-by-region-2")
    assert sorted(path.name for path in own.parent.iterdir()) == ["customers.csv", "orders.csv"]


async def test_a_second_webhook_gets_an_address_of_its_own(client: httpx.AsyncClient) -> None:
    await use(client, "webhook-signups")
    second = await use(client, "webhook-signups")
    hook = (await client.get(f"/triggers/{second['workflow']}/form")).json()
    assert hook["config"]["path"] == "webhook-signups-2"


async def test_samples_never_go_through_a_link_out_of_the_workspace(
    client: httpx.AsyncClient, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (tmp_path / "samples").symlink_to(outside)
    refused = await client.post("/templates/csv-report/use")
    assert (refused.status_code, refused.json()["code"]) == (422, "path.symlink_leaves")
    assert list(outside.iterdir()) == []
    assert (await client.get("/workflows")).json()["items"] == []


async def test_something_in_the_way_is_told(client: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "samples").write_text("a file")
    refused = await client.post("/templates/csv-report/use")
    assert (refused.status_code, refused.json()["code"]) == (503, "template.not_writable")
    assert "samples" in refused.json()["detail"]


async def test_a_token_that_only_reads_looks_but_uses_nothing(client: httpx.AsyncClient, app: FastAPI) -> None:
    made = (await client.post("/tokens", json={"name": "reader", "scopes": ["read"]})).json()
    async with make_client(app, headers={**LOCAL, "Authorization": f"Bearer {made['token']}"}) as reader:
        assert (await reader.get("/templates")).status_code == 200
        assert (await reader.post("/templates/csv-report/use")).status_code == 403
