"""A real `concertmaster up` in a process of its own, on a free port, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from warm_start import WarmProcess, start_warm

START_SECONDS = 30
COMMAND = (sys.executable, "-m", "concertmaster.cli.main")


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """Where it serves; `workspace` is its current folder, `token` what it wrote for programs of its user."""

    url: str
    workspace: Path
    process: WarmProcess | subprocess.Popen[str]
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What every request to its API needs."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def stream_url(self) -> str:
        """Of its WebSocket."""
        return self.url.replace("http", "ws") + "/api/v1/stream"

    def client(self, **options: Any) -> httpx.Client:
        """Requests to it, with its owner's rights unless other `headers` are given."""
        given = {"headers": self.headers, **options}
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False, **given)

    def login_link(self) -> str:
        """A page that logs a browser in, once."""
        with self.client() as client:
            return self.url + client.post("/api/v1/login-links").raise_for_status().json()["path"]

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """As Ctrl+C does; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(15)


def environment() -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CONCERTMASTER_")}


@contextmanager
def server_process(
    workspace: Path,
    *options: str,
    env: Mapping[str, str] | None = None,
    descriptors: tuple[int, int] | None = None,
    cold: bool = False,
    python: str | None = None,
) -> Generator[ServerProcess]:
    """Start it and wait until it is ready; it is gone when the block ends.

    Args:
        env: settings.
        descriptors: files that it may open, and may allow itself to open.
        cold: from the interpreter on, see `warm_start`.
        python: another interpreter, cold.
    """
    words = ("up", "--port", "0", *options)
    settings = {**environment(), **(env or {})}
    with (workspace / "server.log").open("a+") as log, Path(os.devnull).open() as nothing:
        process: WarmProcess | subprocess.Popen[str]
        if cold or python:
            process = subprocess.Popen(
                [python or sys.executable, *COMMAND[1:], *words],
                cwd=workspace,
                env=settings,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        else:
            files = (nothing.fileno(), subprocess.PIPE, log.fileno())
            process = start_warm(words, files, cwd=workspace, env=settings, descriptors=descriptors)
        try:
            url = _url(process, workspace)
            data = options[options.index("--data-dir") + 1] if "--data-dir" in options else ".concertmaster"
            yield ServerProcess(url, workspace, process, (workspace / data / "local-token").read_text())
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)
            assert process.stdout is not None
            process.stdout.close()


def run_command(workspace: Path, *words: str, input_text: str | None = None, cold: bool = False) -> Done:
    """Run `concertmaster` to its end."""
    with (
        tempfile.TemporaryFile("w+") as given,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
    ):
        given.write(input_text or "")
        given.seek(0)
        if cold:
            code = subprocess.call(
                [*COMMAND, *words], cwd=workspace, env=environment(), timeout=60, stdin=given, stdout=out, stderr=err
            )
        else:
            files = (given.fileno(), out.fileno(), err.fileno())
            code = start_warm(words, files, cwd=workspace, env=environment()).wait(60)
        out.seek(0)
        err.seek(0)
        return Done(code, out.read(), err.read())


def _url(process: WarmProcess | subprocess.Popen[str], workspace: Path) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        if "is ready: " in line:
            return line.partition("is ready: ")[2].strip()
        if not line and process.poll() is not None:
            break
    raise AssertionError(f"the server did not start:\n{(workspace / 'server.log').read_text()}")
