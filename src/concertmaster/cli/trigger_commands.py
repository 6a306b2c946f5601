"""The words of `concertmaster triggers`; `triggers.py` has what they do."""

# ruff: noqa: PLC0415  (see `main.py`)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

triggers_app = typer.Typer(help="Triggers: what starts executions.", no_args_is_help=True)

DataDir = Annotated[Path | None, typer.Option(help="Folder of database, artifacts and keys; default .concertmaster")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Workflow = Annotated[str, typer.Argument(metavar="WORKFLOW", help="Name of the workflow.")]
Trigger = Annotated[str, typer.Argument(metavar="TRIGGER", help="Name of the trigger.")]


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
def triggers_test(workflow: Workflow, trigger: Trigger, data_dir: DataDir = None) -> None:
    """Start an execution at once, as if the trigger were due."""
    from concertmaster.cli.triggers import test_trigger

    test_trigger(workflow, trigger, data_dir=data_dir)
