"""The words of `concertmaster triggers` and `backfills`; the files named so have what they do."""

# ruff: noqa: PLC0415  (see `main.py`)
from __future__ import annotations

from typing import Annotated

import typer

from concertmaster.cli.options import DataDir, Json

triggers_app = typer.Typer(help="Triggers: what starts executions.", no_args_is_help=True)
backfills_app = typer.Typer(help="Backfills: the times of a schedule that have passed.", no_args_is_help=True)

Workflow = Annotated[str, typer.Argument(metavar="WORKFLOW", help="Name of the workflow.")]
Trigger = Annotated[str, typer.Argument(metavar="TRIGGER", help="Name of the trigger.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the backfill.")]


@triggers_app.command("list")
def triggers_list(json: Json = False, data_dir: DataDir = None) -> None:
    """List the triggers of published workflows, with their next times."""
    from concertmaster.cli.triggers import list_triggers

    list_triggers(as_json=json, data_dir=data_dir)


@triggers_app.command("show")
def triggers_show(workflow: Workflow, trigger: Trigger, json: Json = False, data_dir: DataDir = None) -> None:
    """Show a trigger, its next times, and what became of the last ones."""
    from concertmaster.cli.triggers import show_trigger

    show_trigger(workflow, trigger, as_json=json, data_dir=data_dir)


@triggers_app.command("enable")
def triggers_enable(workflow: Workflow, trigger: Trigger, data_dir: DataDir = None) -> None:
    """Let a trigger start executions, from now on."""
    from concertmaster.cli.triggers import switch_trigger

    switch_trigger(workflow, trigger, "enable", data_dir=data_dir)


@triggers_app.command("disable")
def triggers_disable(workflow: Workflow, trigger: Trigger, data_dir: DataDir = None) -> None:
    """Let a trigger start nothing; times that pass meanwhile are not made up for."""
    from concertmaster.cli.triggers import switch_trigger

    switch_trigger(workflow, trigger, "disable", data_dir=data_dir)


@triggers_app.command("test")
def triggers_test(workflow: Workflow, trigger: Trigger, json: Json = False, data_dir: DataDir = None) -> None:
    """Start an execution at once, as if the trigger were due."""
    from concertmaster.cli.triggers import test_trigger

    test_trigger(workflow, trigger, as_json=json, data_dir=data_dir)


@triggers_app.command("token")
def triggers_token(workflow: Workflow, trigger: Trigger, json: Json = False, data_dir: DataDir = None) -> None:
    """Give a webhook a new token, and print it this one time."""
    from concertmaster.cli.triggers import make_token

    make_token(workflow, trigger, as_json=json, data_dir=data_dir)


@backfills_app.command("start")
def backfills_start(
    workflow: Workflow,
    trigger: Trigger,
    from_: Annotated[
        str,
        typer.Option(
            "--from", metavar="TIME", help="The first moment; in the schedule's zone unless it has an offset."
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="The first moment after the range, in the same way; now, when it lies in the future."
        ),
    ],
    concurrency: Annotated[int, typer.Option(min=1, max=100, help="Executions at one time.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the times.")] = False,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Start an execution for each time of a schedule in a range that has passed, also of a disabled one.

    A range that is ordered twice runs twice.
    """
    from concertmaster.cli.backfills import Order, start_backfill

    order = Order(
        workflow=workflow, trigger=trigger, from_at=from_, until_at=to, concurrency=concurrency, dry_run=dry_run
    )
    start_backfill(order, as_json=json, data_dir=data_dir)


@backfills_app.command("list")
def backfills_list(json: Json = False, data_dir: DataDir = None) -> None:
    """List backfills, newest first."""
    from concertmaster.cli.backfills import list_backfills

    list_backfills(as_json=json, data_dir=data_dir)


@backfills_app.command("show")
def backfills_show(id_: Id, json: Json = False, data_dir: DataDir = None) -> None:
    """Show how far a backfill is."""
    from concertmaster.cli.backfills import show_backfill

    show_backfill(id_, as_json=json, data_dir=data_dir)


@backfills_app.command("pause")
def backfills_pause(id_: Id, data_dir: DataDir = None) -> None:
    """Start no more for now; executions that run go on."""
    from concertmaster.cli.backfills import steer_backfill

    steer_backfill(id_, "pause", data_dir=data_dir)


@backfills_app.command("resume")
def backfills_resume(id_: Id, data_dir: DataDir = None) -> None:
    """Go on after a pause."""
    from concertmaster.cli.backfills import steer_backfill

    steer_backfill(id_, "resume", data_dir=data_dir)


@backfills_app.command("cancel")
def backfills_cancel(id_: Id, data_dir: DataDir = None) -> None:
    """Start no more, for good; executions that run go on."""
    from concertmaster.cli.backfills import steer_backfill

    steer_backfill(id_, "cancel", data_dir=data_dir)
