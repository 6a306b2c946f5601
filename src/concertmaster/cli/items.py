"""`concertmaster executions items`: what became of the items of a loop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from concertmaster.cli.options import DataDir, Json


def executions_items(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the execution, or its last characters.")],
    node: Annotated[str, typer.Argument(metavar="NODE", help="The loop; one in another loop as `outer.inner`.")],
    status: Annotated[str | None, typer.Option(help="Only with this status, such as `failed`.")] = None,
    path: Annotated[str, typer.Option(help="Of a loop in a loop: the index of the outer item.")] = "",
    offset: Annotated[int, typer.Option(min=0, help="The index to begin at.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List the items of a loop, each with its index and status, and why it failed."""
    query = {"status": status, "path": path or None, "offset": offset, "limit": limit}
    _list_items(id_, node, query, as_json=json, data_dir=data_dir)


def _list_items(id_: str, node: str, query: dict[str, Any], *, as_json: bool, data_dir: Path | None) -> None:
    # Loaded late, as in `main.py`: these cost more than the words of the command.
    from concertmaster.cli.client import with_api  # noqa: PLC0415
    from concertmaster.cli.terminal import STYLES, console, print_json  # noqa: PLC0415

    page = with_api(lambda api: api.get_of(id_, f"/nodes/{quote(node, safe='')}/items", **query), data_dir)
    if as_json:
        print_json(page)
        return
    out = console()
    if not page["items"]:
        out.print("no items like these" if query["status"] else "no items")
    for item in page["items"]:
        sign, style = STYLES[item["status"]]
        errors = [f"{name}: {run['error']['message']}" for name, run in item["nodes"].items() if run["error"]]
        out.print(Text.assemble((f"{sign} ", style), f"{item['index']:>6}  {item['status']}  ", ("; ".join(errors))))
    if page["next"] is not None:
        out.print(Text(f"more follow: --offset {page['next']}", style="dim"))
