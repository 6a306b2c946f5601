"""The words of `concertmaster executions`; what they do is in `executions.py`, `items.py`, `logs.py`, `control.py`."""

# ruff: noqa: PLC0415  (see `main.py`)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from concertmaster.cli.items import executions_items
from concertmaster.cli.node_outputs import executions_lineage, executions_output
from concertmaster.cli.options import DataDir, Json

executions_app = typer.Typer(help="Executions: runs of workflows.", no_args_is_help=True)

ExecutionId = Annotated[str, typer.Argument(metavar="ID", help="Id of the execution, or its last characters.")]
ExecutionIds = Annotated[
    list[str] | None, typer.Argument(metavar="[ID...]", help="Ids of executions, or their last characters.")
]
OfWorkflow = Annotated[str | None, typer.Option("--workflow", help="All of this workflow instead.")]
OfBackfill = Annotated[str | None, typer.Option("--backfill", metavar="ID", help="All that it has started instead.")]
OfCall = Annotated[
    bool | None, typer.Option("--called/--no-called", help="Only those that another called, or only the others.")
]
WithStatus = Annotated[list[str] | None, typer.Option("--status", help="All with this status instead; repeatable.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say how many it would be.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Reason = Annotated[str | None, typer.Option(help="For the journal and the audit.")]


@executions_app.command("list")
def executions_list(
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="Only with this status; repeatable.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Only those made then or later: `2h`, `7d`, `2026-03-01`.")
    ] = None,
    trigger: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Only those started so: manual, schedule, webhook, event, file.")
    ] = None,
    error: Annotated[str | None, typer.Option(metavar="TEXT", help="Only those with this in their error.")] = None,
    backfill: Annotated[
        str | None, typer.Option(metavar="ID", help="Only those that this backfill has started.")
    ] = None,
    called: OfCall = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List executions, newest first."""
    from concertmaster.cli.executions import list_executions

    chosen = {"workflow": workflow, "status": status or None, "since": since, "trigger": trigger, "error": error}
    list_executions({**chosen, "backfill": backfill, "called": called}, limit=limit, as_json=json, data_dir=data_dir)


@executions_app.command("show")
def executions_show(id_: ExecutionId, json: Json = False, data_dir: DataDir = None) -> None:
    """Show an execution and its nodes."""
    from concertmaster.cli.executions import show_execution

    show_execution(id_, as_json=json, data_dir=data_dir)


executions_app.command("items")(executions_items)
executions_app.command("output")(executions_output)
executions_app.command("lineage")(executions_lineage)


@executions_app.command("logs")
def executions_logs(
    id_: ExecutionId,
    node: Annotated[str | None, typer.Option(help="Only of this node.")] = None,
    level: Annotated[str | None, typer.Option(help="Only of this level: debug, info, warning or error.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the execution has ended.")] = False,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print what the nodes of an execution logged, in order."""
    from concertmaster.cli.logs import Lines, print_logs

    print_logs(id_, Lines(node, level, follow), as_json=json, data_dir=data_dir)


@executions_app.command("cancel")
def executions_cancel(
    ids: ExecutionIds = None,
    workflow: OfWorkflow = None,
    status: WithStatus = None,
    backfill: OfBackfill = None,
    called: OfCall = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = None,
    data_dir: DataDir = None,
) -> None:
    """Cancel executions; what runs is stopped."""
    from concertmaster.cli.control import Filter, steer

    steer(
        "cancel",
        ids or [],
        Filter(workflow, status or [], backfill, called, dry_run, yes),
        reason=reason,
        data_dir=data_dir,
    )


@executions_app.command("pause")
def executions_pause(
    ids: ExecutionIds = None,
    workflow: OfWorkflow = None,
    status: WithStatus = None,
    backfill: OfBackfill = None,
    called: OfCall = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = None,
    data_dir: DataDir = None,
) -> None:
    """Pause executions: no further node starts, what runs goes on to its end."""
    from concertmaster.cli.control import Filter, steer

    steer(
        "pause",
        ids or [],
        Filter(workflow, status or [], backfill, called, dry_run, yes),
        reason=reason,
        data_dir=data_dir,
    )


@executions_app.command("resume")
def executions_resume(
    ids: ExecutionIds = None,
    workflow: OfWorkflow = None,
    status: WithStatus = None,
    backfill: OfBackfill = None,
    called: OfCall = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = None,
    data_dir: DataDir = None,
) -> None:
    """Let paused executions go on, and interrupted ones try again; an interrupted write needs `retry`."""
    from concertmaster.cli.control import Filter, steer

    steer(
        "resume",
        ids or [],
        Filter(workflow, status or [], backfill, called, dry_run, yes),
        reason=reason,
        data_dir=data_dir,
    )


@executions_app.command("retry")
def executions_retry(
    id_: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Id of the execution, or its last characters.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="NODE", help="Start from this node.")] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("-i", "--input", metavar="NAME=VALUE", help="Another value of an input.")
    ] = None,
    inputs_file: Annotated[Path | None, typer.Option("--inputs", help="Inputs as a YAML or JSON file.")] = None,
    workflow: OfWorkflow = None,
    status: WithStatus = None,
    backfill: OfBackfill = None,
    called: OfCall = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = None,
    data_dir: DataDir = None,
) -> None:
    """Let an ended execution go on: what did not succeed runs again, the rest keeps its results."""
    from concertmaster.cli.control import Edits, Filter, retry

    chosen = Filter(workflow, status or [], backfill, called, dry_run, yes)
    retry(id_, Edits(from_, inputs or [], inputs_file), chosen, reason=reason, data_dir=data_dir)


@executions_app.command("replay")
def executions_replay(id_: ExecutionId, data_dir: DataDir = None) -> None:
    """Start a new execution of the same version with the same inputs and trigger."""
    from concertmaster.cli.control import replay_execution

    replay_execution(id_, data_dir=data_dir)
