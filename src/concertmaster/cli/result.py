"""Result: what an execution came to, for people: its last tables and its outputs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import Api
from concertmaster.cli.progress import seconds
from concertmaster.cli.terminal import STYLES
from concertmaster.domain.document import parse
from concertmaster.domain.graph import graph_of

ROWS = 10
COLUMNS = 12
TABLES = 2


async def show_result(api: Api, console: Console, execution: dict[str, Any], document: dict[str, Any]) -> None:
    """Print the tables that no later table was made of, the outputs, and one line about the whole."""
    for node, outlet in last_tables(execution, document)[:TABLES]:
        page = await api.get(f"/executions/{execution['id']}/nodes/{node}/output", outlet=outlet, limit=ROWS)
        console.print()
        console.print(shown_table(node, page))
    outputs = execution["outputs"]
    if outputs:
        console.print()
        for name, value in outputs.items():
            console.print(Text.assemble((f"{name}: ", "bold"), orjson.dumps(value).decode()))
    console.print()
    console.print(_summary(execution))


def last_tables(execution: dict[str, Any], document: dict[str, Any]) -> list[tuple[str, str]]:
    """(node, outlet) of tables from which no other table was made, in document order."""
    workflow = parse(document).workflow
    with_table = {
        name: next(outlet for outlet, value in run["outputs"].items() if value["kind"] == "table")
        for name, run in execution["nodes"].items()
        if any(value["kind"] == "table" for value in run["outputs"].values())
    }
    if workflow is None:
        return list(with_table.items())
    graph = graph_of(workflow)
    return [(name, outlet) for name, outlet in with_table.items() if not graph.descendants(name) & with_table.keys()]


def shown_table(node: str, page: dict[str, Any]) -> Table:
    """A page of a table."""
    columns = page["schema"][:COLUMNS]
    left_out = len(page["schema"]) - len(columns)
    more = f", {left_out} more columns" if left_out else ""
    shown = len(page["items"])
    rows = f"{page['total']:,} rows" if shown == page["total"] else f"{shown} of {page['total']:,} rows"
    made = Table(title=f"{escape(node)} ({rows}{more})", title_justify="left", title_style="bold")
    for column in columns:
        numeric = column["type"].startswith(("int", "uint", "float", "decimal"))
        made.add_column(escape(column["name"]), justify="right" if numeric else "left", overflow="fold")
    for row in page["items"]:
        made.add_row(*(escape(shown_cell(row[column["name"]], column["type"])) for column in columns))
    return made


def shown_cell(value: Any, type_: str) -> str:
    """A value in a table, of a column of that type."""
    if value is None:
        return "null"
    if isinstance(value, str) and type_.startswith("decimal") and "." in value and "E" not in value:
        # As many as the type has, 18 after any computation.
        return value.rstrip("0").rstrip(".")
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e-3 and value else f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return str(value)


def _summary(execution: dict[str, Any]) -> Text:
    status = execution["status"]
    sign, style = STYLES[status]
    parts: list[str | tuple[str, str]] = [(f"{sign} {execution['workflow']} {status}", style)]
    if execution["ended_at"]:
        took = datetime.fromisoformat(execution["ended_at"]) - datetime.fromisoformat(execution["created_at"])
        parts.append(f" in {seconds(took.total_seconds())}")
    parts.append((f"  {execution['id']}", "dim"))
    error = execution["error"]
    if error:
        node = f"{error['node']}: " if error.get("node") else ""
        parts.append((f"\n{node}{error['message']}", "red"))
    if status == "cancelled" and execution["reason"]:
        parts.append(f"\n{execution['reason']}")
    for run in execution["nodes"].values():
        if run["items"] and run["items"]["failed"]:
            command = f"concertmaster executions items {execution['id']} {run['node']} --status failed"
            parts.append((f"\nthe failed items of {run['node']}: {command}", "dim"))
    return Text.assemble(*parts)
