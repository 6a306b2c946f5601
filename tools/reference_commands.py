"""The page of the command line, from Typer's own description of the commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import typer
from reference_markdown import table

from concertmaster.cli.main import app

INTRODUCTION = """\
# Command line

Every command works in the current folder, the *workspace*. Exit codes: 0 all is well, 1 it failed, 2 what was given
is invalid, 130 interrupted. Where a server holds the data folder, commands talk to it; otherwise they do the work
themselves. `validate`, `config show`, `doctor` and `openapi` never need one: they look at the files, the settings and
the database as they are now. `-h` explains every command.
"""


def cli_page() -> str:
    """Markdown of every command."""
    root = cast("Any", typer.main.get_command(app))
    return "\n".join([INTRODUCTION, *(_section(name, command) for name, command in commands(root, "concertmaster"))])


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Full name and description of every command that does something, in the order of `--help`."""
    below = cast("dict[str, Any]", getattr(command, "commands", {}))
    if not below:
        yield name, command
    for word, inner in below.items():
        yield from commands(inner, f"{name} {word}")


def _section(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    words = [name, *(one.metavar or one.name.upper() for one in arguments), *(["[OPTIONS]"] if options else [])]
    rows = [(f"`{one.metavar or one.name.upper()}`", one.help or "") for one in arguments]
    rows += [(_option(one), one.help or _default(one)) for one in options]
    parts = [
        f"## {name}",
        str(command.help or "").strip(),
        f"```\n{' '.join(words)}\n```",
        table(["argument or option", "meaning"], rows),
    ]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def _option(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    return ", ".join(f"`{word}{value}`" for word in (*option.opts, *option.secondary_opts))


def _default(option: Any) -> str:
    return f"default {option.default}" if option.default is not None else ""
