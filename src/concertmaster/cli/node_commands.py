"""Words and options of `concertmaster nodes`; as in `main.py`, what they do is loaded late."""

# ruff: noqa: PLC0415  (see main.py)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from concertmaster.cli.options import DataDir, Json

nodes_app = typer.Typer(help="Node types: what a workflow can be made of.", no_args_is_help=True)


@nodes_app.command("list")
def nodes_list(json: Json = False, data_dir: DataDir = None) -> None:
    """List the node types of the running server, or of this workspace."""
    from concertmaster.cli.nodes import list_types

    list_types(as_json=json, data_dir=data_dir)


@nodes_app.command("show")
def nodes_show(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="`table.sql`, `table.sql@1`, or a source, `weather.py`")],
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show ports, outlets, config and documentation of a node type, or what is wrong with a source."""
    from concertmaster.cli.nodes import show_type

    show_type(type_, as_json=json, data_dir=data_dir)


@nodes_app.command("new")
def nodes_new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the file and of its function: `top_rows`")],
    pack: Annotated[
        bool, typer.Option("--pack", help="Write a package that pip installs, into a folder NAME.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Write a node type and its test into this workspace, or a package of node types."""
    from concertmaster.cli.authoring.writing import write_node, write_pack

    if pack:
        write_pack(name, data_dir=data_dir)
    else:
        write_node(name, data_dir=data_dir)


@nodes_app.command("check")
def nodes_check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Files of node types, packages, folders of them; default `nodes`."),
    ] = None,
    cancel: Annotated[
        float, typer.Option(min=0.1, max=600, metavar="SECONDS", help="A cancelled node has to end within so long.")
    ] = 8.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Missing documentation and examples are errors, as for a package to share.")
    ] = False,
    json: Json = False,
) -> None:
    """Check node types: schema, serialisation, documentation, examples, cancellation, secrets. Exit code 0 all is
    well, or there are only warnings, 1 something is wrong, 2 there is nothing to check."""
    from concertmaster.cli.authoring.checking import check_paths

    check_paths(paths or [Path("nodes")], cancel_seconds=cancel, strict=strict, as_json=json)


@nodes_app.command("schema")
def nodes_schema() -> None:
    """Print the JSON Schema of declarative nodes (`nodes/*.yaml`), for editors."""
    from concertmaster.cli.nodes import print_file_schema

    print_file_schema()


@nodes_app.command("reload")
def nodes_reload(
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="Its types may change in place, this once; repeatable."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Have the running server look at all sources anew, and return to dynamic loading after a fallback."""
    from concertmaster.cli.nodes import reload_types

    reload_types(accept or [], data_dir=data_dir)


@nodes_app.command("freeze")
def nodes_freeze(data_dir: DataDir = None) -> None:
    """Write the manifest that `registry_mode = static` serves, and that is served when dynamic loading fails."""
    from concertmaster.cli.nodes import freeze_types

    freeze_types(data_dir=data_dir)
