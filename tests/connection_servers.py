"""Real servers for tests of connections, each on a free loopback port and gone at the end of its block."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path

READY_SECONDS = 60.0


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name: str, *folders: str) -> str | None:
    """Where a program is, also outside of PATH."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders or ("/usr/sbin", "/usr/local/sbin")))


@contextlib.contextmanager
def started(
    command: list[str], *, log: Path, env: dict[str, str] | None = None, gently: bool = True
) -> Generator[subprocess.Popen[bytes]]:
    """A server process, ended after the block.

    Args:
        gently: let it end by itself; else it is killed, for servers that take their time over data that nobody needs.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(env or {})}
        )
    try:
        yield process
    finally:
        process.terminate() if gently else process.kill()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def wait_for(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    """Wait until a server is ready."""
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{process.args} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


@contextlib.contextmanager
def running(
    command: list[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    env: dict[str, str] | None = None,
    gently: bool = True,
) -> Generator[None]:
    """A server process, ready in the block and ended after it, see `started`."""
    with started(command, log=log, env=env, gently=gently) as process:
        wait_for(process, ready, log)
        yield


def answers(port: int) -> Callable[[], bool]:
    """Whether something takes connections on the port."""

    def ask() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    return ask


@contextlib.contextmanager
def redis_server(folder: Path, *options: str, tls: bool = False) -> Generator[int]:
    """A Redis; gives its port."""
    port = free_port()
    ports = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no"] if tls else ["--port", str(port)]
    command = ["redis-server", *ports, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *options]
    with running(command, ready=answers(port), log=folder / "redis.log"):
        yield port


@contextlib.contextmanager
def nats_server(folder: Path, *options: str) -> Generator[int]:
    """A NATS server; gives its port."""
    port = free_port()
    command = [program("nats-server") or "nats-server", "-a", "127.0.0.1", "-p", str(port), *options]
    with running(command, ready=answers(port), log=folder / "nats.log"):
        yield port


RABBITMQ = "/usr/lib/rabbitmq/bin"


@contextlib.contextmanager
def rabbitmq_server(folder: Path) -> Generator[Callable[[], int]]:
    """A RabbitMQ that starts in the background; gives what waits for it and tells its port.

    Name, cookie, folders and the port mapper of Erlang are its own, so several may run beside each other.
    """
    port, distribution, mapper = free_port(), free_port(), free_port()
    (folder / "enabled_plugins").write_text("[].\n")
    # What the management plugin would need is not kept, and the disk of the tests may be small.
    (folder / "rabbitmq.conf").write_text("disk_free_limit.absolute = 1MB\nvm_memory_high_watermark.absolute = 512MB\n")
    env = {
        **{"HOME": str(folder), "ERL_EPMD_PORT": str(mapper), "ERL_EPMD_ADDRESS": "127.0.0.1"},
        **{"RABBITMQ_NODENAME": f"tests-{port}@localhost", "RABBITMQ_CONF_ENV_FILE": os.devnull},
        **{"RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(port)},
        **{"RABBITMQ_DIST_PORT": str(distribution), "RABBITMQ_MNESIA_BASE": str(folder), "RABBITMQ_LOGS": "-"},
        **{"RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"), "RABBITMQ_LOG_BASE": str(folder)},
        **{"RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"), "RABBITMQ_PID_FILE": str(folder / "pid")},
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
    }
    log = folder / "rabbitmq.log"
    with (
        running(
            ["epmd", "-port", str(mapper), "-address", "127.0.0.1"], ready=answers(mapper), log=folder / "epmd.log"
        ),
        started([f"{RABBITMQ}/rabbitmq-server"], log=log, env=env) as process,
    ):

        def wait() -> int:
            # The port is open before the broker has made its first user.
            wait_for(process, lambda: "Server startup complete" in log.read_text(errors="replace"), log)
            return port

        yield wait
