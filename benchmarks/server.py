"""A real server process: cold start to ready, and the memory of an idle one."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.report import Report

STARTS = 5
READY_SECONDS = 30.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass(frozen=True, slots=True)
class Server:
    """Attributes:
    token: of its owner.
    seconds: from its start until it answered that it is ready.
    """

    process: subprocess.Popen[bytes]
    url: str
    token: str
    seconds: float

    def stop(self) -> None:
        """And wait until it is gone."""
        self.process.terminate()
        self.process.wait(timeout=20)


def start(folder: Path) -> Server:
    """Start a server, and wait until it is ready."""
    url = f"http://127.0.0.1:{free_port()}"
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "concertmaster.cli.main", "up", "--port", url.rpartition(":")[2]],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while time.perf_counter() - begun < READY_SECONDS:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=1):
                seconds = time.perf_counter() - begun
                return Server(process, url, (folder / ".concertmaster" / "local-token").read_text(), seconds)
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    process.kill()
    raise RuntimeError("the server did not become ready")


def measure(report: Report, folder: Path) -> None:
    """Fill in the server's rows; the first start also makes the database."""
    folder.mkdir()
    took: list[float] = []
    for index in range(STARTS):
        server = start(folder)
        took.append(server.seconds)
        if index == 0:
            report.set("cold start to ready, new database", server.seconds, "s")
        if index == STARTS - 1:
            memory = psutil.Process(server.process.pid).memory_info().rss
            report.set("cold start to ready", sorted(took[1:])[(STARTS - 1) // 2], "s")
            report.set("idle memory", memory / 1e6, "MB")
        server.stop()
