"""`concertmaster connection`: secrets are asked for hidden, encrypted at once and never printed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import typer
from rich.table import Table

from concertmaster.cli.client import Api, with_api
from concertmaster.cli.terminal import FAILED, console, moment_text, print_json
from concertmaster.domain.errors import Conflict, Invalid
from concertmaster.domain.near_miss import did_you_mean
from concertmaster.domain.problems import Problem, pointer
from concertmaster.nodes.connection_types.catalog import TYPES


def add_connection(name: str, *, type_: str, values: list[str], replace: bool, data_dir: Path | None) -> None:
    """Store one; fields without a value are asked for, or read line by line when nobody is there to ask."""

    body = {"type": type_, "values": _entered(name, values, type_)}

    async def work(api: Api) -> dict[str, Any]:
        if replace and any(item["name"] == name for item in (await api.get("/connections"))["items"]):
            stored = await api.put(f"/connections/{name}", body)
        else:
            stored = await _create(api, {"name": name, **body})
        await _warn(api, type_)
        return stored

    stored = with_api(work, data_dir, makes=True)
    console().print(f"connection {name} ({type_}) stored, encrypted: {', '.join(stored['fields'])}")


def update_connection(name: str, *, values: list[str], data_dir: Path | None) -> None:
    """Change some fields of one; the others stay."""

    async def work(api: Api) -> tuple[dict[str, Any], list[str]]:
        found = await api.get(f"/connections/{name}")
        given = _entered(name, values, found["type"])
        keep = [field for field in found["fields"] if field not in given]
        body = {"type": found["type"], "values": given, "keep": keep}
        return await api.put(f"/connections/{name}", body), list(given)

    stored, changed = with_api(work, data_dir)
    console().print(f"connection {name} ({stored['type']}) changed: {', '.join(changed)}")


def list_connections(*, as_json: bool, data_dir: Path | None) -> None:
    """Print them, without values."""
    page = with_api(lambda api: api.get("/connections"), data_dir)
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        console().print("no connections yet; add one with: concertmaster connection add NAME -v FIELD")
        return
    table = _table("name", "type", "fields", "source", "updated")
    for item in page["items"]:
        updated = "" if item["updated_at"] is None else moment_text(item["updated_at"])
        source = item["source"] + (", read-only" if item["read_only"] else "")
        table.add_row(item["name"], item["type"], ", ".join(item["fields"]), source, updated)
    console().print(table)
    for item in page["items"]:
        if item["problem"]:
            console(error=True).print(f"{item['name']} of {item['place']} cannot be used: {item['problem']}")


def show_connection(name: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Print one without its values, and where it is used."""

    async def work(api: Api) -> dict[str, Any]:
        found = await api.get(f"/connections/{name}")
        return {**found, "uses": (await api.get("/connection-uses", name=name))["items"]}

    found = with_api(work, data_dir)
    if as_json:
        print_json(found)
        return
    out = console()
    out.print(f"{name} ({found['type']}): {', '.join(found['fields'])}")
    out.print(f"source: {found['source']}" + (f", {found['place']}, read-only" if found["read_only"] else ""))
    if found["problem"]:
        out.print(f"cannot be used: {found['problem']}")
    for use in found["uses"]:
        version = f"version {use['version']}{', published' if use['published'] else ''}"
        out.print(f"used by {use['workflow']} ({version}): {', '.join(use['pointers'])}")
    if not found["uses"]:
        out.print("used by no workflow")


def list_types(*, as_json: bool, data_dir: Path | None) -> None:
    """Print the types and their fields; secret ones have a star."""
    page = with_api(lambda api: api.get("/connection-types"), data_dir)
    if as_json:
        print_json(page)
        return
    table = _table("type", "connects to", "fields (needed first, * secret)", "test")
    for item in page["items"]:
        fields = [f"{field}*" if _is_secret(schema) else field for field, schema, _ in _fields(item["schema"])]
        test = (item["install"] or "yes") if item["testable"] else "no"
        table.add_row(item["id"], item["title"], ", ".join(fields), test)
    console().print(table)


