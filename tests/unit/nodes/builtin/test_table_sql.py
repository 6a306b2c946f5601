"""SQL nodes: what they compute, what they refuse, and that nothing gets out."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import polars as pl
import pyarrow as pa
import pytest

from concertmaster import OperationalError, Sql, Table, UserError
from concertmaster.domain.values import Column, TableRef
from concertmaster.nodes.builtin.duck.session import Session
from concertmaster.nodes.builtin.table_sql import table_aggregate, table_filter, table_sql
from node_context import PlainContext

FRAME = pl.DataFrame(
    {"carrier": ["UA", "AA", "UA", None], "delay": [5, 20, None, 40], "air time": [1.5, 2.5, 3.5, 4.5]}
)
OTHER = pl.DataFrame({"carrier": ["UA", "AA"], "name": ["United", "American"]})


def stored(folder: Path, frame: pl.DataFrame = FRAME, name: str = "t.parquet") -> Table:
    """A real Table over a Parquet file, as the engine hands it over."""
    path = folder / name
    frame.write_parquet(path)
    columns = tuple(Column(column, "any") for column in frame.columns)
    return Table(TableRef("0" * 64, frame.height, path.stat().st_size, columns), path)


def frame_of(reader: pa.RecordBatchReader) -> pl.DataFrame:
    return cast("pl.DataFrame", pl.from_arrow(reader.read_all()))


def test_sql_over_its_inputs_with_bound_values(tmp_path: Path) -> None:
    query = Sql(
        'select name, sum(delay) as total, max("air time") as air from input join names using (carrier) '
        "where delay >= $p1 group by name order by name",
        {"p1": 5},
    )
    tables = {"names": stored(tmp_path, OTHER, "names.parquet")}
    frame = frame_of(table_sql(stored(tmp_path), query=query, context=PlainContext(tmp_path), **tables))
    assert frame.rows() == [("American", 20, 2.5), ("United", 5, 1.5)]
    assert frame.schema["total"] == pl.Int64


def test_plain_frames_work_without_a_server() -> None:
    frame: Any = FRAME
    assert frame_of(table_sql(frame, query=Sql("select count() as n from input"))).rows() == [(4,)]
    assert frame_of(table_sql(query=Sql("select range as n from range(2)"))).rows() == [(0,), (1,)]


def test_a_bound_value_is_never_sql(tmp_path: Path) -> None:
    for text in ("'; drop table input; --", "1 or 1=1", "\" or ''='"):
        assert frame_of(table_filter(stored(tmp_path), Sql("carrier = $p1", {"p1": text}))).height == 0


def test_filter_keeps_order_and_leaves_out_the_unknown(tmp_path: Path) -> None:
    assert frame_of(table_filter(stored(tmp_path), Sql("delay > $p1 -- late", {"p1": 4})))["delay"].to_list() == [
        5,
        20,
        40,
    ]


def test_aggregate_groups_sorted_and_each_measure_has_parameters_of_its_own(tmp_path: Path) -> None:
    measures = {
        "n": Sql("count()"),
        "late": Sql("count() filter (delay > $p1)", {"p1": 10}),
        "text": Sql("max('$p1' || $p1)", {"p1": "x"}),
        "mean delay": Sql("mean(delay)"),
    }
    frame = frame_of(table_aggregate(stored(tmp_path), ["carrier"], measures=measures))
    assert frame.columns == ["carrier", "n", "late", "text", "mean delay"]
    assert frame.rows() == [("AA", 1, 1, "$p1x", 20.0), ("UA", 2, 0, "$p1x", 5.0), (None, 1, 1, "$p1x", 40.0)]
    assert frame_of(table_aggregate(stored(tmp_path), measures={"n": Sql("count()")})).rows() == [(4,)]


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('/etc/passwd')",
        "select * from read_json('/etc/passwd')",
        "select * from read_parquet('/etc/passwd')",
        "select * from parquet_metadata('x.parquet')",
        "select * from parquet_scan('x.parquet')",
        "select * from sniff_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from 'other.parquet'",
        "select * from glob('/etc/*')",
        "select * from input where exists (select * from glob('/*'))",
        "with x as (select * from read_text('/etc/passwd')) select * from x",
        "select (select content from read_text('/etc/passwd'))",
        "copy input to '/tmp/escape.csv'",
        "copy (select 1) to 'escape.parquet'",
        "export database 'escape'",
        "import database 'escape'",
        "attach 'escape.db'",
        "attach ':memory:' as other",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "pragma_version()",
        "select * from pragma_version()",
        "set threads = 64",
        "set enable_external_access = true",
        "reset lock_configuration",
        "call pragma_version()",
        "select getenv('HOME')",
        "select getvariable('x')",
        "select current_setting('allowed_paths')",
        "select current_user",
        "select current_database()",
        "select * from duckdb_settings()",
        "select * from duckdb_secrets()",
        "select * from duckdb_views()",
        "select * from duckdb_logs",
        "select * from information_schema.tables",
        "select * from pg_catalog.pg_tables",
        "select * from pg_tables",
        "select * from sqlite_master",
        "select * from main.input",
        "select * from query('select 1')",
        "select * from query_table('input')",
        "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "select * from which_secret('a', 's3')",
        "select * from force_checkpoint()",
        "select write_log('x')",
        "select pg_sleep(1)",
        "select sleep_ms(1)",
        "select nextval('s')",
        "select 1; select 2",
        "select 1; drop view input",
        "drop view input",
        "create table x as select 1",
        "create macro m() as 1",
        "create secret (type s3)",
        "insert into input values (1)",
        "with x as (insert into input values (1) returning *) select * from x",
        "update input set delay = 1",
        "delete from input",
        "truncate input",
        "alter view input rename to x",
        "explain select 1",
        "describe input",
        "summarize input",
        "show tables",
        "select * from (show tables)",
        "select * from (describe input)",
        "use memory",
        "checkpoint",
        "vacuum",
        "begin",
        "prepare p as select 1",
        "execute p",
        "detach memory",
        "",
        "select",
        "select * from nowhere",
        "select * from frame",
        "select * from sys",
    ],
)
def test_whatever_looks_beyond_the_inputs_is_refused(
    tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"secret": [1]})  # a variable that DuckDB's Python client could pick up by its name
    frame.write_parquet("other.parquet")
    table = stored(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(UserError) as caught:
        table_sql(table, query=Sql(query)).read_all()
    assert caught.value.code.startswith("sql.")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_text('/etc/passwd')",
        "select * from 'other.parquet'",
        "select * from glob('/etc/*')",
        "copy (select 1) to 'escape.parquet'",
        "attach 'escape.db'",
        "install httpfs",
        "load httpfs",
        "set threads = 64",
        "set allowed_paths = ['/etc/passwd']",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "reset lock_configuration",
        "export database 'escape'",
    ],
)
def test_the_locked_session_holds_even_without_the_check(
    tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"secret": [1]}).write_parquet("other.parquet")
    session = Session({"input": stored(tmp_path)}, None)
    with pytest.raises(Exception, match=r"disabled|locked|Cannot|not allowed"):
        session.con.execute(query).fetchall()
    assert not list(tmp_path.glob("escape*"))


@pytest.mark.parametrize(
    "text", ["1) or (1", "a; select 1", "1 as x, 2", "delay > 1 limit 1", "*", "", "delay --\n, 2", "distinct 1"]
)
def test_an_expression_is_one_expression(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError) as caught:
        frame_of(table_aggregate(stored(tmp_path), measures={"x": Sql(text)}))
    assert caught.value.code.startswith("sql.")


@pytest.mark.parametrize(
    "text", ["(select content from read_text('/etc/passwd')) = ''", "exists (from glob('/*'))", "getenv('X') = ''"]
)
def test_expressions_are_locked_too(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError):
        table_filter(stored(tmp_path), Sql(text)).read_all()


def test_unknown_names_come_with_the_known_ones(tmp_path: Path) -> None:
    table = stored(tmp_path)
    for call in (
        lambda: table_filter(table, Sql("dely > 1")),
        lambda: table_sql(table, query=Sql("select dely from input")),
        lambda: table_sql(table, query=Sql('select "dely" from input', {}, ("dely",))),
        lambda: table_aggregate(table, ["dely"], measures={"n": Sql("count()")}),
    ):
        with pytest.raises(UserError, match=r"dely.*carrier, delay, air time.*did you mean 'delay'") as caught:
            call()
        assert caught.value.code == "sql.unknown_column"
    with pytest.raises(UserError, match=r"no table 'inptu'.*did you mean 'input'"):
        table_sql(table, query=Sql("select * from inptu"))


def test_failures_while_rows_are_computed_are_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Could not convert string 'UA'") as caught:
        table_sql(stored(tmp_path), query=Sql("select carrier::int as x from input")).read_all()
    assert caught.value.code == "sql.failed"
    late = "select case when range < 999999 then '1' else 'late' || range end::int as x from range(1000000)"
    with pytest.raises(UserError, match="Could not convert string 'late999999'") as caught:
        table_sql(query=Sql(late)).read_all()
    assert caught.value.code == "sql.failed"
    with pytest.raises(UserError, match="two columns 'a'"):
        table_sql(stored(tmp_path), query=Sql("select 1 as a, 2 as a"))
    with pytest.raises(OperationalError, match="more than 64 MB"):
        table_sql(query=Sql("select list(range) as l from range(100000000)"), memory_mb=64, context=None).read_all()


def test_cancelling_interrupts_the_query(tmp_path: Path) -> None:
    context = PlainContext(tmp_path)
    timer = threading.Timer(0.3, lambda: setattr(context, "stop", True))
    timer.start()
    endless = Sql("select count() as n from range(1000000000) a, range(1000000000) b where a.range + b.range = -1")
    with pytest.raises(OperationalError) as caught:
        table_sql(query=endless, context=context).read_all()
    timer.join()
    assert caught.value.code == "sql.cancelled"


def test_cancelling_interrupts_while_rows_flow(tmp_path: Path) -> None:
    context = PlainContext(tmp_path)
    reader = table_sql(query=Sql("select range as n from range(1000000000000)"), context=context)
    reader.read_next_batch()
    context.stop = True
    with pytest.raises(OperationalError) as caught:
        for _ in reader:
            pass
    assert caught.value.code == "sql.cancelled"
