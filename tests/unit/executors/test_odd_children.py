"""What code in a child process sets, raises and reports that is odd: the next attempt never meets it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from concertmaster.domain.events import NodeProgress
from concertmaster.executors.pool import ProcessSettings
from engine_harness import Harness, running_engine
from python_code import document, failure_of, lines_of, result_of, wait_until_gone

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    async with running_engine(tmp_path_factory.mktemp("engine"), processes=ProcessSettings(processes=2)) as harness:
        yield harness


SETTINGS = {
    "timer": "signal.alarm(60)",
    "handler": "signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
    "file": "os.open('/etc/hostname', os.O_RDONLY)",
    "limit": "resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))",
    "stdout": "sys.stdout = io.StringIO()",
    "descriptor": "os.close(1)",
    "environment": "os.environ['LEFT'] = 'this'",
    "umask": "os.umask(0o777)",
    "recursion": "sys.setrecursionlimit(500)",
    "builtins": "builtins.left = 1",
    "home": "shutil.rmtree(os.environ['HOME'], ignore_errors=True)",
    "path": "sys.path.insert(0, '/nowhere')",
    "time-out": "socket.setdefaulttimeout(0.001)",
}


@pytest.mark.parametrize("which", list(SETTINGS))
async def test_a_child_with_another_setting_is_not_used_again(harness: Harness, which: str) -> None:
    code = f"""
    import builtins, io, os, resource, shutil, signal, socket, sys
    def main(step):
        if step:
            {SETTINGS[which]}
        return os.getpid()
    """
    name = f"set-{which}"
    first = await result_of(harness, code, name=name, arguments={"step": 0})
    assert await result_of(harness, code, name=name, arguments={"step": 1}) == first
    assert await result_of(harness, code, name=name, arguments={"step": 0}) != first


async def test_a_child_that_works_with_tables_and_loops_is_used_again(harness: Harness) -> None:
    code = """
    import asyncio, logging, os, random, tempfile, threading
    import duckdb, numpy, polars as pl, pyarrow
    async def main():
        await asyncio.sleep(0)
        duckdb.sql("select 1").fetchall()
        pl.DataFrame({"a": [1, 2]}).lazy().filter(pl.col("a") > 1).collect()
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
        await asyncio.to_thread(random.random)
        logging.getLogger("mine").info("here")
        return os.getpid()
    """
    assert await result_of(harness, code, name="usual") == await result_of(harness, code, name="usual")


async def test_random_numbers_and_globals_are_new_for_each_attempt(harness: Harness) -> None:
    code = """
    import os, random
    seen = []
    def main():
        seen.append(1)
        found = random.random()
        random.seed(1)
        return [os.getpid(), found, len(seen)]
    """
    first, second, third = [await result_of(harness, code, name="globals") for _ in range(3)]
    assert first[0] == second[0] == third[0]
    assert len({first[1], second[1], third[1]}) == 3
    assert [first[2], second[2], third[2]] == [1, 1, 1]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ("UserError('a.b', 'm', foo=2**300)", "a.b", "m"),
        ("UserError('a.b', None)", "a.b", "None"),
        ("UserError('', 'm')", "node.raised", "m"),
        ("UserError('a.\\ud800', 'm\\ud800', foo='\\ud800')", "a.\\ud800", "m\\ud800"),
        ("UserError('c' * 1000, 'm', **{'k' * 100000: object()})", "c" * 200, "m"),
        ("UserError('a.b', 'm', mean=float.__new__(type('F', (float,), {}), 1.5))", "a.b", "m"),
        ("UserError('a.b', 'm', wait=float('nan'))", "a.b", "m"),
    ],
)
async def test_an_odd_error_is_told_as_it_is(harness: Harness, error: str, code: str, message: str) -> None:
    failure = await failure_of(harness, f"from concertmaster import UserError\ndef main():\n    raise {error}")
    assert (failure.code, failure.message) == (code, message)


@pytest.mark.parametrize("done", ["float('nan'), 10", "float('inf')", "1, float('nan')", "-1, 0", "10**30, 10**31"])
async def test_odd_progress_harms_nobody(harness: Harness, done: str) -> None:
    code = f"def main(context):\n    context.progress({done})\n    return 1"
    row, events = await harness.run(document(code))
    assert row.status == "succeeded", row.error
    told = [event.body for event in events if isinstance(event.body, NodeProgress)]
    assert all(body.done is not None for body in told)


async def test_what_is_printed_after_another_attempt_closed_its_stream_is_in_the_log(harness: Harness) -> None:
    code = "import os\ndef main(step):\n    os.close(1) if step else print('here')"
    await result_of(harness, code, name="streams", arguments={"step": 1})
    execution_id = await harness.start(document(code, name="streams", arguments={"step": 0}))
    await harness.end(execution_id)
    assert ("info", "here") in await lines_of(harness, execution_id)


async def test_output_without_an_end_of_line_is_read_as_fast_as_what_is_dropped(harness: Harness) -> None:
    code = """
    import sys, time
    def main():
        begun = time.monotonic()
        for _ in range(16):
            sys.stdout.write("x" * 500_000)
        sys.stdout.write("\\n")
        sys.stdout.flush()
        return time.monotonic() - begun
    """
    assert await result_of(harness, code) < 5


async def test_a_child_whose_guard_was_stopped_is_killed_all_the_same(harness: Harness) -> None:
    code = """
    import os, signal, time
    def main(context):
        context.logger.info("%s", [os.getpid(), os.getppid()])
        os.kill(os.getppid(), signal.SIGSTOP)
        time.sleep(600)
    """
    row, _ = await harness.run(document(code, policy="{timeout: 1s}"))
    assert row.error is not None
    assert row.error.code == "node.timeout"
    ((_, text),) = await lines_of(harness, row.id)
    await asyncio.to_thread(wait_until_gone, json.loads(text))
