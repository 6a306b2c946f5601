"""The example of the databases gives the same report on each of them, also when it runs twice."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from concertmaster.domain.document import parse
from concertmaster.domain.validation import validate
from concertmaster.engine.plan import compile_plan
from concertmaster.nodes.loader import builtin_registry
from database_places import KINDS, MARKED, file_place, mysql_place, postgres_place
from engine_harness import running_engine

EXAMPLE = Path(__file__).parents[2] / "examples" / "orders-into-database.yaml"
ORDERS = "id,customer,total\n1,Ada,10.50\n2,Alan,1\n3,Ada,\n4,Grace,7\n5,Ada,2.25\n"


@pytest.mark.parametrize("kind", MARKED)
async def test_orders_into_a_database(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    if kind == "postgres":
        place = postgres_place(request.getfixturevalue("postgres"), tmp_path)
    else:
        place = (
            mysql_place(request.getfixturevalue("mariadb"), tmp_path) if kind == "mysql" else file_place(kind, tmp_path)
        )
    (tmp_path / "orders.csv").write_text(ORDERS)
    document = EXAMPLE.read_text()
    async with running_engine(tmp_path, connections={"shop": place.connection}, allow="127.0.0.1") as harness:
        for _ in range(2):
            row, events = await harness.run(document, {"path": "orders.csv", "least": 5})
            assert row.status == "succeeded", row.error
            assert events[-1].body.outputs == {"loaded": 5, "customers": 2, "report": "out/customers.csv"}
    report = pl.read_csv(tmp_path / "out" / "customers.csv")
    assert [(name, orders, float(total)) for name, orders, total in report.rows()] == [
        ("Ada", 2, 12.75),
        ("Grace", 1, 7.0),
    ]


REGISTRY = builtin_registry()
STORE = """
concertmaster: 1
name: store
inputs: {how: {type: string, default: upsert}}
nodes:
  goods: {type: file.read, config: {path: goods.csv}}
  store:
    type: db.write
    config: {connection: shop, table: goods%s}
    policy: {retry: {maximum_attempts: 3}}
edges: [goods -> store]
"""


@pytest.mark.parametrize(
    ("config", "repeatable"),
    [
        ("", False),
        (", mode: insert", False),
        (", mode: replace", True),
        (", mode: upsert, keys: [id]", True),
        (", mode: '{{ inputs.how }}', keys: [id]", False),
    ],
)
def test_what_may_be_repeated_depends_on_the_mode(config: str, repeatable: bool) -> None:
    workflow = parse(STORE % config).workflow
    assert workflow is not None
    problems = validate(workflow, REGISTRY, connections={"shop": "mysql"}.get)
    assert [problem.code for problem in problems] == ([] if repeatable else ["policy.retry"])
    plan = compile_plan(workflow, 1, REGISTRY)
    assert plan.nodes["store"].repeatable is repeatable


def test_a_connection_has_to_be_one_of_a_database() -> None:
    workflow = parse(STORE % ", mode: replace").workflow
    assert workflow is not None
    for type_ in KINDS:
        assert validate(workflow, REGISTRY, connections={"shop": type_}.get) == []
    (wrong,) = validate(workflow, REGISTRY, connections={"shop": "http"}.get)
    assert (wrong.code, "needs postgres or mysql or sqlite or duckdb" in wrong.message) == ("connection.type", True)
    (missing,) = validate(workflow, REGISTRY, connections={}.get)
    assert (missing.code, "--type postgres" in (missing.fix or "")) == ("connection.missing", True)


SLOW = """
concertmaster: 1
name: slow
nodes:
  ask: {type: db.query, config: {connection: shop, query: "%s"}, policy: {timeout: 1s}}
"""


@pytest.mark.server
async def test_the_time_out_of_a_node_ends_its_statement(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = postgres_place(request.getfixturevalue("postgres"), tmp_path)
    async with running_engine(tmp_path, connections={"shop": place.connection}, allow="127.0.0.1") as harness:
        row, _ = await harness.run(SLOW % "select pg_sleep(1000)")
    assert row.status == "failed"
    assert row.error is not None
    assert (row.error.code, "left behind" in row.error.message) == ("node.timeout", False)
    running = "select count(*) from pg_stat_activity where query like '%pg_sleep(1000)%' and pid <> pg_backend_pid()"
    assert place.server.execute(running) == [(0,)]
