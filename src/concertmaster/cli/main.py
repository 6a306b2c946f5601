"""The `concertmaster` command: every command's words and options; what they do is loaded when it is asked for.

The trap is the start: an import here is paid by every `concertmaster --help`, so only Typer and words come in here.
"""

# ruff: noqa: PLC0415  (the imports inside functions are the point of this file)
from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from concertmaster.cli.access import token_app, user_app
from concertmaster.cli.connection_commands import connection_app
from concertmaster.cli.items import executions_items
from concertmaster.cli.options import Cache, DataDir, Json
from concertmaster.cli.outputs import outputs_app
from concertmaster.cli.trigger_commands import backfills_app, triggers_app
from concertmaster.cli.wait_commands import approvals_app, events_app
from concertmaster.cli.workflow_commands import workflows_app

app = typer.Typer(
    name="concertmaster",
    help="Draw a workflow on a canvas or write it as YAML, run it, watch it live, trust it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
nodes_app = typer.Typer(help="Node types: what a workflow can be made of.", no_args_is_help=True)
executions_app = typer.Typer(help="Executions: runs of workflows.", no_args_is_help=True)
config_app = typer.Typer(help="Settings.", no_args_is_help=True)
app.add_typer(nodes_app, name="nodes")
app.add_typer(workflows_app, name="workflows")
app.add_typer(executions_app, name="executions")
app.add_typer(approvals_app, name="approvals")
app.add_typer(events_app, name="events")
app.add_typer(triggers_app, name="triggers")
app.add_typer(backfills_app, name="backfills")
app.add_typer(outputs_app, name="outputs")
app.add_typer(connection_app, name="connection")
app.add_typer(config_app, name="config")
app.add_typer(user_app, name="user")
app.add_typer(token_app, name="token")

ExecutionId = Annotated[str, typer.Argument(metavar="ID", help="Id of the execution.")]
ExecutionIds = Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="Ids of executions.")]
OfWorkflow = Annotated[str | None, typer.Option("--workflow", help="All of this workflow instead.")]
WithStatus = Annotated[list[str] | None, typer.Option("--status", help="All with this status instead; repeatable.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say how many it would be.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Reason = Annotated[str | None, typer.Option(help="For the journal and the audit.")]


@app.command()
def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one; default 8000")] = None,
    data_dir: DataDir = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo, run it once, and keep serving.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the browser, logged in.")] = False,
) -> None:
    """Start ConcertMaster here: API, web UI and engine in one process."""
    from concertmaster.cli.serve import serve

    serve(host=host, port=port, data_dir=data_dir, demo=demo, open_browser=open_)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Workflow document, YAML or JSON.")],
    inputs: Annotated[list[str] | None, typer.Option("-i", "--input", metavar="NAME=VALUE", help="An input.")] = None,
    inputs_file: Annotated[Path | None, typer.Option("--inputs", help="Inputs as a YAML or JSON file.")] = None,
    priority: Annotated[int | None, typer.Option(help="Higher ones start first when places are taken.")] = None,
    cache: Cache = True,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Run one workflow to its end, with progress. Exit code 0 succeeded, 1 failed, 2 invalid."""
    from concertmaster.cli.run import Start, run_file

    given = Start(inputs or [], inputs_file, priority, cache)
    run_file(file, given, as_json=json, data_dir=data_dir)


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Workflow documents.")],
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Check workflow documents without running anything. Exit code 0, or 2 with the problems."""
    from concertmaster.cli.validate import validate_files

    validate_files(files, as_json=json, data_dir=data_dir)


@nodes_app.command("list")
def nodes_list(json: Json = False, data_dir: DataDir = None) -> None:
    """List the node types of the running server, or of this workspace."""
    from concertmaster.cli.nodes import list_types

    list_types(as_json=json, data_dir=data_dir)


@nodes_app.command("show")
def nodes_show(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="`table.sql`")],
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show ports, outlets, config and documentation of a node type."""
    from concertmaster.cli.nodes import show_type

    show_type(type_, as_json=json, data_dir=data_dir)


@executions_app.command("list")
def executions_list(
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    status: Annotated[str | None, typer.Option(help="Only with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List executions, newest first."""
    from concertmaster.cli.executions import list_executions

    list_executions(workflow=workflow, status=status, limit=limit, as_json=json, data_dir=data_dir)


