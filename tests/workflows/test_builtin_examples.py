"""Every built-in's example runs as it stands, on the real engine."""

from __future__ import annotations

import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from concertmaster.domain.document import parse
from concertmaster.domain.validation import validate
from concertmaster.nodes.loader import builtin_registry
from engine_harness import running_engine

REGISTRY = builtin_registry()
FILES = {
    "flights.csv": "carrier,origin,dest,month,dep_delay\nUA,EWR,IAH,1,20\nAA,LGA,MIA,1,NA\nUA,EWR,IAH,2,40\n",
    "airlines.csv": "carrier,name\nAA,American Airlines Inc.\nUA,United Air Lines Inc.\n",
    "airports.csv": "faa,name,lat\nIAH,George Bush,29.98\nMIA,Miami Intl,25.79\n",
}
OUTPUTS: dict[str, Any] = {
    "data.set": {"name": "world"},
    "data.template": {"text": "Hello world!"},
    "file.read": {"rows": 2},
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
    "http.request": {"status": 200},
    "http.respond": {"status": 200},
    "logic.if": {"size": "small"},
    "logic.merge": {"both": [1, 2]},
    "logic.switch": {"size": "M"},
    "python.code": {"sum": 18},
    "table.aggregate": {"routes": 2},
    "table.filter": {"late": 2},
    "table.join": {"rows": 3},
    "table.sample": {"rows": 3},
    "table.select": {"columns": ["code", "airline"]},
    "table.sort": {"airports": 2},
    "table.sql": {"carriers": 2},
}


def test_every_builtin_has_an_example_and_every_parameter_a_help_text() -> None:
    assert sorted(REGISTRY.ids()) == sorted(OUTPUTS)
    for type_id in REGISTRY.ids():
        spec = REGISTRY.spec(type_id)
        assert spec is not None
        assert spec.example
        assert spec.docs
        assert spec.icon
        for name, field in spec.schema["properties"].items():
            assert field.get("description"), f"{type_id}: {name}"


@pytest.mark.parametrize("type_id", sorted(OUTPUTS))
async def test_the_example_runs(tmp_path: Path, type_id: str) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    spec = REGISTRY.spec(type_id)
    assert spec is not None
    workflow = parse(spec.example).workflow
    assert workflow is not None
    assert validate(workflow, REGISTRY) == []
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        inputs = {name: schema["default"] for name, schema in workflow.inputs.items()}
        if "url" in inputs:
            inputs["url"] = f"http://127.0.0.1:{server.server_port}/"
        async with running_engine(tmp_path, allow="127.0.0.1") as harness:
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
