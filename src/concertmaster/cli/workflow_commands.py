"""Words and options of `concertmaster workflows`; as in `main.py`, what they do is loaded late."""

# ruff: noqa: PLC0415  (see main.py)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from concertmaster.cli.options import DataDir, Json

workflows_app = typer.Typer(help="Workflows as they are stored: list, publish, fetch, compare.", no_args_is_help=True)
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Workflow documents, YAML or JSON.")]


@workflows_app.command("list")
def workflows_list(json: Json = False, data_dir: DataDir = None) -> None:
    """List the stored workflows, newest change first."""
    from concertmaster.cli.workflows import list_workflows

    list_workflows(as_json=json, data_dir=data_dir)


@workflows_app.command("push")
def workflows_push(
    files: Files,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="Make it the version that runs use, as is the default.")
    ] = True,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Store documents as the next versions of their workflows. Exit code 2, and nothing stored, when one is invalid."""
    from concertmaster.cli.workflows import push_files

    push_files(files, publish=publish, as_json=json, data_dir=data_dir)


@workflows_app.command("pull")
def workflows_pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of workflows.")],
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go; default here.")] = Path(),
    version: Annotated[int | None, typer.Option(min=1, help="This version; default the newest.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace files that differ.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Write stored workflows to NAME.yaml, in their canonical form."""
    from concertmaster.cli.workflows import pull_workflows

    pull_workflows(names, to=to, version=version, replace=replace, data_dir=data_dir)


@workflows_app.command("diff")
def workflows_diff(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Workflow document, YAML or JSON.")],
    version: Annotated[int | None, typer.Option(min=1, help="Compare with this version; default the newest.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Show how a document differs from what is stored. Exit code 0 the same, 1 different, 2 invalid."""
    from concertmaster.cli.workflows import diff_file

    diff_file(file, version=version, data_dir=data_dir)
