"""`concertmaster connection`: values are asked for hidden, encrypted at once and never printed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, cast

import typer
from rich.table import Table

from concertmaster.cli.client import Api, connect
from concertmaster.cli.terminal import console, print_json
from concertmaster.config import read
from concertmaster.domain.errors import Conflict, Invalid
from concertmaster.domain.near_miss import did_you_mean
from concertmaster.domain.problems import Problem, pointer

# What triggers take: webhooks that check a signature or a password.
TRIGGER_TYPES = {"webhook"}
# What `http.request` reads of a connection.
HTTP_FIELDS = ("token", "username", "password", "header", "value", "base_url")


def add_connection(name: str, *, type_: str, values: list[str], replace: bool, data_dir: Path | None) -> None:
    """Store one; fields without a value are asked for, or read line by line when nobody is there to ask."""
    given: dict[str, str] = {}
    for item in values:
        field, equals, value = item.partition("=")
        given[field] = value if equals else _ask(name, field)
    if not given:
        problem = Problem("connection.empty", "/values", "no field given", "error", "For example -v token, -v url=...")
        raise Invalid("connection.empty", f"Connection {name} would have no values", [problem])

    async def work() -> None:
        async with connect(read(data_dir=data_dir), makes=True) as api:
            if replace and any(item["name"] == name for item in (await api.get("/connections"))["items"]):
                await api.put(f"/connections/{name}", {"type": type_, "values": given})
            else:
                await _create(api, {"name": name, "type": type_, "values": given})
            await _warn(api, type_, given)

    asyncio.run(work())
    console().print(f"connection {name} ({type_}) stored, encrypted: {', '.join(given)}")


def list_connections(*, as_json: bool, data_dir: Path | None) -> None:
    """Print them, without values."""

    async def work() -> dict[str, Any]:
        async with connect(read(data_dir=data_dir)) as api:
            return await api.get("/connections")

    page = asyncio.run(work())
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        console().print("no connections yet; add one with: concertmaster connection add NAME -v FIELD")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "type", "fields", "updated"):
        table.add_column(heading)
    for item in page["items"]:
        updated = item["updated_at"][:19].replace("T", " ")
        table.add_row(item["name"], item["type"], ", ".join(item["fields"]), updated)
    console().print(table)


def remove_connection(name: str, *, data_dir: Path | None) -> None:
    """Remove one."""

    async def work() -> None:
        async with connect(read(data_dir=data_dir)) as api:
            await api.delete(f"/connections/{name}")

    asyncio.run(work())
    console().print(f"connection {name} removed")


async def _create(api: Api, body: dict[str, Any]) -> None:
    try:
        await api.post("/connections", body)
    except Conflict as error:
        if error.code != "connection.exists":
            raise
        message = f"Connection {body['name']} exists already; say --replace to replace it, or choose another name"
        raise Conflict(error.code, message) from error


async def _warn(api: Api, type_: str, given: dict[str, str]) -> None:
    """Say what is probably misspelt; own node types may read any type and field, so nothing is refused."""
    node_types = cast("list[dict[str, Any]]", (await api.get("/node-types"))["items"])
    schemas = [cast("dict[str, dict[str, Any]]", item["schema"].get("properties") or {}) for item in node_types]
    fields = [field for properties in schemas for field in properties.values()]
    known = TRIGGER_TYPES | {wanted for field in fields for wanted in connection_types(field)}
    if not known & {type_, ""}:
        fix = did_you_mean(type_, known) or f"Known types: {', '.join(sorted(known))}"
        console(error=True).print(
            f"warning: no node type or trigger of this workspace takes connections of type {type_}. {fix}"
        )
    for field in given if type_ == "http" else ():
        if field not in HTTP_FIELDS:
            fix = did_you_mean(field, HTTP_FIELDS) or f"It reads {', '.join(HTTP_FIELDS)}"
            console(error=True).print(f"warning: http.request does not read the field {field}. {fix}")


def connection_types(schema: dict[str, Any]) -> list[str]:
    """The types of connections that a field of a config takes; "" when it takes any."""
    alternatives = cast("list[dict[str, Any]]", schema.get("anyOf") or [])
    own = [str(schema.get("x-connection") or "")] if schema.get("format") == "connection" else []
    return own + [name for one in alternatives for name in connection_types(one)]


def _ask(name: str, field: str) -> str:
    if sys.stdin.isatty():
        return typer.prompt(field, hide_input=True, err=True)
    value = sys.stdin.readline().rstrip("\n")
    if not value:
        message = f"standard input has no line for it; write one line a field, or -v {field}=VALUE"
        problem = Problem("connection.no_value", pointer("values", field), message, "error")
        raise Invalid("connection.no_value", f"Connection {name} was not stored: {field} has no value", [problem])
    return value
