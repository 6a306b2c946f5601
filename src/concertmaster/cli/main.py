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
from concertmaster.cli.execution_commands import executions_app
from concertmaster.cli.node_commands import nodes_app
from concertmaster.cli.options import Cache, DataDir, Json
from concertmaster.cli.outputs import outputs_app
from concertmaster.cli.trigger_commands import backfills_app, triggers_app
from concertmaster.cli.wait_commands import approvals_app, events_app
from concertmaster.cli.workflow_commands import workflows_app

app = typer.Typer(
    name="concertmaster",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
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


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"concertmaster {version('concertmaster')}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    """Draw a workflow on a canvas or write it as YAML, run it, watch it live, trust it."""


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
    cache: Cache = None,
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
