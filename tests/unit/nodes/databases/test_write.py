"""db.write and db.execute: all or nothing, on every database."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cutting_proxy import CuttingProxy

from concertmaster import OperationalError, Sql, UserError
from concertmaster.nodes.builtin.database_execute import db_execute
from concertmaster.nodes.builtin.database_write import db_write
from database_places import Place, postgres_place
from node_context import PlainContext
from node_tables import stored
from postgres_server import PostgresServer

GOODS = "create table goods (id integer primary key, name varchar(20), amount integer default 7)"
MOMENT = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
MANY = 40_000  # more than a batch, so that half of it has reached the database


def rows(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("select id, name, amount from goods order by id")


def test_the_four_modes(place: Place) -> None:
    place.run(GOODS)
    written = place.write("goods", {"name": ["tea", None], "id": [1, 2]})
    assert written == {"table": "goods", "mode": "insert", "rows": 2, "bytes": written["bytes"], "made": False}
    assert (written["bytes"] > 0, rows(place)) == (True, [(1, "tea", 7), (2, None, 7)])
    place.write("goods", {"id": [3], "amount": [1]}, "append")
    place.write("goods", {"id": [2, 3, 4], "name": ["rice", "salt", "oil"]}, "upsert", keys=("id",))
    assert rows(place) == [(1, "tea", 7), (2, "rice", 7), (3, "salt", 1), (4, "oil", 7)]
    place.write("goods", {"id": [2, 5]}, "upsert", keys=("ID",))
    assert rows(place)[1:] == [(2, "rice", 7), (3, "salt", 1), (4, "oil", 7), (5, None, 7)]
    place.write("goods", {"id": [9], "name": ["pepper"]}, "replace")
    assert rows(place) == [(9, "pepper", 7)]
    place.write("goods", pl.DataFrame(schema={"id": pl.Int64}), "replace")
    assert rows(place) == []


def test_a_table_is_made_with_types_that_fit(place: Place) -> None:
    frame = pl.DataFrame(
        {
            "whole": [1, None],
            "small": pl.Series([1, 2], dtype=pl.Int8),
            "large": pl.Series([2**64 - 1 if place.kind != "sqlite" else 5, 0], dtype=pl.UInt64),
            "half": [0.5, -0.25],
            "exact": pl.Series([Decimal("12345678901234567890.12"), None], dtype=pl.Decimal(30, 2)),
            "text": ["größe 🎉 'x' \\ \"y\"\n,", ""],
            "truth": [True, None],
            "day": [dt.date(2024, 2, 29), None],
            "local": [dt.datetime(2024, 3, 1, 12, 0, 0, 5), None],
            "moment": pl.Series([MOMENT, None], dtype=pl.Datetime("us", "Europe/Paris")),
            "clock": [dt.time(1, 2, 3, 4), None],
            "took": [dt.timedelta(hours=1, microseconds=3), None],
            "raw": [b"\x00\xff", b""],
            "kind": pl.Series(["a", "b"], dtype=pl.Categorical),
            "list": [[1, None], []],
            "texts": [["a,\"b\"", "\\ {x}", "null"], None],
            "object": [{"a": 1, "b": "x"}, None],
            "nothing": [None, None],
        }
    )  # fmt: skip
    assert place.write("made", frame, "append")["made"] is True
    found = place.ask("select * from made")
    expected = dict(frame.row(0, named=True)) | {"moment": MOMENT}
    if place.kind == "postgres":
        expected |= {"large": Decimal(2**64 - 1), "object": '{"a": 1, "b": "x"}'}
    elif place.kind == "mysql":
        texts = '["a,\\"b\\"", "\\\\ {x}", "null"]'
        expected |= {"truth": 1, "moment": MOMENT.replace(tzinfo=None), "list": "[1, null]", "texts": texts}
        expected |= {
            "object": '{"a": 1, "b": "x"}',
            "clock": dt.timedelta(hours=1, minutes=2, seconds=3, microseconds=4),
        }
    elif place.kind == "sqlite":
        expected |= {"exact": "12345678901234567890.12", "truth": 1, "day": "2024-02-29", "clock": "01:02:03.000004"}
        expected |= {
            "local": "2024-03-01 12:00:00.000005",
            "moment": "2024-03-01 12:00:00+00:00",
            "took": 3_600_000_003,
        }
        expected |= {"list": "[1, null]", "texts": '["a,\\"b\\"", "\\\\ {x}", "null"]', "object": '{"a": 1, "b": "x"}'}
    assert found.row(0, named=True) == expected
    assert found.height == 2
    assert found["text"].to_list()[1] == ""
    place.write("made", frame, "append")
    assert place.rows("select count(*) from made") == [(4,)]


def test_texts_become_what_the_columns_are(place: Place) -> None:
    place.run("create table typed (n integer, d date, x decimal(10,2))")
    place.write("typed", {"n": ["1", None], "d": ["2024-02-29", None], "x": ["1.50", None]})
    (first, second) = place.rows("select n, d, x from typed order by n is null")
    assert (first[0], str(first[1]), float(first[2]), second) == (1, "2024-02-29", 1.5, (None, None, None))


@pytest.mark.parametrize("mode", ["insert", "append", "replace", "upsert"])
def test_a_write_that_half_fails_leaves_nothing(place: Place, mode: Any) -> None:
    place.run(GOODS.replace("name varchar(20)", "name varchar(20) check (name <> 'bad')"))
    place.write("goods", {"id": [1], "name": ["tea"]})
    data = pl.DataFrame({"id": range(2, MANY), "name": ["good"] * (MANY - 3) + ["bad"]})
    with pytest.raises(UserError) as error:
        place.write("goods", data, mode, keys=("id",) if mode == "upsert" else ())
    assert (error.value.code, error.value.details["sent"]) == ("db.constraint", False)
    assert rows(place) == [(1, "tea", 7)]


def test_a_table_made_for_rows_that_do_not_arrive_is_gone(place: Place) -> None:
    class Stopping(PlainContext):
        def progress(self, done: float, total: float | None = None) -> None:
            self.stop = True

    table = stored(place.folder, {"id": range(MANY)})
    with pytest.raises(OperationalError) as error:
        db_write(table, place.connection, "fresh", Stopping(place.folder), mode="append")
    assert (error.value.code, error.value.details["sent"]) == ("db.cancelled", False)
    with pytest.raises(UserError, match="fresh"):
        place.rows("select * from fresh")


def test_an_upsert_needs_keys_that_tell_rows_apart(place: Place) -> None:
    place.run(GOODS, "insert into goods (id, name) values (1, 'tea')")

    def failure(data: dict[str, Any], keys: tuple[str, ...]) -> str:
        with pytest.raises(UserError) as error:
            place.write("goods", data, "upsert", keys=keys)
        assert rows(place) == [(1, "tea", 7)]
        return f"{error.value.code}: {error.value.message}"

    assert failure({"id": [1]}, ()).startswith("db.keys: An upsert needs `keys`")
    assert "no unique key over (name); it has (id)" in failure({"id": [1], "name": ["x"]}, ("name",))
    assert "no column 'nam', which is a key; they have id, name; did you mean 'name'?" in failure(
        {"id": [1], "name": ["x"]}, ("nam",)
    )
    assert failure({"id": [1, 2, 2], "name": ["a", "b", "c"]}, ("id",)).startswith(
        "db.key_twice: 2 rows have the key id = 2"
    )
    missing = failure({"id": [1, None], "name": ["a", "b"]}, ("id",))
    assert missing.startswith("db.constraint" if place.kind == "mysql" else "db.key_missing: 1 rows")
    with pytest.raises(UserError, match="mode is insert"):
        place.write("goods", {"id": [3]}, "insert", keys=("id",))


def test_names_that_are_not_there_and_near_misses(place: Place) -> None:
    place.run(GOODS)
    with pytest.raises(UserError, match="no table good; did you mean 'goods'") as table:
        place.write("good", {"id": [1]})
    assert table.value.code == "db.unknown_table"
    with pytest.raises(UserError, match=r"no column 'nam'.*did you mean 'name'") as column:
        place.write("goods", {"id": [1], "nam": ["x"]})
    assert column.value.code == "db.unknown_column"
    with pytest.raises(UserError, match="name that in `schema`"):
        place.write("elsewhere.things", {"id": [1]})


@pytest.mark.parametrize("kind", ["postgres", "mysql", "sqlite"])
def test_a_lock_that_somebody_else_holds(place: Place) -> None:
    place.run(GOODS, "insert into goods (id, name) values (1, 'tea')")
    with place.beside() as execute:
        execute("update goods set name = 'theirs' where id = 1")
        with pytest.raises(OperationalError, match="`lock_timeout`") as error:
            place.write("goods", {"id": [1], "name": ["mine"]}, "upsert", keys=("id",), lock_timeout="1s")
        assert (error.value.code, error.value.retryable, error.value.details["sent"]) == (
            "db.locked",
            True,
            False,
        )
        statement = [Sql("update goods set name = 'mine'")]
        with pytest.raises(OperationalError) as cancelled:
            db_execute(place.connection, statement, place.context, timeout="300ms", lock_timeout="1m")
        assert cancelled.value.code in ("db.timeout", "db.locked")
    assert rows(place) == [(1, "tea", 7)]


@pytest.mark.parametrize("kind", ["duckdb"])
def test_somebody_else_changes_the_same_row(place: Place) -> None:
    place.run(GOODS, "insert into goods (id, name) values (1, 'tea')")
    with place.beside() as execute:
        execute("update goods set name = 'theirs' where id = 1")
        with pytest.raises(OperationalError) as error:
            place.run("update goods set name = 'mine' where id = 1")
    assert (error.value.code, error.value.retryable, error.value.details["sent"]) == ("db.conflict", True, False)
    assert rows(place) == [(1, "tea", 7)]


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_connection_that_breaks_in_the_middle_leaves_nothing(place: Place) -> None:
    place.run(GOODS)
    server = place.server

    class Breaking(PlainContext):
        def progress(self, done: float, total: float | None = None) -> None:
            if place.kind == "postgres":
                server.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'concertmaster'"
                )
                return
            for (number,) in server.execute("select id from information_schema.processlist where user = 'ann'"):
                server.execute(f"kill connection {number}")

    table = stored(place.folder, {"id": range(MANY)})
    with pytest.raises(OperationalError) as error:
        db_write(table, place.connection, "goods", Breaking(place.folder), mode="insert")
    assert (error.value.code, error.value.retryable, error.value.details["sent"]) == ("db.lost", True, False)
    assert rows(place) == []


@pytest.mark.server
async def test_a_commit_without_an_answer_is_not_called_undone(postgres: PostgresServer, tmp_path: Path) -> None:
    place = postgres_place(postgres, tmp_path)
    place.run(GOODS)
    proxy = CuttingProxy(postgres.port)
    await proxy.open()
    try:
        proxy.cut_next_commit = True
        through = type(place.connection)("postgres", "there", {**place.connection.values, "port": proxy.port})
        table = stored(tmp_path, {"id": [1]})
        with pytest.raises(OperationalError) as error:
            await asyncio.to_thread(db_write, table, through, "goods", place.context)
    finally:
        await proxy.close()
    assert (error.value.code, error.value.details["sent"], proxy.cuts) == ("db.lost", True, 1)
    assert await asyncio.to_thread(rows, place) == [(1, None, 7)]


def test_statements_are_all_done_or_none(place: Place) -> None:
    place.run(GOODS)
    done = place.run("insert into goods (id) values (1), (2)", "update goods set amount = 8 where id > 1")
    assert done == {"rows": 3, "each": [2, 1]}
    with pytest.raises(UserError) as error:
        place.run(
            "delete from goods",
            "insert into goods (id) values (null)" if place.kind != "sqlite" else "insert into goods (id) values ('x')",
        )
    assert error.value.details["sent"] is False
    assert [row[0] for row in rows(place)] == [1, 2]
    with pytest.raises(UserError):
        place.run("insert into goods (id) values (3); insert into goods (id) values (4)")
    assert [row[0] for row in rows(place)] == [1, 2]
    with pytest.raises(UserError) as alone:
        db_execute(place.connection, [Sql("insert into goods (id) values (1)")], place.context, transaction=False)
    assert alone.value.details["sent"] is True


def test_a_connection_that_only_reads_is_not_written(place: Place) -> None:
    place.run(GOODS)
    place.connection = type(place.connection)(place.kind, "there", {**place.connection.values, "read_only": True})
    with pytest.raises(UserError, match="`read_only`") as error:
        place.write("goods", {"id": [1]})
    assert error.value.code == "db.read_only"
    assert rows(place) == []


@pytest.mark.parametrize("kind", ["mysql"])
def test_what_mysql_could_get_wrong_is_refused(place: Place) -> None:
    place.run("create table old (id int primary key) engine = MyISAM")
    with pytest.raises(UserError, match="MyISAM") as engine:
        place.write("old", {"id": [1]})
    assert engine.value.code == "db.no_transactions"
    place.run("create table people (id int primary key, mail varchar(50) unique, name varchar(50))")
    place.run("insert into people values (1, 'a@b', 'Ada'), (2, 'c@d', 'Alan')")
    with pytest.raises(UserError, match="mail") as ambiguous:
        place.write("people", {"id": [3], "mail": ["a@b"], "name": ["Eve"]}, "upsert", keys=("id",))
    assert ambiguous.value.code == "db.no_unique_key"
    place.write("people", {"id": [1], "name": ["Eve"]}, "upsert", keys=("id",))
    assert place.rows("select name from people order by id") == [("Eve",), ("Alan",)]
    with pytest.raises(UserError) as long:
        place.write("people", {"id": [5], "name": ["x" * 51]})
    assert long.value.code == "db.value"


@pytest.mark.parametrize("kind", ["postgres"])
def test_what_postgresql_has_and_others_have_not(place: Place) -> None:
    place.run(
        "create schema sales",
        "create table sales.orders (id uuid primary key, what jsonb, tags text[], at timestamptz, total numeric(8,2), "
        "n bigint generated always as identity)",
    )
    key = "6ecd8c99-4036-403d-bf84-cf8400f67836"
    data = {"id": [key], "what": [{"a": 1}], "tags": [["x", 'y"z']], "at": ["2024-03-01 12:00+02"], "total": [1.5]}
    place.write("orders", data, schema="sales")
    place.write("orders", {**data, "total": [2.5]}, "upsert", keys=("id",), schema="sales")
    found = place.rows("select id, what->>'a', tags, at, total from sales.orders")
    assert found == [(key, "1", ["x", 'y"z'], dt.datetime(2024, 3, 1, 10, tzinfo=dt.UTC), Decimal("2.50"))]
    with pytest.raises(UserError, match="NUL"):
        place.write("orders", {**data, "what": ["a\0b"]}, schema="sales")
    with pytest.raises(UserError, match="line 1, column total") as wrong:
        place.write("orders", {**data, "total": ["much"]}, schema="sales")
    assert wrong.value.code == "db.value"
