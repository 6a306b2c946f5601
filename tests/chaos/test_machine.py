"""What the machine does to a server under load: a full disk, a jumping clock, a database that somebody else locks."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from chaos.sink import Sink
from chaos.verdict import ended, judge
from chaos.workload import Customer, isolated, mixed, unsafe
from factories import document
from server_process import ServerProcess, server_process

pytestmark = [pytest.mark.server, pytest.mark.timeout(240)]
SETTINGS = {"CONCERTMASTER_EGRESS_ALLOW": "127.0.0.1", "CONCERTMASTER_BREAKER_FAILURES": "1000000"}
HOUR = 3600
# Adds to the wall clock what stands in a file; monotonic clocks stay what they are, as on a real machine.
JUMPING_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long offset(void) {
    long seconds = 0;
    FILE *file = fopen(getenv("CLOCK_OFFSET_FILE"), "r");
    if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
    return seconds;
}
int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, at);
    if (clock == CLOCK_REALTIME) at->tv_sec += offset();
    return result;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


def publish(client: httpx.Client, sink: Sink) -> None:
    for published in (mixed(sink.url), unsafe(sink.url), isolated(sink.url)):
        client.post("/api/v1/workflows", json=published).raise_for_status()


def until_ready(client: httpx.Client, status: int = 200) -> None:
    deadline = time.monotonic() + 60
    while client.get("/readyz").status_code != status:
        assert time.monotonic() < deadline, f"/readyz did not answer {status}"
        time.sleep(0.05)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Generator[None]:
    """A file system of its own; skips where none may be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(path: Path) -> None:
    """Take all that is left."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


def test_a_full_disk_stops_nothing_for_good_and_loses_nothing(workspace: Path, sink: Sink) -> None:
    # Of nodes that make artifacts an attempt fails on a full disk, and says so; here only the journal is looked at.
    customer = Customer(7, kinds=("unsafe",))
    with (
        small_disk(workspace / "data", 48),
        server_process(workspace, "--data-dir", "data", env=SETTINGS) as server,
        server.client() as client,
    ):
        publish(client, sink)
        customer.serve(server)
        customer.start()
        customer.wait_for(20, seconds=30)
        fill(workspace / "data" / "ballast")
        until_ready(client, 503)
        said = client.get("/readyz").text
        assert "disk" in said or "full" in said, said
        (workspace / "data" / "ballast").unlink()
        until_ready(client)
        customer.wait_for(20, seconds=30)
        customer.finish()
        print(judge(client, customer, sink, workspace, kills=0).as_text())
        assert server.stop() == 0


@contextlib.contextmanager
def with_jumping_clock(workspace: Path) -> Generator[tuple[ServerProcess, Path]]:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("a clock that jumps needs a C compiler")
    source, library, offset = workspace / "clock.c", workspace / "clock.so", workspace / "offset"
    source.write_text(JUMPING_CLOCK)
    offset.write_text("0")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    environment = {**SETTINGS, "LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(offset)}
    with server_process(workspace, env=environment, cold=True) as server:
        yield server, offset


def jump(offset: Path, seconds: int) -> None:
    """At once, and never half written."""
    new = offset.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(offset)


def test_a_clock_that_jumps_doubles_and_loses_nothing(workspace: Path, sink: Sink) -> None:
    customer = Customer(7)
    with with_jumping_clock(workspace) as (server, offset), server.client() as client:
        publish(client, sink)
        customer.serve(server)
        customer.start()
        for hours in (2, -1, 48, 0):
            customer.wait_for(10, seconds=30)
            jump(offset, hours * HOUR)
        customer.wait_for(10, seconds=30)
        customer.finish()
        print(judge(client, customer, sink, workspace, kills=0).as_text())
        assert server.stop() == 0


def test_what_is_due_by_a_new_clock_goes_on_and_fires_once(workspace: Path) -> None:
    nodes = {"w": {"type": "flow.wait", "config": {"duration": "12h"}}}
    with with_jumping_clock(workspace) as (server, offset), server.client() as client:
        client.post("/api/v1/workflows", json=document("half-a-day", inputs={}, outputs={}, edges=[], nodes=nodes))
        id_ = client.post("/api/v1/workflows/half-a-day/executions?wait=2", json={}).json()["id"]
        jump(offset, -5 * HOUR)
        assert client.get(f"/api/v1/executions/{id_}").json()["status"] == "waiting"
        jump(offset, 13 * HOUR)
        # It would be seen when the dispatcher looks again; a request makes it look now.
        client.post(f"/api/v1/executions/{id_}/pause").raise_for_status()
        client.get(f"/api/v1/executions/{id_}/events?after=4&wait=20").raise_for_status()
        # Whether the pause or the end came first, nobody can say.
        assert client.post(f"/api/v1/executions/{id_}/resume").status_code in (202, 409)
        assert ended(client, id_)["status"] == "succeeded"
        events = client.get(f"/api/v1/executions/{id_}/events?limit=100").json()["items"]
        assert [event["kind"] for event in events].count("timer.fired") == 1


def test_a_database_that_somebody_else_locks_makes_starts_wait(workspace: Path, sink: Sink) -> None:
    customer = Customer(7)
    with server_process(workspace, env=SETTINGS) as server, server.client() as client:
        publish(client, sink)
        customer.serve(server)
        customer.start()
        for _ in range(3):
            customer.wait_for(10, seconds=30)
            other = sqlite3.connect(workspace / ".concertmaster" / "concertmaster.db", timeout=30)
            with contextlib.closing(other):
                other.execute("BEGIN IMMEDIATE")
                time.sleep(1.5)
                other.execute("ROLLBACK")
        customer.wait_for(10, seconds=30)
        customer.finish()
        until_ready(client)
        print(judge(client, customer, sink, workspace, kills=0).as_text())
        assert server.stop() == 0
