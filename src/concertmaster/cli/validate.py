"""`concertmaster validate`: check documents; nothing is started and nothing is written."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from concertmaster.cli.run import read_text
from concertmaster.cli.terminal import INVALID, SUCCEEDED, console, print_json, print_problems
from concertmaster.config import read
from concertmaster.domain.document import Format
from concertmaster.domain.problems import Problem, has_errors
from concertmaster.inspection import check_documents
from concertmaster.observability.logging import configure
from concertmaster.registering.opening import read_registry
from concertmaster.services.callees import settled_among


def validate_files(files: list[Path], *, as_json: bool, data_dir: Path | None) -> None:
    """Check them all, as `workflows push` of all would, and exit: 0, or 2 when any has an error."""
    settings = read(data_dir=data_dir)
    # What of plugins cannot be loaded shows in the problems.
    configure("error", settings.log_format)
    registry = asyncio.run(read_registry(settings)).current
    texts = [read_text(file) for file in files]
    formats: list[Format | None] = ["json" if file.suffix == ".json" else None for file in files]
    documents = list(zip(texts, formats, strict=True))
    checked = asyncio.run(check_documents(settings, registry, documents))
    together = {one.workflow.name: one.workflow for one in checked if one.workflow is not None}
    found: list[tuple[Path, Problem]] = []
    for file, text, one in zip(files, texts, checked, strict=True):
        workflow, problems = one.workflow, one.problems
        told = problems if workflow is None else settled_among(problems, workflow, together)
        found.extend((file, problem) for problem in told)
        if not as_json:
            print_problems(told, file=file, text=text.decode(errors="replace"))
            if not told:
                console().print(f"{file}: ok")
    if as_json:
        print_json({"items": [{"file": str(file), **problem.as_json()} for file, problem in found]})
    sys.exit(INVALID if has_errors(problem for _, problem in found) else SUCCEEDED)
