"""`concertmaster nodes`: the node types of the server that has the data folder, else those of this workspace."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import connect, serves
from concertmaster.cli.terminal import FAILED, console, print_json
from concertmaster.config import Settings, read
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import NotFound
from concertmaster.domain.near_miss import hint
from concertmaster.observability.logging import configure

if TYPE_CHECKING:
    from concertmaster.services.nodes import NodeTypeService


@dataclass(frozen=True, slots=True)
class _NodeTypes:
    """What a command looks at: `state` as `GET /registry` has it, and whether a server told."""

    items: list[dict[str, Any]]
    state: dict[str, Any]
    served: bool


async def _read(data_dir: Path | None) -> _NodeTypes:
    """Every version of all node types; without a server nothing is made in the data folder."""
    settings = read(data_dir=data_dir)
    configure("error", settings.log_format)
    if serves(settings):
        async with connect(settings) as api:
            listed, state = await api.get("/node-types", versions="all"), await api.get("/registry")
            return _NodeTypes(listed["items"], state, served=True)
    service = await _of_workspace(settings)
    return _NodeTypes(service.list(LOCAL_ADMIN, every=True), service.state(LOCAL_ADMIN), served=False)


async def _of_workspace(settings: Settings) -> NodeTypeService:
    # The engine and all node types, which a server that runs has loaded already.
    from concertmaster.registering.opening import read_registry  # noqa: PLC0415
    from concertmaster.services.nodes import NodeTypeService  # noqa: PLC0415

    return NodeTypeService(await read_registry(settings))


def list_types(*, as_json: bool, data_dir: Path | None) -> None:
    """Print them by category; exits with 1 when a source could not be loaded."""
    found = asyncio.run(_read(data_dir))
    items = [item for item in found.items if item["version"] == item["versions"][-1]]
    if as_json:
        print_json({"items": items, "next": None})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("type", "title", "effect"):
        table.add_column(heading)
    for item in sorted(items, key=lambda item: (item["category"], item["id"])):
        older = ", ".join(f"@{version}" for version in item["versions"][:-1])
        name = f"{item['id']}@{item['version']}" + (f" (also {older})" if older else "")
        table.add_row(name, item["title"], "off" if item["disabled_reason"] else item["effect"])
    console().print(table)
    for item in items:
        if item["disabled_reason"]:
            console().print(Text(f"\n{item['disabled_reason']}", style="yellow"))
    if trouble := found.state["trouble"]:
        console(error=True).print(Text.assemble(("\nnot loaded dynamically: ", "red"), trouble))
    broken = [source for source in found.state["sources"] if source["status"] == "quarantined"]
    for source in broken:
        _print_quarantined(source)
    if broken:
        sys.exit(FAILED)


def show_type(type_: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Print one; `type`, `type@version`, or the name of a source, `weather.py`.

    Raises:
        NotFound: `node_type.not_found`.
    """
    found = asyncio.run(_read(data_dir))
    source = next((one for one in found.state["sources"] if one["name"] == type_), None)
    if source is not None:
        _show_source(source, as_json=as_json)
        return
    item = _chosen(found.items, type_)
    if as_json:
        print_json(item)
        return
    out = console()
    out.print(Text.assemble((f"{item['id']}@{item['version']}", "bold"), f"  {item['title']}"))
    if item["disabled_reason"]:
        out.print(Text(item["disabled_reason"], style="yellow"))
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
    if len(item["versions"]) > 1:
        out.print(f"versions  {', '.join(map(str, item['versions']))}")
    if item["example"]:
        out.print()
        out.print(Text(item["example"].rstrip()))
    for source in found.state["sources"]:
        if source["status"] == "quarantined" and f"{item['id']}@{item['version']}" in source["types"]:
            _print_quarantined(source)


