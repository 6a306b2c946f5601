"""`concertmaster config show`."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr
from rich.table import Table
from rich.text import Text

from concertmaster.cli.terminal import console, print_json
from concertmaster.config import PREFIX, Settings, as_text, read


def show_settings(*, as_json: bool) -> None:
    """Print every setting: name, value, whether it was set, what it means."""
    settings = read()
    items: list[dict[str, Any]] = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        is_secret = isinstance(value, SecretStr) and bool(value.get_secret_value())
        items.append(
            {
                "name": f"{PREFIX}{name.upper()}",
                "value": "(set)" if is_secret else as_text(name, value),
                "set": name in settings.model_fields_set,
                "help": field.description or "",
            }
        )
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