@executions_app.command("show")
def executions_show(id_: ExecutionId, json: Json = False, data_dir: DataDir = None) -> None:
    """Show an execution and its nodes."""
    from concertmaster.cli.executions import show_execution

    show_execution(id_, as_json=json, data_dir=data_dir)


executions_app.command("items")(executions_items)


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
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = None,
    data_dir: DataDir = None,
) -> None:
    """Cancel executions; what runs is stopped."""
    from concertmaster.cli.control import Filter, steer

    steer("cancel", ids or [], Filter(workflow, status or [], dry_run, yes), reason=reason, data_dir=data_dir)


@executions_app.command("pause")
def executions_pause(
    ids: ExecutionIds = None,
    workflow: OfWorkflow = None,
    status: WithStatus = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = None,
    data_dir: DataDir = None,
) -> None:
    """Pause executions: no further node starts, what runs goes on to its end."""
    from concertmaster.cli.control import Filter, steer

    steer("pause", ids or [], Filter(workflow, status or [], dry_run, yes), reason=reason, data_dir=data_dir)


@executions_app.command("resume")
def executions_resume(
    ids: ExecutionIds = None,
    workflow: OfWorkflow = None,
    status: WithStatus = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = None,
    data_dir: DataDir = None,
) -> None:
    """Let paused executions go on, and interrupted ones try again; an interrupted write needs `retry`."""
    from concertmaster.cli.control import Filter, steer

    steer("resume", ids or [], Filter(workflow, status or [], dry_run, yes), reason=reason, data_dir=data_dir)


@executions_app.command("retry")
def executions_retry(
    id_: Annotated[str | None, typer.Argument(metavar="[ID]", help="Id of the execution.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="NODE", help="Start from this node.")] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("-i", "--input", metavar="NAME=VALUE", help="Another value of an input.")
    ] = None,
    inputs_file: Annotated[Path | None, typer.Option("--inputs", help="Inputs as a YAML or JSON file.")] = None,
    workflow: OfWorkflow = None,
    status: WithStatus = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = None,
    data_dir: DataDir = None,
) -> None:
    """Let an ended execution go on: what did not succeed runs again, the rest keeps its results."""
    from concertmaster.cli.control import Edits, Filter, retry

    chosen = Filter(workflow, status or [], dry_run, yes)
    retry(id_, Edits(from_, inputs or [], inputs_file), chosen, reason=reason, data_dir=data_dir)


@executions_app.command("replay")
def executions_replay(id_: ExecutionId, data_dir: DataDir = None) -> None:
    """Start a new execution of the same version with the same inputs and trigger."""
    from concertmaster.cli.control import replay_execution

    replay_execution(id_, data_dir=data_dir)


@config_app.command("show")
def config_show(json: Json = False) -> None:
    """Show every setting with its value and meaning."""
    from concertmaster.cli.settings import show_settings

    show_settings(as_json=json)


@app.command()
def doctor(json: Json = False, data_dir: DataDir = None) -> None:
    """Check this installation, workspace and data folder; exit code 1 when something is wrong."""
    from concertmaster.cli.doctor import diagnose

    diagnose(as_json=json, data_dir=data_dir)


@app.command()
def openapi() -> None:
    """Print the OpenAPI schema of the API."""
    from concertmaster.cli.openapi import print_schema

    print_schema()


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors that we raise on purpose end as a message with a remedy, never as a traceback.

    Args:
        arguments: those of the process when not given.
    """
    from concertmaster.domain.errors import ConcertMasterError

    try:
        app(arguments)
    except ConcertMasterError as error:
        from concertmaster.cli.terminal import exit_code, explain

        explain(error)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # The reader of our output (`| head`) is gone; Python would complain once more while flushing at exit.
        sys.stderr.close()
        sys.exit(1)
    except PermissionError as error:
        _refused(error, "give this user the right to do so")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        _refused(error, "free some space, or choose another folder with --data-dir")
    except KeyboardInterrupt:
        sys.exit(130)


def _refused(error: OSError, remedy: str) -> NoReturn:
    """What the system did not let us do, where nothing nearer could say more about it."""
    place = f"{error.filename}: " if error.filename else ""
    print(f"error: {place}{error.strerror}; {remedy}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
