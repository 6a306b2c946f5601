"""Words and options of `concertmaster connection`; as in `main.py`, what they do is loaded late."""

# ruff: noqa: PLC0415  (see main.py)
from __future__ import annotations

from typing import Annotated

import typer

from concertmaster.cli.options import DataDir, Json

connection_app = typer.Typer(help="Connections: named credentials, encrypted at rest.", no_args_is_help=True)


@connection_app.command("add")
def connection_add(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    type_: Annotated[str, typer.Option("--type", help="What it connects to.")] = "http",
    values: Annotated[
        list[str] | None,
        typer.Option("-v", "--value", metavar="FIELD[=VALUE]", help="A field; without VALUE it is asked for, hidden."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a connection of this name.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Store credentials under a name, encrypted."""
    from concertmaster.cli.connections import add_connection

    add_connection(name, type_=type_, values=values or [], replace=replace, data_dir=data_dir)


@connection_app.command("list")
def connection_list(json: Json = False, data_dir: DataDir = None) -> None:
    """List connections, without their values."""
    from concertmaster.cli.connections import list_connections

    list_connections(as_json=json, data_dir=data_dir)


@connection_app.command("remove")
def connection_remove(name: Annotated[str, typer.Argument(metavar="NAME")], data_dir: DataDir = None) -> None:
    """Remove a connection."""
    from concertmaster.cli.connections import remove_connection

    remove_connection(name, data_dir=data_dir)
