"""ServerProcess: the fork server as this process sees it."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path

_log = logging.getLogger(__name__)
_END_SECONDS = 10.0
# A child finds what the server finds, in the language of the server, and knows nothing else of it.
_KEPT = ("PATH", "LANG", "LANGUAGE", "TZ")


class ServerProcess:
    """A running fork server. Make it on the loop's own thread: it dies with the thread that made it.

    Attributes:
        control: takes a message for each child, with four descriptors (see `fork_server`).
    """

    def __init__(self, temporary: Path) -> None:
        """Args:
        temporary: folder for the homes of children.
        """
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "concertmaster.executors.fork_server",
                    str(theirs.fileno()),
                    str(os.getpid()),
                    str(temporary),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Let it end, with all children; blocks for some seconds at most."""
        self.control.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            _log.warning("child processes did not end in time", extra={"process": self._process.pid})
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)


def environment() -> dict[str, str]:
    """The environment of children: nothing that belongs to the server but what finds programs, words and modules."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    # An empty entry is the current folder.
    return {**kept, "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)}
