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
        typer.Option(
            "-v",
            "--value",
            metavar="FIELD[=VALUE]",
            help="A field; without VALUE it is asked for, a secret one hidden. Without any, all are.",
        ),
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


@connection_app.command("update")
def connection_update(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    values: Annotated[
        list[str] | None,
        typer.Option("-v", "--value", metavar="FIELD[=VALUE]", help="A field; without VALUE it is asked for."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change some fields of a connection; the others stay as they are."""
    from concertmaster.cli.connections import update_connection

    update_connection(name, values=values or [], data_dir=data_dir)


@connection_app.command("show")
def connection_show(
    name: Annotated[str, typer.Argument(metavar="NAME")], json: Json = False, data_dir: DataDir = None
) -> None:
    """Show a connection without its values, and which workflows name it."""
    from concertmaster.cli.connections import show_connection

    show_connection(name, as_json=json, data_dir=data_dir)


@connection_app.command("types")
def connection_types(json: Json = False, data_dir: DataDir = None) -> None:
    """List the types of connections with their fields."""
    from concertmaster.cli.connections import list_types

    list_types(as_json=json, data_dir=data_dir)


@connection_app.command("test")
def connection_test(
    name: Annotated[str, typer.Argument(metavar="NAME")], json: Json = False, data_dir: DataDir = None
) -> None:
    """Test a connection; exit 0 when it works, else 1."""
    from concertmaster.cli.connections import check_connection

    check_connection(name, as_json=json, data_dir=data_dir)


@connection_app.command("rotate-key")
def connection_rotate_key(json: Json = False, data_dir: DataDir = None) -> None:
    """Take a new key into use for all connections, while the server goes on serving."""
    from concertmaster.cli.connections import rotate_key

    rotate_key(as_json=json, data_dir=data_dir)


@connection_app.command("remove")
def connection_remove(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    force: Annotated[bool, typer.Option("--force", help="Also when published workflows name it.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Remove a connection."""
    from concertmaster.cli.connections import remove_connection

    remove_connection(name, force=force, data_dir=data_dir)
