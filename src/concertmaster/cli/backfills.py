"""`concertmaster backfills start | list | show | pause | resume | cancel`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import with_api
from concertmaster.cli.terminal import console, print_json, zoned_text
from concertmaster.domain.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A backfill as the command line wants it; `dry_run`: only count its times."""

    workflow: str
    trigger: str
    from_at: str
    until_at: str
    concurrency: int
    dry_run: bool


def start_backfill(order: Order, *, as_json: bool, data_dir: Path | None) -> None:
    """Order one, or only count its times."""
    body: dict[str, Any] = {
        "workflow": order.workflow,
        "trigger": order.trigger,
        "from": _instant("--from", order.from_at),
        "to": _instant("--to", order.until_at),
        "concurrency": order.concurrency,
        "dry_run": order.dry_run,
    }
    try:
        answer = with_api(lambda api: api.post("/backfills", body), data_dir)
    except UserError as error:
        if error.code != "backfill.range":
            raise
        raise UserError(error.code, error.message.replace("`from`", "--from").replace("`to`", "--to")) from error
    zone = answer["timezone"]
    if answer["clipped"]:
        now = zoned_text(answer["to"], zone)
        console(error=True).print(
            f"--to lies in the future: the range ends now, at {now}; later times are the schedule's"
        )
    if as_json:
        print_json(answer)
        return
    if order.dry_run:
        first, last = answer["first"], answer["last"]
        span = f", from {zoned_text(first, zone)} to {zoned_text(last, zone)}" if first and last else ""
        console().print(f"{_times(answer['total'])}{span}; nothing was started")
        return
    watch = f"concertmaster backfills show {answer['id']}"
    console().print(f"{answer['id']}: {_times(answer['total'])}, {order.concurrency} at a time; watch it with: {watch}")


def list_backfills(*, as_json: bool, data_dir: Path | None) -> None:
    """Print the newest ones."""
    page = with_api(lambda api: api.get("/backfills"), data_dir)
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        console().print("no backfills yet; start one with: concertmaster backfills start WORKFLOW TRIGGER")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "workflow", "trigger", "status", "done"):
        table.add_column(heading, no_wrap=heading == "id")
    for item in page["items"]:
        table.add_row(item["id"], item["workflow"], item["trigger"], item["status"], _done(item))
    console().print(table)
    if page["next"] is not None:
        console(error=True).print("these are the newest ones; there are more")


def show_backfill(backfill_id: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Print one with its progress."""
    shown = with_api(lambda api: api.get(f"/backfills/{backfill_id}"), data_dir)
    if as_json:
        print_json(shown)
        return
    out = console()
    out.print(Text.assemble((f"{shown['workflow']}/{shown['trigger']}", "bold"), f"  {shown['status']}"))
    zone = shown["timezone"]
    out.print(
        f"  from {zoned_text(shown['from'], zone)} to {zoned_text(shown['to'], zone)}, {shown['concurrency']} at a time"
    )
    out.print(f"  {_done(shown)}; {shown['failed']} failed, {shown['refused']} refused")
    if shown["error"]:
        out.print(Text(f"  {shown['error']}", style="red"))
    if shown["failed"]:
        out.print(f"  list them with: concertmaster executions list --backfill {backfill_id} --status failed")
    for id_ in shown["active"]:
        out.print(Text(f"  runs  {id_}"))


def steer_backfill(backfill_id: str, to: Literal["pause", "resume", "cancel"], *, data_dir: Path | None) -> None:
    """Ask it."""
    shown = with_api(lambda api: api.post(f"/backfills/{backfill_id}/{to}"), data_dir)
    console().print(f"{backfill_id}: {shown['status']}; {_done(shown)}")


def _done(item: dict[str, Any]) -> str:
    return f"{item['succeeded'] + item['failed'] + item['refused']} of {_times(item['total'])} done"


def _times(count: int) -> str:
    return f"{count} time{'' if count == 1 else 's'}"


def _instant(option: str, text: str) -> str:
    try:
        # Without an offset it is the server that knows the zone.
        return datetime.fromisoformat(text).isoformat()
    except ValueError as error:
        message = f"{option} {text!r} is no time; write it like 2026-01-01 or 2026-01-01T06:00+01:00"
        raise UserError("backfill.time", message) from error
