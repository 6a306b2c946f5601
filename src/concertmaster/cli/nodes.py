"""`concertmaster nodes`: the node types of this workspace, read without a server."""

from __future__ import annotations

import sys
from typing import Any, cast

from rich.table import Table
from rich.text import Text

from concertmaster.cli.terminal import FAILED, console, print_json
from concertmaster.config import read
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.nodes.loader import load_registry
from concertmaster.nodes.registry import Registry
from concertmaster.services.nodes import NodeTypeService


def _load() -> tuple[NodeTypeService, Registry]:
    registry = load_registry(read().resolved_workspace)
    return NodeTypeService(lambda: registry), registry


def list_types(*, as_json: bool) -> None:
    """Print them by category; exits with 1 when a source could not be loaded."""
    service, registry = _load()
    items = service.list(LOCAL_ADMIN)
    if as_json:
        print_json({"items": items, "next": None})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("type", "title", "effect"):
        table.add_column(heading)
    for item in sorted(items, key=lambda item: (item["category"], item["id"])):
        table.add_row(f"{item['id']}@{item['version']}", item["title"], item["effect"])
    console().print(table)
    broken = [source for source in registry.sources if source.status == "quarantined"]
    for source in broken:
        place = source.module if source.line is None else f"{source.module}:{source.line}"
        console(error=True).print(Text.assemble((f"\n{place}: could not be loaded\n", "red"), source.error or ""))
    if broken:
        sys.exit(FAILED)


def show_type(type_: str, *, as_json: bool) -> None:
    """Print one; `type` or `type@version`."""
    service, _ = _load()
    type_id, _, version = type_.partition("@")
    item = service.get(LOCAL_ADMIN, type_id, version=int(version) if version.isdigit() else None)
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
