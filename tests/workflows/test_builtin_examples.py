"""Every built-in's example runs as it stands, on the real engine."""

from __future__ import annotations

import io
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from concertmaster import Connection
from concertmaster.domain.document import parse
from concertmaster.domain.validation import validate
from concertmaster.nodes.loader import builtin_registry
from documentation import shop
from engine_harness import example_of, running_engine
from s3_server import S3Server

REGISTRY = builtin_registry()
FILES = {
    "flights.csv": "carrier,origin,dest,month,dep_delay\nUA,EWR,IAH,1,20\nAA,LGA,MIA,1,NA\nUA,EWR,IAH,2,40\n",
    "airlines.csv": "carrier,name\nAA,American Airlines Inc.\nUA,United Air Lines Inc.\n",
    "airports.csv": "faa,name,lat\nIAH,George Bush,29.98\nMIA,Miami Intl,25.79\n",
}
OUTPUTS: dict[str, Any] = {
    "data.filter": {"dear": [{"id": 7, "price": 10}]},
    "data.group": {"cities": [{"city": "Rome", "names": ["Ada", "Grace"]}, {"city": "Oslo", "names": ["Alan"]}]},
    "data.map": {"totals": [{"order": 7, "total": 20}, {"order": 8, "total": 5.0}]},
    "data.merge": {"both": [{"id": 7, "item": "tea", "price": 5}, {"id": 8, "item": "rice", "price": 2}]},
    "data.set": {"name": "world"},
    "data.sort": {"first": "Alan"},
    "data.template": {"text": "Hello world!"},
    "db.copy": {"rows": 3},
    "db.execute": {"changed": [3, 1]},
    "db.query": {"orders": 2},
    "db.write": {"rows": 2},
    "file.archive": {"path": "out/all.zip"},
    "file.copy": {"path": "archive/airlines.csv"},
    "file.delete": {"gone": ["airlines.csv", "airports.csv"]},
    "file.list": {"names": ["airlines.csv", "airports.csv"]},
    "file.move": {"path": "done/airlines.csv"},
    "file.read": {"rows": 2},
    "file.unarchive": {"files": [{"path": "unpacked/airlines.csv", "bytes": 64}]},
    "file.write": {"path": "out/airlines.parquet"},
    "flow.approve": {"what": "left alone"},
    "flow.call": {"deepest": 0},
    "flow.event": {"ball": 1},
    "flow.fail": {"told": "There are no rows today"},
    "flow.for_each": {"squares": [1, 4, 9]},
    "flow.lock": {"state": "loaded"},
    "flow.race": {"winner": "fast"},
    "flow.stop": {"worked": None},
    "flow.until": {"tries": 3},
    "flow.wait": {"second": 2},
    "flow.while": {"power": 128},
    "http.download": {"name": "answer.txt"},
    "http.graphql": {"name": "Norway"},
    "http.paginate": {"items": [1, 2, 3]},
    "http.request": {"status": 200},
    "http.respond": {"status": 200},
    "logic.if": {"size": "small"},
    "logic.merge": {"both": [1, 2]},
    "logic.switch": {"size": "M"},
    "python.code": {"sum": 18},
    "s3.delete": {"gone": ["passing/airlines.csv"]},
    "s3.get": {"rows": 2},
    "s3.list": {"files": 2},
    "s3.put": {"url": "s3://shop/reference/airlines.parquet"},
    "table.aggregate": {"routes": 2},
    "table.cast": {"rows": 2},
    "table.dedupe": {"carriers": 2},
    "table.derive": {"columns": ["carrier", "origin", "dest", "month", "dep_delay", "route", "late"]},
    "table.diff": {"changes": 1, "columns": ["carrier", "month", "change", "column", "old", "new"]},
    "table.fill": {"rows": 3, "gaps": 0},
    "table.filter": {"late": 2},
    "table.join": {"rows": 3},
    "table.pivot": {"columns": ["carrier", "1", "2"]},
    "table.profile": {"columns": 5, "with_gaps": 1},
    "table.rename": {"columns": ["code", "NAME", "LAT"]},
    "table.sample": {"rows": 3},
    "table.select": {"columns": ["code", "airline"]},
    "table.sort": {"airports": 2},
    "table.split": {"late": 2, "rest": 0},
    "table.sql": {"carriers": 2},
    "text.parse_html": {
        "links": [{"title": "One", "link": "https://a.example/1"}, {"title": "Two", "link": "https://a.example/2"}]
    },
    "text.parse_json": {"first": "tea"},
    "text.parse_xml": {"books": [{"id": "1", "title": "Emma"}, {"id": "2", "title": None}]},
    "text.regex": {"numbers": ["17", "4"]},
    "table.union": {"rows": 3, "columns": ["part", "carrier", "origin", "dest", "month", "dep_delay"]},
    "table.unpivot": {"rows": 4, "columns": ["faa", "fact", "value"]},
    "table.validate": {"valid": 2, "summary": "7 of 8 expectations are met; 1 of 3 rows are invalid"},
    "table.window": {"columns": ["carrier", "origin", "dest", "month", "dep_delay", "place", "flights", "behind"]},
}

