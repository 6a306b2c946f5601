"""`concertmaster triggers list | show | enable | disable | test`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import Api, with_api
from concertmaster.cli.terminal import console, moment_text, print_json, zoned_text

_STYLES = {"started": ("✓", "green"), "skipped": ("–", "yellow"), "failed": ("✗", "red"), "refused": ("✗", "yellow")}


def list_triggers(*, as_json: bool, data_dir: Path | None) -> None:
    """Print them all, by workflow and name."""

    async def work(api: Api) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        before: str | None = None
        while True:
            page = await api.get("/triggers", before=before)
            items += page["items"]
            before = page["next"]
            if before is None:
                return items

    items = with_api(work, data_dir)
    if as_json:
        print_json({"items": items, "next": None})
        return
    if not items:
        console().print("no triggers yet; publish a workflow that has some under `triggers`")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("workflow", "trigger", "type", "listens to", "next (UTC)", "last (UTC)"):
        table.add_column(heading)
    for item in items:
        table.add_row(item["workflow"], item["name"], item["type"], Text(_listens_to(item)), _next(item), _last(item))
    console().print(table)


def show_trigger(workflow: str, trigger: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Print one, with its next times and what became of the last ones."""
    shown = with_api(lambda api: api.get(f"/triggers/{workflow}/{trigger}"), data_dir)
    if as_json:
        print_json(shown)
        return
    out = console()
    state = "enabled" if shown["enabled"] else "disabled"
    out.print(Text.assemble((f"{workflow}/{trigger}", "bold"), f"  {shown['type']}, {state}"))
    for key, value in shown["config"].items():
        out.print(Text(f"  {key}: {value}"))
    zone = shown["config"].get("timezone", "UTC")
    for at in shown["next_at"]:
        out.print(Text(f"  next  {zoned_text(at, zone)}"))
    # Refused calls are stored a little later than what was started meanwhile.
    for fire in sorted(shown["last_fires"], key=lambda one: one["at"], reverse=True):
        sign, style = _STYLES[fire["outcome"]]
        about = "  ".join(one for one in (fire["execution"], fire["reason"]) if one)
        times = f" ({fire['count']} times)" if fire["count"] > 1 else ""
        at = zoned_text(fire["scheduled_at"] or fire["at"], zone)
        out.print(Text.assemble((f"{sign} ", style), f"{at}  {fire['outcome']}{times}  {about}"))


def switch_trigger(workflow: str, trigger: str, to: Literal["enable", "disable"], *, data_dir: Path | None) -> None:
    """Enable or disable one."""
    shown = with_api(lambda api: api.post(f"/triggers/{workflow}/{trigger}/{to}"), data_dir)
    zone = shown["config"].get("timezone", "UTC")
    following = f"; next: {zoned_text(shown['next_at'][0], zone)}" if shown["next_at"] else ""
    console().print(f"{workflow}/{trigger}: {to}d{following}")


def test_trigger(workflow: str, trigger: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Start what it starts."""
    started = with_api(lambda api: api.post(f"/triggers/{workflow}/{trigger}/test"), data_dir)
    if as_json:
        print_json(started)
        return
    id_ = started["id"]
    console().print(f"{id_}: started by {workflow}/{trigger}; watch it with: concertmaster executions show {id_}")


def make_token(workflow: str, trigger: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Make a new token of a webhook; it alone goes to standard output."""
    answer = with_api(lambda api: api.post(f"/triggers/{workflow}/{trigger}/token"), data_dir)
    if as_json:
        print_json(answer)
    else:
        print(answer["token"])
    console(error=True).print("keep it: it is not shown again, and the former one is void")


def _listens_to(item: dict[str, Any]) -> str:
    """What has to happen for it."""
    config: dict[str, Any] = item["config"]
    match item["type"]:
        case "schedule":
            times = str(config.get("cron") or f"every {config.get('interval')}")
            return f"{times} {config['timezone']}" if "timezone" in config else times
        case "webhook":
            return f"/hooks/{str(config.get('path')).strip('/')}"
        case "event":
            return f"{config.get('name')}{' (' + str(config['key']) + ')' if 'key' in config else ''}"
        case "workflow":
            return f"{config.get('workflow')} {' or '.join(config.get('statuses') or ['succeeded'])}"
        case _:
            return str(config.get("path", ""))


def _next(item: dict[str, Any]) -> str:
    if not item["enabled"]:
        return "disabled"
    return moment_text(item["next_at"][0]) if item["next_at"] else ""


def _last(item: dict[str, Any]) -> Text:
    if not item["last_fires"]:
        return Text("")
    fire = item["last_fires"][0]
    sign, style = _STYLES[fire["outcome"]]
    return Text(f"{sign} {fire['outcome']} {moment_text(fire['at'])}", style=style)
