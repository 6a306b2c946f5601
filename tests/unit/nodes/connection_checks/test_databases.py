"""Tests of connections to databases, against real ones."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import psycopg

from concertmaster.nodes.databases.adapter import Bounds
from concertmaster.nodes.databases.duckdb_file import opened_file
from mariadb_server import PASSWORD, USER, MariadbServer
from postgres_server import PostgresServer

SECRET = "s3cr3t-pass-word"


async def test_postgres_answers_or_says_why_not(check, postgres: PostgresServer) -> None:
    good = await check("postgres", host="127.0.0.1", port=postgres.port, username="concertmaster", password=SECRET)
    assert (good.ok, good.code, good.fix) == (True, "ok", None)
    assert "PostgreSQL" in good.message
    missing = await check("postgres", host="127.0.0.1", port=postgres.port, username="concertmaster", database="none")
    assert (missing.ok, "does not exist" in missing.message, "database" in missing.fix) == (False, True, True)
    stranger = await check("postgres", host="127.0.0.1", port=postgres.port, username="nobody-here", password=SECRET)
    assert (stranger.ok, SECRET in stranger.message) == (False, False)
    secure = await check(
        "postgres", host="127.0.0.1", port=postgres.port, username="concertmaster", sslmode="verify-full"
    )
    assert (secure.ok, "`sslmode`" in secure.fix) == (False, True)


async def test_postgres_refuses_a_wrong_password(check, postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("set password_encryption = 'scram-sha-256'")
        connection.execute("drop role if exists careful")
        connection.execute("create role careful login password 'right'")
        folder = connection.execute("show hba_file").fetchone()
        assert folder is not None
        rules = Path(folder[0])
        before = rules.read_text()
        rules.write_text("host all careful 127.0.0.1/32 scram-sha-256\n" + before)
        try:
            connection.execute("select pg_reload_conf()")
            await _until_asked(postgres)
            bad = await check("postgres", host="127.0.0.1", port=postgres.port, username="careful", password=SECRET)
            assert (bad.ok, bad.fix, SECRET in bad.message) == (False, "Check username and password", False)
            good = await check("postgres", host="127.0.0.1", port=postgres.port, username="careful", password="right")
            assert good.ok
        finally:
            rules.write_text(before)
            connection.execute("select pg_reload_conf()")
            connection.execute("drop role careful")


async def _until_asked(postgres: PostgresServer) -> None:
    """The server reads its rules a moment after it was told."""
    for _ in range(1000):
        try:
            psycopg.connect(
                host="127.0.0.1", port=postgres.port, user="careful", password="no", dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            return
    raise AssertionError("the rules were not read")


async def test_mysql_answers_or_says_why_not(check, mariadb: MariadbServer) -> None:
    where = {"host": "127.0.0.1", "port": mariadb.port, "username": USER}
    good = await check("mysql", **where, password=PASSWORD, database=mariadb.make_database())
    assert (good.ok, good.message.startswith("MariaDB")) == (True, True)
    bad = await check("mysql", **where, password=SECRET)
    assert (bad.ok, bad.fix, SECRET in bad.message) == (False, "Check username and password", False)
    missing = await check("mysql", **where, password=PASSWORD, database="none")
    assert (missing.ok, missing.fix) == (False, "Give the user rights on the database")


async def test_files_are_opened_and_nothing_is_made(check, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table goods (id integer)")
    connection.close()
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as made:
        made.execute("create table a (i int); create table b (i int)")
    assert (await check("sqlite", path="shop.db")).message == "A SQLite file with one table"
    assert (await check("duckdb", path="shop.duckdb")).message == "A DuckDB file with 2 tables"
    (tmp_path / "text.db").write_text("not a database, whatever its name says" * 100)
    for type_ in ("sqlite", "duckdb"):
        for path in ("text.db", "none.db", "../outside.db", ".concertmaster/concertmaster.db"):
            found = await check(type_, path=path)
            assert (type_, path, found.ok) == (type_, path, False)
    assert not (tmp_path / "none.db").exists()


async def test_a_duckdb_file_is_tested_while_a_node_of_this_process_writes_it(check, tmp_path: Path) -> None:
    with opened_file(tmp_path / "shop.duckdb", Bounds.none(), read_only=False, write=True) as writing:
        writing.execute("create table a (i int)")
        found = await check("duckdb", path="shop.duckdb")
    assert (found.ok, found.message) == (True, "A DuckDB file with one table")


async def test_a_server_that_says_nothing_ends_in_time(check, silent_port: int) -> None:
    for type_ in ("postgres", "mysql"):
        found = await check(type_, seconds=1, host="127.0.0.1", port=silent_port, username="ann", password=SECRET)
        assert (found.code, found.fix) == ("timeout", "Check host, port and TLS, and that no firewall is between")
        assert found.took_ms < 5000


async def test_addresses_that_are_not_allowed_are_not_reached(check) -> None:
    found = await check("postgres", host="127.0.0.2", port=5432, username="ann")
    assert (found.code, "EGRESS_ALLOW" in found.message) == ("http.egress_refused", True)
    closed = await check("postgres", host="127.0.0.1", port=1, username="ann")
    assert (closed.code, "127.0.0.1:1" in closed.message) == ("failed", True)
