"""Children that cannot be started, or are about to be seen off: it is the business of nobody else."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

from concertmaster.executors.local import LocalCompute
from concertmaster.executors.pool import ProcessSettings
from concertmaster.executors.worker import Worker
from engine_harness import running_engine
from python_code import document, failure_of, result_of

WAITS = """
import os, time
def main(context):
    context.logger.info("here")
    while not os.path.exists("go"):
        time.sleep(0.01)
    return "done"
"""
# A machine that has no room for a process, once.
FULL_ONCE = """
import errno, os, socket, sys
from concertmaster.executors import fork_server
fork, left = os.fork, [True]
def full_once():
    if left:
        left.clear()
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()
os.fork = full_once
fork_server.main(socket.socket(fileno=int(sys.argv[1])), parent=int(sys.argv[2]), temporary=sys.argv[3])
"""
# A guard that makes children, one after the other, while strangers are looked for.
BUSY = """
import os
from concertmaster.executors.guard import kill_strangers
guard = os.fork()
if guard == 0:
    for _ in range(300):
        if (child := os.fork()) == 0:
            os.execv("/bin/true", ["true"])
        if os.waitpid(child, 0)[1] != 0:
            os._exit(1)
    os._exit(0)
stranger = os.fork()
if stranger == 0:
    while True:
        os.sched_yield()
while not (ended := os.waitpid(guard, os.WNOHANG))[0]:
    kill_strangers({guard})
print(os.waitstatus_to_exitcode(ended[1]), os.waitstatus_to_exitcode(os.waitpid(stranger, 0)[1]))
"""


def test_a_child_that_a_guard_makes_meanwhile_is_no_stranger() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", BUSY], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["0", "-9"], ended.stderr


async def test_a_child_that_cannot_start_ends_nobody_else(tmp_path: Path) -> None:
    homes = tmp_path / "homes"
    settings = ProcessSettings(processes=2, temporary=homes)
    async with running_engine(tmp_path, processes=settings) as harness:
        running = await harness.start(document(WAITS))
        async with asyncio.timeout(30):
            while not await harness.executions.logs(running):
                await asyncio.sleep(0.01)
        homes.rename(tmp_path / "away")
        failure = await failure_of(harness, "def main():\n    return 1")
        assert failure.code == "node.no_process"
        (tmp_path / "away").rename(homes)
        assert await result_of(harness, "def main():\n    return 2") == 2
        (tmp_path / "go").touch()
        assert (await harness.end(running)).status == "succeeded"


async def test_an_idle_child_whose_time_is_over_is_not_handed_out(tmp_path: Path) -> None:
    async with running_engine(tmp_path, processes=ProcessSettings(processes=2)) as harness:
        assert await result_of(harness, "def main():\n    return 1") == 1
        compute = harness.engine.compute
        assert isinstance(compute, LocalCompute)
        pool = compute._pool
        async with asyncio.timeout(30):
            while not pool._idle:
                await asyncio.sleep(0.01)
        # A call that asks for a child in the same turn of the loop as its timer fires looks before it is seen off.
        pool._expire(next(iter(pool._idle)))
        assert not pool._idle
        assert await result_of(harness, "def main():\n    return 2") == 2


async def test_a_fork_server_without_room_for_a_child_goes_on(tmp_path: Path) -> None:
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    (tmp_path / "full.py").write_text(FULL_ONCE)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-P", str(tmp_path / "full.py"), str(theirs.fileno()), str(os.getpid()), str(tmp_path)],
            env=environment,
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        )
    said = ""
    try:
        for expected in (False, True):
            worker = Worker(owner="somebody", memory_bytes=2**30)
            spec = {"memory_bytes": 2**30, "cpu_seconds": 60.0, "store": str(tmp_path / "store")}
            worker.hand_over(control, spec)
            async with asyncio.timeout(60):
                assert await worker.hello() is expected
            if expected:
                worker.kill()
                await worker.gone()
            worker.close()
    finally:
        control.close()
        _, said = await asyncio.to_thread(server.communicate)
    assert "no child process could be forked" in said
    assert server.returncode == 0