def reload_types(accept: list[str], *, data_dir: Path | None) -> None:
    """Have the server look at all sources anew; exits with 1 when one could not be loaded."""

    async def work() -> dict[str, Any]:
        async with connect(read(data_dir=data_dir), inside=False) as api:
            return await api.post("/registry/reload", {"accept": accept})

    state = asyncio.run(work())
    broken = [source for source in state["sources"] if source["status"] == "quarantined"]
    types = sum(len(source["types"]) for source in state["sources"])
    console().print(f"{types} node types from {len(state['sources'])} sources, {state['mode']}")
    if state["mode"] == "static":
        console().print(
            "registry_mode is static: the manifest was read anew, and nothing else was looked at; for what is in "
            "nodes/ and in packages now: concertmaster nodes freeze, and then this once more"
        )
    for source in broken:
        _print_quarantined(source)
    if broken:
        sys.exit(FAILED)


def freeze_types(*, data_dir: Path | None) -> None:
    """Write the manifest of what the server has in service, unless it serves a manifest itself, else of what this
    workspace has; exits with 1 when a source could not be loaded, and then writes nothing."""

    settings = read(data_dir=data_dir)
    configure("error", settings.log_format)
    served = serves(settings)

    async def work() -> dict[str, Any] | None:
        if served:
            async with connect(settings) as api:
                state = await api.get("/registry")
                # What serves a manifest would write the same once more.
                if state["mode"] == "dynamic" or state["trouble"]:
                    return None if _print_broken(state) else await api.post("/registry/freeze")
        service = await _of_workspace(settings.model_copy(update={"registry_mode": "dynamic"}))
        if _print_broken(service.state(LOCAL_ADMIN)):
            return None
        return {**await service.freeze(LOCAL_ADMIN), "looked_here": True}

    done = asyncio.run(work())
    if done is None:
        sys.exit(FAILED)
    console().print(f"{done['path']}: {done['types']} node types from {done['sources']} sources", soft_wrap=True)
    if served and done.get("looked_here"):
        console().print("the server serves it after: concertmaster nodes reload")


def print_file_schema() -> None:
    """Print the JSON Schema of the file of a declarative node."""
    from concertmaster.nodes.declared.document import file_schema  # noqa: PLC0415

    print_json(file_schema(), indent=True)


def _print_broken(state: dict[str, Any]) -> bool:
    broken = [source for source in state["sources"] if source["status"] == "quarantined"]
    for source in broken:
        _print_quarantined(source)
    return bool(broken)


def _chosen(items: list[dict[str, Any]], type_: str) -> dict[str, Any]:
    type_id, _, version = type_.partition("@")
    found = [item for item in items if item["id"] == type_id]
    if version:
        found = [item for item in found if str(item["version"]) == version]
    if not found:
        told = f"There is no node type {type_}{hint(type_id, {item['id'] for item in items})}"
        raise NotFound("node_type.not_found", told)
    return found[-1]


def _show_source(source: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(source)
        return
    console().print(Text.assemble((source["name"], "bold"), f"  {source['status']}  {source['module']}"))
    for reference in source["types"]:
        note = "  (retained: its newest version does not have it)" if reference in source["retained"] else ""
        console().print(f"type  {reference}{note}")
    if source["status"] == "quarantined":
        _print_quarantined(source)


def _print_quarantined(source: dict[str, Any]) -> None:
    file = source["file"] or source["module"]
    place = file if source["line"] is None else f"{file}:{source['line']}"
    good = f"; its last good version serves {', '.join(source['types'])}" if source["types"] else ""
    told = (f"\n{place}: could not be loaded{good}\n", "red"), source["error"] or ""
    console(error=True).print(Text.assemble(*told), soft_wrap=True)


def _print_config(schema: dict[str, Any]) -> None:
    properties = cast("dict[str, dict[str, Any]]", schema.get("properties") or {})
    required = cast("list[str]", schema.get("required") or [])
    out = console()
    for name, field in properties.items():
        kind = field.get("type") or ("one of " + ", ".join(map(str, field["enum"])) if "enum" in field else "any")
        need = "required" if name in required else f"default {field.get('default')!r}"
        help_ = f"  {field['description']}" if field.get("description") else ""
        out.print(Text.assemble("config  ", (name, "bold"), f"  {kind}, {need}", (help_, "dim")))
