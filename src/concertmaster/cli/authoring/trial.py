"""Trial: a child process that runs the examples of node types, as tests, for real, with made-up secrets, and cancelled.

`python -P -m concertmaster.cli.authoring.trial CHANNEL PARENT`: see `trial_process.py`, which ends it when it takes too
long or too much memory. Its current folder is a workspace of its own.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from concertmaster.cli.authoring.calls import try_calls
from concertmaster.cli.authoring.described import CALL
from concertmaster.cli.authoring.examples import try_example
from concertmaster.cli.authoring.findings import Finding
from concertmaster.cli.client import connect
from concertmaster.config import Settings
from concertmaster.executors.frames import Channel
from concertmaster.executors.process_tree import die_with
from concertmaster.nodes.description import TypeDescription
from concertmaster.observability.logging import configure

CALLS_SECONDS = 60.0


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
    for type_, folder in zip(types, message["folders"], strict=True):
        if type_.function and CALL in type_.spec.docs:
            report.stage(type_.spec.reference, "calls", CALLS_SECONDS)
            for finding in try_calls(type_, str(folder)):
                report.found(finding)
    asyncio.run(_try_examples(types, report, cancel_seconds=float(message["cancel_seconds"])))
    os._exit(0)


async def _try_examples(types: list[TypeDescription], report: Report, *, cancel_seconds: float) -> None:
    """Run the workflows of the docstrings in a server of this process alone."""
    tried = [type_ for type_ in types if type_.spec.example]
    for type_ in types:
        if type_ not in tried:
            report.done(type_.spec.reference)
    if not tried:
        return
    report.stage(tried[0].spec.reference, "start", 60.0)
    configure("error", "console")
    settings = Settings(workspace=Path.cwd(), registry_mode="static")
    async with connect(settings, makes=True) as api:
        for type_ in tried:
            await try_example(api, type_, report, cancel_seconds=cancel_seconds)
            report.done(type_.spec.reference)
        # Threads that were left behind would hold up a proper end.
        os._exit(0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), parent=int(sys.argv[2]))
