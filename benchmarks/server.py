"""A real server process: cold start to ready, and the memory of an idle one."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
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


def start(folder: Path) -> tuple[subprocess.Popen[bytes], float]:
    """Start a server; returns it with the seconds until it answered that it is ready."""
    port = free_port()
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "concertmaster.cli.main", "up", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while time.perf_counter() - begun < READY_SECONDS:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                return process, time.perf_counter() - begun
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    process.kill()
    raise RuntimeError("the server did not become ready")


def measure(report: Report, folder: Path) -> None:
    """Fill in the server's rows; the first start also makes the database."""
    folder.mkdir()
    took: list[float] = []
    for index in range(STARTS):
        process, seconds = start(folder)
        took.append(seconds)
        if index == 0:
            report.set("cold start to ready, new database", seconds, "s")
        if index == STARTS - 1:
            memory = psutil.Process(process.pid).memory_info().rss
            report.set("cold start to ready", sorted(took[1:])[(STARTS - 1) // 2], "s")
            report.set("idle memory", memory / 1e6, "MB")
        process.terminate()
        process.wait(timeout=20)
