"""`concertmaster connection`: values are asked for hidden, encrypted at once and never printed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from concertmaster.cli.client import connect
from concertmaster.cli.terminal import console, print_json
from concertmaster.config import read
from concertmaster.domain.errors import Invalid
from concertmaster.domain.problems import Problem


def add_connection(name: str, *, type_: str, values: list[str], replace: bool, data_dir: Path | None) -> None:
    """Store one; fields without a value are asked for, or read line by line when nobody is there to ask."""
    given: dict[str, str] = {}
    for item in values:
        field, equals, value = item.partition("=")
        given[field] = value if equals else _ask(field)
    if not given:
        problem = Problem("connection.empty", "/values", "no field given", "error", "For example -v token, -v url=...")
        raise Invalid("connection.empty", f"Connection {name} would have no values", [problem])

    async def work() -> None:
        async with connect(read(data_dir=data_dir)) as api:
            if replace and any(item["name"] == name for item in (await api.get("/connections"))["items"]):
                await api.put(f"/connections/{name}", {"type": type_, "values": given})
            else:
                await api.post("/connections", {"name": name, "type": type_, "values": given})

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


def _ask(field: str) -> str:
    if sys.stdin.isatty():
        return typer.prompt(field, hide_input=True, err=True)
    return sys.stdin.readline().rstrip("\n")
