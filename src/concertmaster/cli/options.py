"""Options that many commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[Path | None, typer.Option(help="Folder of database, artifacts and keys; default .concertmaster")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Cache = Annotated[
    bool | None,
    typer.Option("--cache/--no-cache", help="Reuse results of earlier executions, where `policy.cache` allows it."),
]