# Against servers of their own, in these tests.
ELSEWHERE = {
    "test_email_send.py": ["email.send"],
    "test_messages.py": [
        *("nats.publish", "nats.request", "rabbitmq.get", "rabbitmq.publish"),
        *("redis.stream_ack", "redis.stream_add", "redis.stream_read"),
    ],
    "test_sftp.py": ["sftp.get", "sftp.list", "sftp.put"],
    "test_shell_command.py": ["shell.command"],
    "test_slack_send.py": ["slack.send"],
}


class Server(SimpleHTTPRequestHandler):
    """Files, pages of a list, and a GraphQL answer."""

    def do_GET(self) -> None:
        page = parse_qs(urlsplit(self.path).query).get("page")
        if page is None:
            super().do_GET()
        else:
            self.answer({"items": {"1": [1, 2], "2": [3]}.get(page[0], [])})

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.answer({"data": {"country": {"name": {"NO": "Norway"}[sent["variables"]["code"]]}}})

    def answer(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_every_builtin_has_an_example_and_every_parameter_a_help_text() -> None:
    assert sorted(REGISTRY.ids()) == sorted([*OUTPUTS, *(one for listed in ELSEWHERE.values() for one in listed)])
    for type_id in REGISTRY.ids():
        spec = REGISTRY.spec(type_id)
        assert spec is not None
        assert spec.example
        assert spec.docs
        assert spec.icon
        for name, field in spec.schema["properties"].items():
            assert field.get("description"), f"{type_id}: {name}"


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> Connection[Any]:
    """A bucket with the orders of two days."""
    client, name = s3.client(), s3.make_bucket("shop")
    orders = io.BytesIO()
    pl.DataFrame({"id": [7, 8]}).write_parquet(orders)
    for day in (29, 30):
        client.put_object(Bucket=name, Key=f"orders/2026-11-{day}.parquet", Body=orders.getvalue())
    return Connection("s3", "shop", s3.values(name))


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_what_needs_a_server_is_tried_elsewhere(name: str) -> None:
    text = (Path(__file__).parents[1] / "unit" / "nodes" / "builtin" / name).read_text()
    for type_id in ELSEWHERE[name]:
        assert validate(parse(example_of(type_id)).workflow, REGISTRY) == []
        assert f'example_of("{type_id}")' in text


@pytest.mark.parametrize("type_id", sorted(OUTPUTS))
async def test_the_example_runs(tmp_path: Path, type_id: str, request: pytest.FixtureRequest) -> None:
    known = {"shop": request.getfixturevalue("bucket") if type_id.startswith("s3.") else shop(tmp_path)}
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    spec = REGISTRY.spec(type_id)
    assert spec is not None
    workflow = parse(spec.example).workflow
    assert workflow is not None
    assert validate(workflow, REGISTRY) == []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        inputs = {name: schema["default"] for name, schema in workflow.inputs.items()}
        if "url" in inputs:
            inputs["url"] = f"http://127.0.0.1:{server.server_port}/"
        async with running_engine(tmp_path, allow="127.0.0.1", connections=known) as harness:
            row, events = await harness.run(spec.example, inputs)
        server.shutdown()
    assert row.status == "succeeded", row.error
    assert events[-1].body.outputs == OUTPUTS[type_id]


async def test_a_query_that_fails_late_names_the_value(tmp_path: Path) -> None:
    late = "select case when range < 999999 then '1' else 'late' || range end::int as x from range(1000000)"
    async with running_engine(tmp_path) as harness:
        row, _ = await harness.run(
            f"""
            concertmaster: 1
            name: late-failure
            nodes:
              q: {{type: table.sql, config: {{query: "{late}"}}}}
            """
        )
    assert row.status == "failed"
    assert row.error is not None
    assert row.error.code == "sql.failed"
    assert "late999999" in row.error.message
