"""`concertmaster nodes`: the node types of the server that has the data folder, else those of this workspace."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import connect, serves
from concertmaster.cli.terminal import FAILED, console, print_json
from concertmaster.config import read
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.nodes.loader import load_registry
from concertmaster.services.nodes import NodeTypeService


@dataclass(frozen=True, slots=True)
class _NodeTypes:
    """What a command looks at: `sources` as `GET /registry` has them, and whether a server told."""

    items: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    served: bool


async def _read(data_dir: Path | None, wanted: tuple[str, int | None] | None = None) -> _NodeTypes:
    """All node types, or the wanted one; without a server nothing is made in the data folder.

    Raises:
        NotFound: `node_type.not_found`.
    """
    settings = read(data_dir=data_dir)
    if serves(settings):
        async with connect(settings) as api:
            if wanted is not None:
                return _NodeTypes([await api.get(f"/node-types/{wanted[0]}", version=wanted[1])], [], served=True)
            listed, state = await api.get("/node-types"), await api.get("/registry")
            return _NodeTypes(listed["items"], state["sources"], served=True)
    registry = load_registry(settings.resolved_workspace)
    service = NodeTypeService(lambda: registry)
    if wanted is not None:
        return _NodeTypes([service.get(LOCAL_ADMIN, wanted[0], version=wanted[1])], [], served=False)
    return _NodeTypes(service.list(LOCAL_ADMIN), service.state(LOCAL_ADMIN)["sources"], served=False)


def list_types(*, as_json: bool, data_dir: Path | None) -> None:
    """Print them by category; exits with 1 when a source could not be loaded."""
    found = asyncio.run(_read(data_dir))
    items = found.items
    if as_json:
        print_json({"items": items, "next": None})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("type", "title", "effect"):
        table.add_column(heading)
    for item in sorted(items, key=lambda item: (item["category"], item["id"])):
        table.add_row(f"{item['id']}@{item['version']}", item["title"], item["effect"])
    console().print(table)
    broken = [source for source in found.sources if source["status"] == "quarantined"]
    for source in broken:
        place = source["module"] if source["line"] is None else f"{source['module']}:{source['line']}"
        told = (f"\n{place}: could not be loaded\n", "red"), source["error"] or ""
        console(error=True).print(Text.assemble(*told))
    if found.served:
        console(error=True).print(Text("\nas the running server loaded them when it started", style="dim"))
    if broken:
        sys.exit(FAILED)


def show_type(type_: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Print one; `type` or `type@version`."""
    type_id, _, version = type_.partition("@")
    [item] = asyncio.run(_read(data_dir, (type_id, int(version) if version.isdigit() else None))).items
    if as_json:
        print_json(item)
        return
    out = console()
    out.print(Text.assemble((f"{item['id']}@{item['version']}", "bold"), f"  {item['title']}"))
    out.print(Text(item["docs"] or item["description"]))
    out.print()
    for port in item["ports"]:
        if not port["implicit"]:
            need = "required" if port["required"] else "optional"
            out.print(Text.assemble("input   ", (port["name"], "bold"), f"  {port['type']['kind']}, {need}"))
    if item["any_port"]:
        out.print(f"input   any name  {item['any_port_type']['kind']}")
    for outlet in item["outlets"]:
        kind = "as on `in`" if outlet["passthrough"] else outlet["type"]["kind"]
        out.print(Text.assemble("outlet  ", (outlet["name"], "bold"), f"  {kind}"))
    _print_config(item["schema"])
    repeated = (
        {True: ", idempotent", False: ", not idempotent"}[item["idempotent"]] if item["effect"] == "write" else ""
    )
    out.print(Text.assemble("effect  ", (item["effect"], "bold"), repeated))
    if item["example"]:
        out.print()
        out.print(Text(item["example"].rstrip()))


def _print_config(schema: dict[str, Any]) -> None:
    properties = cast("dict[str, dict[str, Any]]", schema.get("properties") or {})
    required = cast("list[str]", schema.get("required") or [])
    out = console()
    for name, field in properties.items():
        kind = field.get("type") or ("one of " + ", ".join(map(str, field["enum"])) if "enum" in field else "any")
        need = "required" if name in required else f"default {field.get('default')!r}"
        help_ = f"  {field['description']}" if field.get("description") else ""
        out.print(Text.assemble("config  ", (name, "bold"), f"  {kind}, {need}", (help_, "dim")))
