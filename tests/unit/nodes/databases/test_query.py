"""db.query: rows, types and values; and what keeps a query from doing anything else."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import OperationalError, Sql, UserError
from concertmaster.nodes.builtin.database_execute import db_execute
from concertmaster.nodes.builtin.database_query import db_query
from database_places import Place
from node_context import PlainContext
from node_tables import AWKWARD, frame_of

HOSTILE = [
    "'; drop table goods; --", "1 or 1=1", '" or ""="', "\\'; drop table goods; -- ", "\\", "''", "%s", "%(p1)s", "$1",
    "?", ":p1", "{{ inputs.x }}", "/* */", "`", "größe 🎉", "a\nb", "\\' or 1=1 #", "0x27",
    "*/ select 1 /*", "$$", "null",
]  # fmt: skip
NEVER_ENDS = {
    "postgres": "select pg_sleep(1000)",
    "mysql": "select count(*) from seq_1_to_10000000 a join seq_1_to_10000000 b on a.seq + b.seq = -1",
    "sqlite": "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
    "duckdb": "select count(*) from range(1000000000) a, range(1000000000) b where a.range + b.range = 7",
}


def test_values_are_bound_and_never_text(place: Place) -> None:
    place.run("create table goods (id integer, name varchar(100))")
    place.write("goods", {"id": range(len(HOSTILE)), "name": HOSTILE})
    for number, text in enumerate(HOSTILE):
        found = place.rows(
            "select id from goods where name = {{ inputs.x }} and id >= {{ inputs.least }}", x=text, least=0
        )
        assert (text, found) == (text, [(number,)])
    assert place.rows("select count(*) from goods") == [(len(HOSTILE),)]


def test_values_of_all_kinds(place: Place) -> None:
    place.run("create table numbers (n integer)", "insert into numbers values (1), (2), (3)")
    asked = (
        "select n from numbers where n > {{ inputs.least }} and 1.5 < {{ inputs.half }} and {{ inputs.none }} is null"
    )
    if place.kind == "postgres":
        asked = asked.replace("{{ inputs.none }}", "cast({{ inputs.none }} as text)")
    assert place.rows(asked + " order by n", least=1, half=2.5, none=None) == [(2,), (3,)]
    text = place.rows(
        "select {{ inputs.x }} as x" if place.kind != "postgres" else "select {{ inputs.x }}::text as x", x={"a": [1]}
    )
    assert text == [({"a": [1]} if place.kind == "duckdb" else '{"a": [1]}',)]


def test_identifiers_are_quoted_and_have_to_be_there(place: Place) -> None:
    names = [name for name in AWKWARD if name != "{{ x }}" and (place.kind, name) != ("mysql", "größe 🎉")]
    place.write("odd `\"' table", {name: [number] for number, name in enumerate(names)}, mode="append")
    for number, name in enumerate(names):
        found = place.rows("select {{ inputs.c | ident }} as v from {{ inputs.t | ident }}", c=name, t="odd `\"' table")
        assert (name, found) == (name, [(number,)])
    for name in ("x from y; --", "slect", 'a"b'):
        with pytest.raises(UserError, match="no table and no column") as error:
            place.rows("select {{ inputs.c | ident }} from {{ inputs.t | ident }}", c=name, t="odd `\"' table")
        assert error.value.code == "sql.unknown_column"
    assert "did you mean 'select'?" in str(error.value) or name != "slect"


@pytest.mark.parametrize(
    "text",
    [
        "delete from goods",
        "/* x */ insert into goods values (2)",
        "drop table goods",
        "select 1; select 2",
        "commit",
        "",
        ")",
    ],
)
def test_only_one_select_is_possible(place: Place, text: str) -> None:
    place.run("create table goods (id integer)", "insert into goods values (1)")
    with pytest.raises(UserError) as error:
        place.rows(text)
    assert (error.value.code, error.value.details["sent"]) == ("db.statement", False)
    assert place.rows("select id from goods") == [(1,)]


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("postgres", "with gone as (delete from goods returning id) select * from gone", "db.statement"),
        ("postgres", "select nextval('numbers')", "db.read_only"),
        ("mysql", "select nextval(numbers) as n", "db.read_only"),
        ("sqlite", "select load_extension('x')", "db.statement"),
        ("duckdb", "select * from read_csv('/etc/passwd')", "db.statement"),
        ("duckdb", "from glob('*')", "db.statement"),
    ],
)
def test_a_select_changes_nothing_and_reaches_nothing_else(place: Place, text: str, code: str) -> None:
    place.run("create table goods (id integer)")
    if place.kind in ("postgres", "mysql"):
        place.run("create sequence numbers")
    with pytest.raises(UserError) as error:
        place.rows(text)
    assert error.value.code == code


def test_names_that_are_not_there_and_near_misses(place: Place) -> None:
    place.run("create table customers (id integer, name varchar(20))")
    with pytest.raises(UserError, match=r"(?i)did you mean .customers.") as table:
        place.rows("select * from custmers")
    assert table.value.code == "db.unknown_table"
    with pytest.raises(UserError, match="did you mean 'name'") as column:
        place.rows("select nam from customers")
    assert column.value.code == "db.unknown_column"
    with pytest.raises(UserError, match="two columns 'id'") as double:
        place.rows("select id, id from customers")
    assert double.value.code == "sql.double_column"


class Impatient(PlainContext):
    """Cancelled after it was asked a few times."""

    asked: int = 0

    def cancelled(self) -> bool:
        self.asked += 1
        return self.asked > 3


def test_a_statement_that_never_ends_is_ended(place: Place) -> None:
    place.run("create table goods (id integer)")
    sql = Sql(NEVER_ENDS[place.kind])
    with pytest.raises(OperationalError, match="`timeout`") as late:
        frame_of(db_query(place.connection, sql, place.context, timeout="200ms"))
    assert (late.value.code, late.value.retryable) == ("db.timeout", True)
    with pytest.raises(OperationalError) as cancelled:
        frame_of(db_query(place.connection, sql, Impatient(place.folder)))
    assert (cancelled.value.code, cancelled.value.retryable) == ("db.cancelled", False)
    assert place.rows("select count(*) from goods") == [(0,)]


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_connection_that_breaks_in_the_middle(place: Place) -> None:
    place.write("goods", {"id": range(40_000), "text": ["x" * 600] * 40_000}, mode="append")
    reader: Any = db_query(place.connection, Sql("select * from goods"), place.context)
    reader.read_next_batch()
    if place.kind == "postgres":
        place.server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'concertmaster'"
        )
    else:
        for (number,) in place.server.execute("select id from information_schema.processlist where user = 'ann'"):
            place.server.execute(f"kill connection {number}")
    with pytest.raises(OperationalError) as error:
        reader.read_all()
    assert (error.value.code, error.value.retryable) == ("db.lost", True)


@pytest.mark.parametrize("kind", ["postgres"])
def test_many_rows_flow_through(place: Place) -> None:
    reader: Any = db_query(
        place.connection,
        Sql("select n, n * 0.5::float8 as half, 'row ' || n as text from generate_series(1, 200000) n"),
        place.context,
    )
    sizes = [batch.num_rows for batch in reader]
    assert (sum(sizes), max(sizes) <= 16 * 1024) == (200_000, True)


POSTGRES: list[tuple[str, Any, Any]] = [
    ("12.50::numeric(10,2)", pl.Decimal(10, 2), Decimal("12.50")),
    ("1::numeric / 3", pl.Decimal(38, 18), Decimal("0.333333333333333333")),
    ("9::int2", pl.Int16, 9),
    ("2147483648::int8", pl.Int64, 2147483648),
    ("1.5::float4", pl.Float32, 1.5),
    ("true", pl.Boolean, True),
    ("'2024-03-01'::date", pl.Date, dt.date(2024, 3, 1)),
    ("'12:30:01.5'::time", pl.Time, dt.time(12, 30, 1, 500_000)),
    ("'2024-03-01 12:00'::timestamp", pl.Datetime("us"), dt.datetime(2024, 3, 1, 12)),
    ("'2024-03-01 12:00+02'::timestamptz", pl.Datetime("us", "UTC"), dt.datetime(2024, 3, 1, 10, tzinfo=dt.UTC)),
    ("'1 day 2 hours'::interval", pl.Duration("us"), dt.timedelta(days=1, hours=2)),
    ("'\\x00ff'::bytea", pl.Binary, b"\x00\xff"),
    ("'{\"a\": [1]}'::json", pl.String, '{"a": [1]}'),
    ("'{\"a\": [1]}'::jsonb", pl.String, '{"a": [1]}'),
    ("'6ecd8c99-4036-403d-bf84-cf8400f67836'::uuid", pl.String, "6ecd8c99-4036-403d-bf84-cf8400f67836"),
    ("'{1,null,3}'::int[]", pl.List(pl.Int32), [1, None, 3]),
    ("'{a,\"b c\"}'::text[]", pl.List(pl.String), ["a", "b c"]),
    ("'10.0.0.0/8'::cidr", pl.String, "10.0.0.0/8"),
    ("int4range(1, 5)", pl.String, "[1,5)"),
    ("null::int", pl.Int32, None),
]
MYSQL: list[tuple[str, Any, Any]] = [
    ("decimal(10,2)", pl.Decimal(10, 2), Decimal("12.50")),
    ("bigint unsigned", pl.UInt64, 2**64 - 1),
    ("tinyint unsigned", pl.UInt8, 255),
    ("smallint", pl.Int16, -32768),
    ("mediumint unsigned", pl.UInt32, 16777215),
    ("double", pl.Float64, 1.5),
    ("boolean", pl.Int8, 1),
    ("date", pl.Date, dt.date(2024, 3, 1)),
    ("datetime(6)", pl.Datetime("us"), dt.datetime(2024, 3, 1, 12, 0, 0, 5)),
    ("timestamp(6) null", pl.Datetime("us", "UTC"), dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)),
    ("time(6)", pl.Duration("us"), dt.timedelta(hours=30, microseconds=7)),
    ("varchar(20)", pl.String, "größe 🎉"),
    ("longblob", pl.Binary, b"\x00\xff'\\"),
    ("varbinary(20)", pl.Binary, b"\xfe"),
    ("json", pl.String, '{"a": [1]}'),
    ("enum('a','b')", pl.String, "b"),
    ("year", pl.Int16, 2024),
]


@pytest.mark.parametrize("kind", ["postgres"])
def test_types_of_postgresql(place: Place) -> None:
    columns = ", ".join(f"{text} as c{number}" for number, (text, _, _) in enumerate(POSTGRES))
    frame = place.ask(f"select {columns}")
    assert list(zip(frame.schema.values(), frame.row(0), strict=True)) == [
        (type_, value) for _, type_, value in POSTGRES
    ]


@pytest.mark.parametrize("kind", ["mysql"])
def test_types_of_mysql_both_ways(place: Place) -> None:
    place.run(f"create table all_types ({', '.join(f'c{n} {text}' for n, (text, _, _) in enumerate(MYSQL))})")
    data = pl.DataFrame({f"c{n}": pl.Series([value, None], dtype=type_) for n, (_, type_, value) in enumerate(MYSQL)})
    place.write("all_types", data)
    frame = place.ask("select * from all_types")
    assert list(zip(frame.schema.values(), frame.row(0), strict=True)) == [(type_, value) for _, type_, value in MYSQL]
    assert frame.row(1) == (None,) * len(MYSQL)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_types_of_sqlite_come_from_all_rows(place: Place) -> None:
    place.run(
        "create table mixed (a, b, c, d)",
        "insert into mixed values (1, 1, 'x', null), (2, 2.5, 3, null), (3, null, x'00', null)",
    )
    frame = place.ask("select * from mixed")
    assert list(frame.schema.values()) == [pl.Int64, pl.Float64, pl.Binary, pl.Null]
    assert frame.rows() == [(1, 1.0, b"x", None), (2, 2.5, b"3", None), (3, None, b"\x00", None)]


@pytest.mark.parametrize(
    ("kind", "text"), [("postgres", "select 'NaN'::numeric as n"), ("postgres", "select '{{1},{2}}'::int[] as n")]
)
def test_a_value_that_no_type_holds_is_named(place: Place, text: str) -> None:
    with pytest.raises(UserError, match="column 'n' does not fit") as error:
        frame_of(db_query(place.connection, Sql(text), place.context))
    assert error.value.code == "db.value"


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_servers_that_cannot_be_reached(place: Place) -> None:
    def failure(**values: Any) -> UserError | OperationalError:
        changed = type(place.connection)(place.kind, "there", {**place.connection.values, **values})
        with pytest.raises((UserError, OperationalError)) as error:
            db_query(changed, Sql("select 1"), place.context)
        assert error.value.details["sent"] is False
        return error.value

    assert failure(host="127.0.0.2").code == "http.egress_refused"
    assert failure(port=1).code == "db.unreachable"
    missing = failure(database="none")
    assert (missing.code, "username and password" in missing.message) == ("db.refused", False)
    assert ("Check database and username" if place.kind == "postgres" else "rights on the database") in missing.message
    if place.kind == "postgres":
        assert "Set `sslmode` to prefer or disable" in failure(sslmode="require").message
    if place.kind == "mysql":
        assert failure(sslmode="verify-full", ca_certificate="none").code == "connection.ca_certificate"
        wrong = failure(password="s3cr3t-pass-word")
        assert (wrong.code, "s3cr3t" in wrong.message) == ("db.refused", False)


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_files_stay_in_the_workspace_and_are_not_made_by_reading(place: Place) -> None:
    def failure(path: str, work: Callable[[Place], Any]) -> str:
        place.connection = type(place.connection)(place.kind, "there", {"path": path, "read_only": False})
        with pytest.raises((UserError, OperationalError)) as error:
            work(place)
        return error.value.code

    assert failure("none.db", lambda p: p.rows("select 1")) == "db.no_file"
    assert failure("../out.db", lambda p: p.run("create table a (i int)")) == "path.outside_workspace"
    (place.folder / "text.db").write_text("not a database, whatever its name says" * 100)
    assert failure("text.db", lambda p: p.rows("select 1")) == "db.failed"
    (place.folder / "there.db").mkdir()
    assert failure("there.db", lambda p: p.rows("select 1")) == "db.no_file"
    assert not (place.folder / "none.db").exists()
    place.connection = type(place.connection)(place.kind, "there", {"path": f"a.{place.kind}", "read_only": False})
    place.run("create table a (i int)")
    for text in (f"attach '{place.folder / 'other.db'}' as other", f"vacuum into '{place.folder / 'other.db'}'"):
        with pytest.raises((UserError, OperationalError)):
            db_execute(place.connection, [Sql(text)], place.context, transaction=False)
    assert not (place.folder / "other.db").exists()


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    "pragma",
    [
        "hard_heap_limit = 1000000000000",
        "SOFT_HEAP_LIMIT(1000000000000)",
        'main."hard_heap_limit" = 1000000000000',
        "temp_store_directory = '/tmp'",
    ],
)
def test_no_statement_sets_what_the_whole_server_has(place: Place, pragma: str) -> None:
    for transaction in (True, False):
        with pytest.raises(UserError, match="nothing of the server") as error:
            db_execute(place.connection, [Sql(f"pragma {pragma}")], place.context, transaction=transaction)
        assert error.value.code == "db.statement"


def test_a_driver_is_asked_for_when_it_is_needed_and_not_before(tmp_path: Path) -> None:
    script = """
import sys
sys.modules["pymysql"] = None
from pathlib import Path
from concertmaster import Connection, Sql, UserError
from concertmaster.nodes.builtin.database_query import db_query
from concertmaster.nodes.loader import builtin_registry
from node_context import PlainContext
assert {"db.query", "db.write", "db.execute", "db.copy"} <= set(builtin_registry().ids())
assert not {"psycopg", "duckdb"} & set(sys.modules), "a start without databases loads their drivers"
try:
    db_query(Connection("mysql", "there", {"host": "127.0.0.1", "port": 1}), Sql("select 1"), PlainContext(Path(".")))
except UserError as error:
    assert (error.code, "pip install" in error.message) == ("db.driver_missing", True), error
else:
    raise AssertionError("no driver, and no error")
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    "made", ["zeroblob(67108865)", "randomblob(67108865)", "replace(hex(zeroblob(9000)), '0', hex(zeroblob(9000)))"]
)
def test_no_value_takes_the_memory_of_the_server(place: Place, made: str) -> None:
    place.run("create table t (n integer)")
    with pytest.raises(UserError) as caught:
        place.rows(f"select length({made}) as n")
    assert "67,108,864 bytes" in caught.value.message
