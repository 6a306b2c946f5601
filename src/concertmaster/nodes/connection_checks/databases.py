"""Tests of connections to databases: log in, and ask for the version."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from concertmaster.data.dialing import tls_for
from concertmaster.data.guard import confine
from concertmaster.nodes.clients.refusals import address_of
from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed, in_thread
from concertmaster.nodes.databases.adapter import Bounds
from concertmaster.nodes.databases.duckdb_file import opened_file
from concertmaster.nodes.databases.libpq import NO_FILE, authority
from concertmaster.nodes.databases.postgres_troubles import while_connecting


async def postgres(values: Mapping[str, Any], access: Access) -> str:
    """Log in to PostgreSQL."""
    import psycopg  # noqa: PLC0415  (slow to load, and servers on SQLite may never need it)

    host, port = str(values["host"]), int(values["port"])
    address = await address_of(access, host, port)
    with authority(values) as file:
        options: dict[str, Any] = {
            **{
                "host": host,
                "hostaddr": address,
                "port": port,
                "dbname": values["database"],
                "user": values["username"],
            },
            **{"password": values.get("password"), "sslmode": values["sslmode"], "sslrootcert": file},
            # Nothing of the server's own account may help.
            **{"passfile": NO_FILE, "connect_timeout": int(SECONDS), "application_name": "concertmaster test"},
        }
        try:
            async with await psycopg.AsyncConnection.connect(
                **{name: value for name, value in options.items() if value is not None}, autocommit=True
            ) as connection:
                found = await (await connection.execute("show server_version")).fetchone()
                secure = connection.pgconn.ssl_in_use
        except psycopg.Error as error:
            raise CheckFailed(_text(error), while_connecting(error).fix or "") from error
    return f"PostgreSQL {found[0] if found else '?'} answered, {'with' if secure else 'without'} TLS"


async def mysql(values: Mapping[str, Any], access: Access) -> str:
    """Log in to MySQL or MariaDB."""
    with await access.connect(str(values["host"]), int(values["port"])) as held:
        return await in_thread(partial(_mysql, values), held)


def _mysql(values: Mapping[str, Any], held: socket.socket) -> str:
    import pymysql  # noqa: PLC0415  (an optional extra)
    from pymysql.connections import Connection  # noqa: PLC0415

    from concertmaster.nodes.databases.mysql_troubles import FIXES  # noqa: PLC0415

    host, mode = str(values["host"]), values["sslmode"]
    tls = (
        None
        if mode == "disable"
        else tls_for(host, ca_certificate=values.get("ca_certificate"), verify=mode == "verify-full")
    )
    connection: Any = Connection(
        host=host,
        user=str(values["username"]),
        password=str(values.get("password") or ""),
        database=values.get("database"),
        ssl=tls,
        ssl_disabled=tls is None,
        read_timeout=SECONDS,
        write_timeout=SECONDS,
        defer_connect=True,
    )
    try:
        connection.connect(held)
        with connection.cursor() as cursor:
            cursor.execute("select version()")
            version = str(cursor.fetchone()[0])
    except pymysql.MySQLError as error:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        fix = FIXES.get(number, "Check host, port and `sslmode`, and that a MySQL or MariaDB server listens there")
        raise CheckFailed(text, fix) from error
    finally:
        with contextlib.suppress(pymysql.MySQLError):
            connection.close()
    name = "MariaDB" if "mariadb" in version.lower() else "MySQL"
    return f"{name} {version.split('-')[0]} answered, {'without' if tls is None else 'with'} TLS"


async def sqlite(values: Mapping[str, Any], access: Access) -> str:
    """Open the file and read its schema."""
    path = _file(values, access)

    def look() -> int:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            return connection.execute("select count(*) from sqlite_schema where type = 'table'").fetchone()[0]

    try:
        tables = await asyncio.to_thread(look)
    except sqlite3.Error as error:
        raise CheckFailed(
            f"{values['path']}: {error}", "Check that it is a SQLite file that this user may read"
        ) from error
    return f"A SQLite file with {_tables(tables)}"


async def duckdb_file(values: Mapping[str, Any], access: Access) -> str:
    """Open the file and read its schema."""
    path = _file(values, access)

    def look() -> int:
        with opened_file(path, Bounds.none(), read_only=True, write=not values["read_only"]) as connection:
            found = connection.execute("select count(*) from duckdb_tables()").fetchone()
            return found[0] if found else 0

    try:
        tables = await asyncio.to_thread(look)
    except duckdb.Error as error:
        fix = (
            "Another program has it open for writing; let it end"
            if "lock" in str(error)
            else "Check that it is a DuckDB file that this user may read"
        )
        raise CheckFailed(f"{values['path']}: {_text(error)}", fix) from error
    return f"A DuckDB file with {_tables(tables)}"


def _file(values: Mapping[str, Any], access: Access) -> Path:
    path = confine(access.workspace, str(values["path"]), data_dir=access.data_dir)
    if not path.is_file():
        raise CheckFailed(
            f"There is no file {values['path']} in the workspace", "Check the path; a node that writes makes it"
        )
    return path


def _tables(number: int) -> str:
    return "one table" if number == 1 else f"{number} tables"


def _text(error: Exception) -> str:
    """The first line that says something, without what libpq and DuckDB put before it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].removeprefix("connection failed: ") if lines else type(error).__name__
