"""Trial: a child process that runs the examples of node types, as tests, for real, with made-up secrets, and cancelled.

`python -P -m concertmaster.cli.authoring.trial CHANNEL PARENT`: see `trial_process.py`, which ends it when it takes too
long or too much memory. Its current folder is a workspace of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import doctest
import os
import signal
import socket
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from concertmaster.cli.authoring.examples import try_example
from concertmaster.cli.authoring.findings import Finding
from concertmaster.cli.client import connect
from concertmaster.config import Settings
from concertmaster.executors.frames import Channel
from concertmaster.executors.process_tree import die_with
from concertmaster.nodes.description import TypeDescription
from concertmaster.nodes.module_files import DiskFiles, import_module, package_name
from concertmaster.observability.logging import configure

IMPORT_SECONDS, CALLS_SECONDS = 20.0, 30.0


class Report:
    """What is told to the parent: which stage begins and how long it may take, and what was found."""

    def __init__(self, line: Channel) -> None:
        self._line = line

    def stage(self, node: str, what: str, seconds: float) -> None:
        """A stage begins."""
        self._line.send({"stage": what, "node": node, "seconds": seconds})

    def found(self, finding: Finding) -> None:
        """Something is wrong."""
        self._line.send({"finding": finding.as_json()})

    def secrets(self, known: Mapping[str, str]) -> None:
        """These are the secrets that must not be in what the process prints."""
        self._line.send({"secrets": dict(known)})

    def done(self, node: str) -> None:
        """A node type was tried."""
        self._line.send({"done": node})


def main(channel: socket.socket, *, parent: int) -> None:
    """Try the node types of the first message, in order, and end."""
    if not die_with(parent, signal.SIGKILL):
        return
    line = Channel(channel)
    message = line.receive()
    if message is None:
        return
    report = Report(line)
    types = [TypeDescription.from_json(type_) for type_ in message["types"]]
    for type_ in types:
        if type_.function:
            report.stage(type_.spec.reference, "calls", IMPORT_SECONDS + CALLS_SECONDS)
            _try_calls(type_, str(message["folder"]), report)
    asyncio.run(_try_examples(types, report, cancel_seconds=float(message["cancel_seconds"])))
    os._exit(0)


def _try_calls(type_: TypeDescription, folder: str, report: Report) -> None:
    """Run the calls of a docstring (`>>> `) as tests."""
    module = import_module(package_name(uuid.uuid4().hex), type_.module, DiskFiles(folder))
    function: Any = module
    for name in type_.function.split("."):
        function = getattr(function, name)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in doctest.DocTestFinder(recurse=False).find(
        function, type_.function, module=cast("Any", False), globs=dict(vars(module))
    ):
        with contextlib.redirect_stdout(sys.stderr):
            failed = runner.run(test, out=told.append, clear_globs=False).failed
        if failed:
            text = "".join(told)
            line = next((int(part.split(",")[1].split()[1]) for part in text.splitlines() if '", line ' in part), None)
            shown = text.partition("Failed example:")[2].strip() or text.strip()
            report.found(
                Finding(
                    "example.call",
                    f"an example of the docstring is not true:\n{shown[:2_000]}",
                    "correct the example, or the function",
                    type_.spec.reference,
                    type_.file,
                    line or type_.line,
                )
            )


async def _try_examples(types: list[TypeDescription], report: Report, *, cancel_seconds: float) -> None:
    """Run the workflows of the docstrings in a server of this process alone."""
    tried = [type_ for type_ in types if type_.spec.example]
    for type_ in types:
        if type_ not in tried:
            report.done(type_.spec.reference)
    if not tried:
        return
    report.stage(tried[0].spec.reference, "start", 60.0)
    configure("error", "text")
    settings = Settings(workspace=Path.cwd(), registry_mode="static")
    async with connect(settings, makes=True) as api:
        for type_ in tried:
            await try_example(api, type_, report, cancel_seconds=cancel_seconds)
            report.done(type_.spec.reference)
        # Threads that were left behind would hold up a proper end.
        os._exit(0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), parent=int(sys.argv[2]))