def check_connection(name: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Test one and exit: 0 when it works, else 1."""
    outcome = with_api(lambda api: api.post(f"/connections/{name}/test"), data_dir)
    if as_json:
        print_json(outcome)
    elif outcome["ok"]:
        console().print(f"✓ {name}: {outcome['message']} ({outcome['took_ms']} ms)")
    else:
        console(error=True).print(f"✗ {name}: {outcome['message']} ({outcome['code']})")
        if outcome["fix"]:
            console(error=True).print(f"  {outcome['fix']}")
    if not outcome["ok"]:
        sys.exit(FAILED)


def remove_connection(name: str, *, force: bool, data_dir: Path | None) -> None:
    """Remove one."""

    async def work(api: Api) -> None:
        try:
            await api.delete(f"/connections/{name}{'?force=true' if force else ''}")
        except Conflict as error:
            if error.code != "connection.in_use":
                raise
            raise Conflict(error.code, error.message.replace("delete it with `force=true`", "say --force")) from error

    with_api(work, data_dir)
    console().print(f"connection {name} removed")


def rotate_key(*, as_json: bool, data_dir: Path | None) -> None:
    """Take a new key into use; exit 1 when a connection could not be read."""
    found = with_api(lambda api: api.post("/connections/rotate-key"), data_dir)
    if as_json:
        print_json(found)
    else:
        number = found["rewrapped"]
        console().print(f"key {found['key']} in use; {number} connection{'' if number == 1 else 's'} wrapped anew")
        for name, reason in found["failed"].items():
            console(error=True).print(f"{name} could not be wrapped anew: {reason}")
    if found["failed"]:
        sys.exit(FAILED)


def _entered(name: str, values: Sequence[str], type_: str) -> dict[str, str]:
    """The fields of `-v`; without any, all fields of the type are asked for."""
    known = TYPES.get(type_)
    schemas = {} if known is None else {field: schema for field, schema, _ in _fields(known.schema)}
    given: dict[str, str] = {}
    for item in values:
        field, equals, value = item.partition("=")
        hidden = field not in schemas or _is_secret(schemas[field])
        given[field] = value if equals else _ask(name, field, hidden=hidden)
    if not values and known is not None and sys.stdin.isatty():
        for field, schema, required in _fields(known.schema):
            default = "" if required else schema.get("default")
            shown = "" if default in (None, "") else f" [{default}]"
            asked = f"{field}{'' if required else ' (may be empty)'}{shown}"
            answer = typer.prompt(
                asked, default=None if required else "", hide_input=_is_secret(schema), show_default=False, err=True
            )
            if answer:
                given[field] = answer
    if not given:
        problem = Problem("connection.empty", "/values", "no field given", "error", "For example -v token, -v url=...")
        raise Invalid("connection.empty", f"Connection {name} would have no values", [problem])
    return given


def _fields(schema: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], bool]]:
    """Name, schema and whether it is needed, the needed ones first."""
    needed: list[str] = schema.get("required") or []
    properties = cast("dict[str, Mapping[str, Any]]", schema["properties"])
    return sorted(((name, found, name in needed) for name, found in properties.items()), key=lambda one: not one[2])


def _is_secret(schema: Mapping[str, Any]) -> bool:
    branches = cast("list[Mapping[str, Any]]", schema.get("anyOf") or [])
    return bool(schema.get("writeOnly")) or any(map(_is_secret, branches))


async def _create(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    try:
        return await api.post("/connections", body)
    except Conflict as error:
        if error.code != "connection.exists":
            raise
        message = f"Connection {body['name']} exists already; say --replace to replace it, or choose another name"
        raise Conflict(error.code, message) from error


async def _warn(api: Api, type_: str) -> None:
    """Say when a type is probably misspelt; own node types may ask for any, so it is not refused."""
    node_types = cast("list[dict[str, Any]]", (await api.get("/node-types"))["items"])
    schemas = [cast("dict[str, dict[str, Any]]", item["schema"].get("properties") or {}) for item in node_types]
    known = {str(item["id"]) for item in (await api.get("/connection-types"))["items"]}
    known |= {wanted for properties in schemas for field in properties.values() for wanted in connection_types(field)}
    if type_ not in known:
        fix = did_you_mean(type_, known) or f"Known types: {', '.join(sorted(known - {''}))}"
        console(error=True).print(
            f"warning: no node type or trigger of this workspace takes connections of type {type_}. {fix}"
        )


def connection_types(schema: dict[str, Any]) -> list[str]:
    """The types of connections that a field of a config takes; "" when it takes any."""
    alternatives = cast("list[dict[str, Any]]", schema.get("anyOf") or [])
    wanted: Any = schema.get("x-connection") or ""
    named: list[str] = [wanted] if isinstance(wanted, str) else wanted
    own = named if schema.get("format") == "connection" else []
    return own + [name for one in alternatives for name in connection_types(one)]


def _ask(name: str, field: str, *, hidden: bool) -> str:
    if sys.stdin.isatty():
        return typer.prompt(field, hide_input=hidden, err=True)
    value = sys.stdin.readline().rstrip("\n")
    if not value:
        message = f"standard input has no line for it; write one line a field, or -v {field}=VALUE"
        problem = Problem("connection.no_value", pointer("values", field), message, "error")
        raise Invalid("connection.no_value", f"Connection {name} was not stored: {field} has no value", [problem])
    return value


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading)
    return table
