"""`concertmaster backfills start | list | show | pause | resume | cancel`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import with_api
from concertmaster.cli.terminal import console, moment_text, print_json
from concertmaster.domain.errors import UserError


def start_backfill(
    workflow: str,
    trigger: str,
    *,
    from_at: str,
    until_at: str,
    concurrency: int,
    dry_run: bool,
    data_dir: Path | None,
) -> None:
    """Order one, or only count its times."""
    body: dict[str, Any] = {
        "workflow": workflow,
        "trigger": trigger,
        "from": _instant("--from", from_at),
        "to": _instant("--to", until_at),
        "concurrency": concurrency,
        "dry_run": dry_run,
    }
    answer = with_api(lambda api: api.post("/backfills", body), data_dir)
    if dry_run:
        span = f", from {moment_text(answer['first'])} to {moment_text(answer['last'])} UTC" if answer["total"] else ""
        console().print(f"{_times(answer['total'])}{span}; nothing was started")
        return
    watch = f"concertmaster backfills show {answer['id']}"
    console().print(f"{answer['id']}: {_times(answer['total'])}, {concurrency} at a time; watch it with: {watch}")


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
    out.print(
        f"  from {moment_text(shown['from'])} to {moment_text(shown['to'])} UTC, {shown['concurrency']} at a time"
    )
    out.print(f"  {_done(shown)}; {shown['failed']} failed, {shown['refused']} refused")
    if shown["error"]:
        out.print(Text(f"  {shown['error']}", style="red"))
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
        at = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{option} {text!r} is no time; write it like 2026-01-01 or 2026-01-01T06:00+01:00"
        raise UserError("backfill.time", message) from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
