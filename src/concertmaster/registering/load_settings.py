"""How a registry is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from concertmaster.nodes.code_store import CodeStore

Mode = Literal["dynamic", "static"]


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """How a registry is loaded.

    Attributes:
        manifest: file of the frozen manifest.
        memory: file in which the server keeps what is in service.
        keep: write to `memory` and `store`.
        store: where children find the code.
        budget: for the whole of a dynamic load.
        seconds: for the import of one module.
        programs: of the machine that nodes may run.
        load: import in this process what was described; else with the first plan that needs it.
    """

    workspace: Path
    mode: Mode
    manifest: Path
    memory: Path | None = None
    store: CodeStore | None = None
    keep: bool = False
    budget: timedelta = timedelta(seconds=30)
    seconds: float = 3.0
    processes: int = 4
    programs: tuple[str, ...] = ()
    load: bool = True
