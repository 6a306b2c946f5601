"""Databases for tests of the nodes that work with them: a connection, and what is done through it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pymysql
import pytest

from concertmaster import Connection, Sql
from concertmaster.domain.sql_template import parse_sql
from concertmaster.nodes.builtin.database_execute import db_execute
from concertmaster.nodes.builtin.database_query import db_query
from concertmaster.nodes.builtin.database_write import db_write
from concertmaster.nodes.databases.adapter import Bounds
from concertmaster.nodes.databases.duckdb_file import opened_file
from mariadb_server import PASSWORD, USER, MariadbServer
from node_context import PlainContext
from node_tables import frame_of, stored
from postgres_server import PostgresServer

SERVERS = ("postgres", "mysql")
KINDS = (*SERVERS, "sqlite", "duckdb")
MARKED = tuple(pytest.param(kind, marks=pytest.mark.server) if kind in SERVERS else kind for kind in KINDS)


@dataclass
class Place:
    """A database, and what tests do with it through the nodes."""

    connection: Connection[Any]
    folder: Path
    context: PlainContext
    server: Any = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.connection.type

    def run(self, *statements: str) -> dict[str, Any]:
        return dict(db_execute(self.connection, [Sql(text) for text in statements], self.context, **self.options))

    def ask(self, text: str, **inputs: Any) -> pl.DataFrame:
        sql = parse_sql(text).render({"inputs": inputs})
        return frame_of(db_query(self.connection, sql, self.context, **self.options))

    def rows(self, text: str, **inputs: Any) -> list[tuple[Any, ...]]:
        return self.ask(text, **inputs).rows()

    def write(self, table: str, data: pl.DataFrame | dict[str, Any], mode: Any = "insert", **options: Any) -> Any:
        rows = stored(self.folder, data)
        return db_write(rows, self.connection, table, self.context, mode=mode, **{**self.options, **options})

    @contextlib.contextmanager
    def beside(self) -> Iterator[Any]:
        """A connection of somebody else: `execute(text)`, in a transaction that is rolled back."""
        path = self.folder / str(self.connection.values.get("path"))
        match self.kind:
            case "postgres":
                with contextlib.closing(psycopg.connect(self.server.url(self.connection.values["database"]))) as other:
                    yield other.execute
            case "mysql":
                values = self.connection.values
                with contextlib.closing(
                    pymysql.connect(
                        host="127.0.0.1", port=values["port"], user=USER, password=PASSWORD, database=values["database"]
                    )
                ) as other:
                    yield other.cursor().execute
            case "sqlite":
                with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
                    other.execute("begin immediate")
                    yield other.execute
            case _:
                with contextlib.closing(opened_file(path, Bounds.none(), read_only=False, write=True)) as other:
                    other.execute("begin")
                    yield other.execute


def postgres_place(server: PostgresServer, folder: Path) -> Place:
    """A PostgreSQL database, emptied: making one for each test would take longer than most of them."""
    if not server.execute("select 1 from pg_database where datname = 'places'"):
        server.execute("create database places")
    server.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'places'")
    for schema in ("public", "sales"):
        server.execute(f"drop schema if exists {schema} cascade", "places")
    server.execute("create schema public", "places")
    values: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "username": "concertmaster"}
    values |= {"sslmode": "prefer", "database": "places"}
    return Place(Connection("postgres", "there", values), folder, PlainContext(folder), server)


def mysql_place(server: MariadbServer, folder: Path) -> Place:
    """An empty MariaDB database."""
    values: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "username": USER, "password": PASSWORD}
    values |= {"sslmode": "disable", "database": server.make_database()}
    return Place(Connection("mysql", "there", values), folder, PlainContext(folder), server)


def file_place(kind: str, folder: Path) -> Place:
    """A file that is made by the first who writes."""
    return Place(Connection(kind, "there", {"path": f"there.{kind}", "read_only": False}), folder, PlainContext(folder))
