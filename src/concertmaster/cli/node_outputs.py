"""`concertmaster executions output` and `lineage`: what a node gave, what is in it, and what it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from concertmaster.cli.options import DataDir, Json

ID = Annotated[str, typer.Argument(metavar="ID", help="Id of the execution, or its last characters.")]
_COLUMNS = ("name", "type", "nulls", "distinct", "min", "max")


def executions_output(
    id_: ID,
    node: Annotated[str, typer.Argument(metavar="NODE", help="Id of the node; in a loop as `each.price`.")],
    outlet: Annotated[str, typer.Option(help="Which of its outlets.")] = "out",
    path: Annotated[str, typer.Option(help="Of a node in loops: the index of the item in each, `3` or `3.0`.")] = "",
    stats: Annotated[bool, typer.Option("--stats", help="What is in the columns of a table, instead of rows.")] = False,
    column: Annotated[list[str] | None, typer.Option(help="With --stats: only this column; repeatable.")] = None,
    offset: Annotated[int, typer.Option(min=0, help="Rows to leave out.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rows to show.")] = 20,
    sort: Annotated[str | None, typer.Option(help="Column to sort by; with a minus in front from high to low.")] = None,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show what a node gave: rows of a table, or with --stats what is in its columns; other values as JSON."""
    place = {"outlet": outlet, "path": path or None}
    at = f"/nodes/{quote(node, safe='')}/output"
    if stats:
        _show(id_, f"{at}/statistics", {**place, "column": column or None}, as_json=json, data_dir=data_dir)
    else:
        _show(id_, at, {**place, "offset": offset, "limit": limit, "sort": sort}, as_json=json, data_dir=data_dir)


def executions_lineage(
    id_: ID,
    node: Annotated[str | None, typer.Argument(metavar="[NODE]", help="Only this one and what it is based on.")] = None,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Tell what the values of an execution were made of, and where else the same bytes are."""
    from concertmaster.cli.client import with_api  # noqa: PLC0415  (late, as in `main.py`)
    from concertmaster.cli.terminal import console, print_json  # noqa: PLC0415

    told = with_api(lambda api: api.get_of(id_, "/lineage", node=node), data_dir)
    if json:
        print_json(told)
        return
    out = console()
    out.print(Text(f"{told['workflow']} version {told['version']}, execution {told['execution']}", style="bold"))
    for made in told["items"]:
        out.print(Text.assemble((_place(made), "bold"), f"  {_size(made)}  ", (made["type"], "dim")))
        for line in _sources(made):
            out.print(Text(f"    {line}", style="dim"))


def _show(id_: str, path: str, query: dict[str, Any], *, as_json: bool, data_dir: Path | None) -> None:
    from concertmaster.cli.client import with_api  # noqa: PLC0415  (late, as in `main.py`)
    from concertmaster.cli.result import shown_cell, shown_table  # noqa: PLC0415
    from concertmaster.cli.terminal import console, print_json  # noqa: PLC0415

    told = with_api(lambda api: api.get_of(id_, path, **query), data_dir)
    if as_json or told.get("kind") in ("json", "file"):
        print_json(told if as_json or told["kind"] == "file" else told["value"])
    elif "columns" in told:
        console().print(Text(f"{told['rows']:,} rows, {told['bytes']:,} bytes", style="bold"))
        made = Table(box=None, pad_edge=False, header_style="bold")
        for heading in _COLUMNS:
            number = heading in ("nulls", "distinct")
            # Counted in one pass over the column, give or take a few in a hundred.
            shown = "~distinct" if heading == "distinct" else heading
            made.add_column(shown, justify="right" if number else "left", overflow="fold")
        for one in told["columns"]:
            made.add_row(*("" if one[key] is None else escape(shown_cell(one[key], one["type"])) for key in _COLUMNS))
        console().print(made)
    else:
        console().print(shown_table(path.split("/")[2], told))
        if told["next"] is not None:
            console().print(Text(f"more follow: --offset {told['next']}", style="dim"))


def _place(value: dict[str, Any]) -> str:
    return value["node"] if value["outlet"] == "out" else f"{value['node']}.{value['outlet']}"


def _size(value: dict[str, Any]) -> str:
    if value["bytes"] is None:
        return f"{value['kind']}, never stored"
    rows = "" if value["rows"] is None else f"{value['rows']:,} rows, "
    return f"{value['kind']}, {rows}{value['bytes']:,} bytes"


def _sources(made: dict[str, Any]) -> list[str]:
    lines = [
        f"from {_place(came)}{'' if came['port'] == 'in' else ' at ' + came['port']} ({_size(came)})"
        for came in made["inputs"]
    ]
    if made["reads"]:
        lines.append(f"its config reads {', '.join(made['reads'])}")
    if made["reused"]:
        lines.append(f"reused from {made['reused']['node']} of {made['reused']['execution']}")
    return lines + [f"the same bytes: {_place(use)} of {use['workflow']}, {use['execution']}" for use in made["also"]]
