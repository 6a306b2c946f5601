"""`concertmaster outputs clean`."""

# ruff: noqa: PLC0415  (see `main.py`)
from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from concertmaster.cli.options import DataDir, Json

outputs_app = typer.Typer(help="The data of executions: tables, files and large values.", no_args_is_help=True)
POLL_SECONDS = 0.2
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")]


@outputs_app.callback()
def outputs() -> None:
    """The data of executions: tables, files and large values."""


@outputs_app.command("clean")
def outputs_clean(dry_run: DryRun = False, json: Json = False, data_dir: DataDir = None) -> None:
    """Remove what the settings outputs_max_* do not keep, and what no execution names; a server does it every hour."""
    from concertmaster.cli.client import Api, with_api
    from concertmaster.cli.terminal import console, print_json
    from concertmaster.domain.errors import OperationalError

    async def clean(api: Api) -> dict[str, Any]:
        shown = await api.post("/outputs/clean", dry_run=dry_run)
        while shown["status"] == "running":
            await asyncio.sleep(POLL_SECONDS)
            shown = await api.get("/outputs/clean")
        return shown

    cleaned = with_api(clean, data_dir)
    if json:
        print_json(cleaned)
        return
    if cleaned["message"]:
        raise OperationalError("outputs.clean", cleaned["message"])
    if cleaned["dry_run"] != dry_run:
        console(error=True).print("somebody else has just begun to; this is what became of that")
    executions, files = cleaned["executions"], cleaned["artifacts"]
    done = "would be removed" if cleaned["dry_run"] else "removed"
    console().print(
        f"{done}: the data of {executions:,} execution{'' if executions == 1 else 's'}, "
        f"{files:,} file{'' if files == 1 else 's'} of {cleaned['size_bytes']:,} bytes"
    )
