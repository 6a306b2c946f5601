"""`concertmaster config show`."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from concertmaster.cli.terminal import console, print_json
from concertmaster.config import read, tell


def show_settings(*, as_json: bool) -> None:
    """Print every setting: name, value, whether it was set, what it means."""
    settings = read()
    items: list[dict[str, Any]] = [
        {
            "name": told.name,
            "value": "(set)" if told.secret and told.is_set else told.value,
            "set": told.origin != "default",
            "help": told.help,
        }
        for told in tell(settings)
    ]
    if as_json:
        print_json({"items": items})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("setting", "value", "meaning"):
        table.add_column(heading)
    for item in items:
        table.add_row(
            item["name"], Text(item["value"], style="bold" if item["set"] else ""), Text(item["help"], style="dim")
        )
    console().print(table)
