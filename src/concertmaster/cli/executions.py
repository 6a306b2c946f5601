"""`concertmaster executions list | show`; `control.py` has what steers them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson
from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import connect
from concertmaster.cli.node_order import in_order
from concertmaster.cli.progress import failed_items, seconds
from concertmaster.cli.result import show_result
from concertmaster.cli.terminal import STYLES, console, moment_text, print_json
from concertmaster.config import Settings, read
from concertmaster.domain.durations import parse_duration
from concertmaster.domain.errors import UserError
from concertmaster.observability.logging import configure

LONGEST_VALUE = 120


def _settings(data_dir: Path | None) -> Settings:
    settings = read(data_dir=data_dir)
    configure("warning", settings.log_format)
    return settings


def list_executions(
    chosen: Mapping[str, str | bool | list[str] | None], *, limit: int, as_json: bool, data_dir: Path | None
) -> None:
    """Print them, newest first.

    Args:
        chosen: filters by name; `since` as an instant, or as how long ago.
    Raises:
        UserError: `executions.since`.
    """
    since = chosen.get("since")
    asked = {**chosen, "since": _instant(since)} if isinstance(since, str) else chosen

    async def work() -> dict[str, Any]:
        async with connect(_settings(data_dir)) as api:
            page = await api.get("/executions", **asked, limit=limit)
            # What is rare is looked for in steps.
            while page["scanned_until"] is not None and len(page["items"]) < limit:
                rest = await api.get("/executions", **asked, limit=limit - len(page["items"]), before=page["next"])
                page = {**rest, "items": [*page["items"], *rest["items"]]}
            return page

    page = asyncio.run(work())
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        filters = [
            _option(name, one)
            for name, value in chosen.items()
            for one in (value if isinstance(value, list) else [value])
            if one not in (None, "")
        ]
        none = f"no executions with {' '.join(filters)}" if filters else "no executions yet"
        console().print(f"{none}; start one with: concertmaster run FILE")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "workflow", "version", "status", "created", "for", "error"):
        table.add_column(heading, no_wrap=heading == "id")
    for item in page["items"]:
        sign, style = STYLES[item["status"]]
        error = item["error"]["message"] if item["error"] else ""
        created = item["created_at"][:19].replace("T", " ")
        status_text = Text(f"{sign} {item['status']}", style=style)
        occasion = Text(_occasion(item["trigger"]))
        table.add_row(item["id"], item["workflow"], str(item["version"]), status_text, created, occasion, Text(error))
    console().print(table)


def _instant(text: str) -> str:
    """ISO 8601 of `2h`, so long ago, or of a day or instant, in the time zone of this machine unless it says another.

    Raises:
        UserError: `executions.since`.
    """
    with suppress(ValueError, OverflowError):
        return (datetime.now(UTC) - parse_duration(text)).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        message = f"--since {text} is no time; write how long ago (2h, 7d), or a day or an instant (2026-03-01T08:00)"
        raise UserError("executions.since", message) from error


def _option(name: str, value: str | bool | None) -> str:
    """As it is written on the command line."""
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name} {value}"


def show_execution(execution_id: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Print one with its nodes and results."""

    async def work() -> None:
        async with connect(_settings(data_dir)) as api:
            execution = await api.get_of(execution_id, "")
            if as_json:
                print_json(execution)
                return
            workflow = await api.get(f"/workflows/{execution['workflow']}", version=execution["version"])
            out = console()
            for line in _head(execution):
                out.print(line)
            for run, undoes in in_order(execution["nodes"], workflow["document"]):
                out.print(_line(run, execution, undoes))
            if reason := _why(execution):
                out.print(Text(f"{execution['status']}: {reason}", style="bold"))
            await show_result(api, out, execution, workflow["document"])

    asyncio.run(work())


def _head(execution: dict[str, Any]) -> list[Text]:
    """What it is, what started it and when, and with which inputs."""
    trigger = execution["trigger"]
    started = execution["started_at"]
    when = f"started {moment_text(started)} UTC" if started else f"created {moment_text(execution['created_at'])} UTC"
    occasion = _occasion(trigger)
    named = (
        "" if trigger["type"] == "call" else " ".join(str(trigger[key]) for key in ("type", "name") if key in trigger)
    )
    told = ", ".join(one for one in (named, f"for {occasion}" if named and occasion else occasion, when) if one)
    lines = [Text(f"{execution['workflow']} version {execution['version']}", style="bold"), Text(told, style="dim")]
    for name, value in execution["inputs"].items():
        lines.append(Text(f"  {name} = {_short(value)}", style="dim"))
    return lines


def _short(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} ... (--json has all of it)"


def _occasion(trigger: dict[str, Any]) -> str:
    """The logical time of what a schedule started, and whether it was made up for or tried out; or who called."""
    if trigger["type"] == "call":
        return f"called by {trigger['execution']} at {trigger['node']}"
    told = trigger.get("scheduled_at")
    at = f"{told['iso'][:16].replace('T', ' ')} {told['zone']}" if isinstance(told, dict) else ""
    return ", ".join(one for one in (at, *(word for word in ("backfill", "test") if trigger.get(word))) if one)


def _line(run: dict[str, Any], execution: dict[str, Any], undoes: str | None) -> Text:
    """One node: what it came to, or why it has not ended.

    Args:
        undoes: the node that it undoes.
    """
    status, why = run["status"], run["error"]["message"] if run["error"] else _why(run)
    items = run["items"]
    lost = failed_items(items["total"], items["failed"]) if status == "succeeded" and items and items["failed"] else ""
    if run["reused"]:
        why = f"reused from {run['reused']['node']} of {run['reused']['execution']}"
    if execution["status"] == "interrupted" and status in ("running", "retrying", "waiting"):
        # Nothing of it goes on: the events end where the server did.
        status = "interrupted"
    sign, style = STYLES[status]
    line = Text.assemble((f"{sign} ", style), f"{run['node']}  ", (run["type"], "dim"), f"  {status}")
    took, came = _took(run), _came_to(run)
    return Text.assemble(
        *(line, f"  {took}" if took else "", (f"  {came}" if came else "", "dim")),
        (f"  undoes {undoes}" if undoes else "", "dim"),
        (f"  {lost}" if lost else "", "yellow"),
        (f"  {why}" if why else "", "red" if run["error"] else "dim"),
    )


def _came_to(run: dict[str, Any]) -> str:
    """The executions that a call has started; who has won a race."""
    items = run["items"]
    if items and items["kind"] == "call":
        return f"runs {', '.join(child['execution'] for child in run['children'])}" if run["children"] else ""
    out: dict[str, Any] = run["outputs"].get("out") or {}
    value = out.get("value")
    if items and items["kind"] == "race" and isinstance(value, dict) and "winner" in value:
        return f"won by {cast('dict[str, Any]', value)['winner']}"
    return ""


def _took(run: dict[str, Any]) -> str:
    if run["started_at"] is None or run["ended_at"] is None or run["status"] not in ("succeeded", "failed"):
        return ""
    return seconds(
        (datetime.fromisoformat(run["ended_at"]) - datetime.fromisoformat(run["started_at"])).total_seconds()
    )


def _why(shown: dict[str, Any]) -> str:
    """Why an execution or node has not ended, "" when it has."""
    waiting = shown["waiting"]
    if waiting is None:
        return ""
    until = f", until {waiting['until'][:19].replace('T', ' ')}" if waiting["until"] else ""
    holders = f" (held by {', '.join(waiting['holders'])})" if waiting["rule"] in ("concurrency", "slot") else ""
    return f"{waiting['message']}{until}{holders}"
