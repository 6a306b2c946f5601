"""`concertmaster validate`: check documents; nothing is started and nothing is written."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from concertmaster.cli.run import read_text
from concertmaster.cli.terminal import INVALID, SUCCEEDED, console, print_json, print_problems
from concertmaster.config import read
from concertmaster.domain.problems import Problem, has_errors
from concertmaster.domain.validation import check_document
from concertmaster.inspection import known_connections
from concertmaster.nodes.loader import load_registry
from concertmaster.triggers.schedule import Schedules


def validate_files(files: list[Path], *, as_json: bool, data_dir: Path | None) -> None:
    """Check them all and exit: 0, or 2 when any has an error."""
    settings = read(data_dir=data_dir)
    registry = load_registry(settings.resolved_workspace)
    known = asyncio.run(known_connections(settings))
    found: list[tuple[Path, Problem]] = []
    for file in files:
        text = read_text(file)
        parsed = check_document(
            text,
            registry,
            format="json" if file.suffix == ".json" else None,
            connections=None if known is None else known.get,
            schedules=Schedules(),
        )
        found.extend((file, problem) for problem in parsed.problems)
        if not as_json:
            print_problems(parsed.problems, file=file, text=text.decode(errors="replace"))
            if not parsed.problems:
                console().print(f"{file}: ok")
    if as_json:
        print_json({"items": [{"file": str(file), **problem.as_json()} for file, problem in found]})
    sys.exit(INVALID if has_errors(problem for _, problem in found) else SUCCEEDED)
