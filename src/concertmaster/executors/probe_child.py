"""Probe child: a process that imports the modules of others, one candidate after the other, and tells what they offer.

`python -P -m concertmaster.executors.probe_child CHANNEL PARENT MEMORY`: see `probe.py`, which ends it when a module
takes too long or too much memory.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import resource
import signal
import socket
import sys
import threading

from concertmaster.executors.frames import Channel
from concertmaster.executors.process_tree import die_with
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.describe import describe
from concertmaster.nodes.description import Description, Failure

# What an allocator reserves and does not use counts too: the limit proper is on memory in use, watched from outside.
FENCE_BYTES = 2**31
# Nearly every module imports it, and its time is not the module's.
_LOADED = ("polars",)


def main(channel: socket.socket, *, parent: int, memory_bytes: int) -> None:
    """Describe candidates until the server closes its end."""
    if not die_with(parent, signal.SIGKILL):
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    # The server asks in this way where a module is that does not come to its end.
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    for name in _LOADED:
        importlib.import_module(name)
    fence = memory_bytes + FENCE_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (fence, fence))
    line = Channel(channel)
    line.send({"hello": os.getpid()})
    known = threading.active_count()
    while (message := line.receive()) is not None:
        told = describe(Candidate.from_json(message["candidate"]))
        clean = threading.active_count() <= known and not _has_children()
        try:
            line.send({_kind(told): told.as_json(), "clean": clean})
        except (TypeError, ValueError) as error:
            why = f"no JSON: {error}; look at the defaults" if isinstance(error, TypeError) else str(error)
            line.send({"failure": Failure("node.bad_description", f"The description is {why}\n").as_json()})
    os._exit(0)


def _kind(told: Description | Failure) -> str:
    return "description" if isinstance(told, Description) else "failure"


def _has_children() -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
        return True
    return False


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), parent=int(sys.argv[2]), memory_bytes=int(sys.argv[3]))
