"""Whatever node code does to its process: the attempt fails, says why, and nobody else notices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from concertmaster.executors.pool import ProcessSettings
from engine_harness import Harness, running_engine
from isolated_nodes import small
from python_code import document, failure_of, lines_of, result_of

LIMITS = ProcessSettings(processes=2, memory_bytes=256 * 2**20, cpu_seconds=1.0)
FRAME = """
import json, struct, time
def send(data):
    import os
    os.write(3, struct.pack("!I", len(data)) + data)
    time.sleep(60)
"""
CRASHES = {
    "segmentation fault": (
        "import ctypes\ndef main():\n    ctypes.string_at(0)",
        "node.crashed",
        ["SIGSEGV", "segmentation fault"],
    ),
    "exit": ("import os\ndef main():\n    os._exit(3)", "node.crashed", ["exit code 3"]),
    "a quiet exit": ("import os\ndef main():\n    os._exit(0)", "node.crashed", ["exit code 0"]),
    "sys.exit": ("import sys\ndef main():\n    sys.exit(3)", "node.raised", ["SystemExit(3)", "line 3"]),
    "kill": ("import os\ndef main():\n    os.kill(os.getpid(), 9)", "node.crashed", ["SIGKILL"]),
    "abort": ("import os\ndef main():\n    os.abort()", "node.crashed", ["SIGABRT"]),
    "the channel closed": (
        "import os, time\ndef main():\n    os.closerange(0, 100)\n    time.sleep(60)",
        "node.crashed",
        ["closed its connection"],
    ),
    "garbage": (
        "import os, time\ndef main():\n    os.write(3, b'\\xff' * 8)\n    time.sleep(60)",
        "node.crashed",
        ["4,294,967,295 bytes"],
    ),
    "no JSON": (f"{FRAME}\ndef main():\n    send(b'hello')", "node.crashed", ["no JSON"]),
    "JSON of another kind": (f"{FRAME}\ndef main():\n    send(b'[1]')", "node.crashed", ["no message"]),
    "an unknown message": (f"{FRAME}\ndef main():\n    send(b'{{}}')", "node.crashed", ["a kind that there is not"]),
    "a forged answer": (
        f"{FRAME}\ndef main():\n    send(json.dumps({{'answer': {{'outputs': {{'out': {{'kind': 'table', 'artifact': "
        "'../../etc/passwd', 'rows': 1, 'bytes': 1, 'columns': []}}}, 'threads': 0, 'changed': []}).encode())",
        "node.crashed",
        ["cannot be used"],
    ),
    "an artifact that is not there": (
        f"{FRAME}\ndef main():\n    send(json.dumps({{'answer': {{'outputs': {{'out': {{'kind': 'json', 'artifact': "
        "'0' * 64, 'bytes': 1}}}, 'threads': 0, 'changed': []}).encode())",
        "node.crashed",
        ["not in the store"],
    ),
    "an unknown outlet": (
        f"{FRAME}\ndef main():\n    send(json.dumps({{'answer': {{'outputs': {{'x': {{'kind': 'json', 'value': 1, "
        "'bytes': 1}}}, 'threads': 0, 'changed': []}).encode())",
        "node.crashed",
        ["no outlet 'x'"],
    ),
    "a result that is no JSON": ("def main():\n    return object()", "node.output_not_serialisable", ["type object"]),
    "a long text": (
        "def main():\n    return {'a': [1, 'x' * (70 << 20)]}",
        "node.output_too_large",
        ["70 MiB", "File(path)"],
    ),
}


# One engine, and one fork server, for all: that is what a crash must not harm.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    async with running_engine(tmp_path_factory.mktemp("engine"), processes=LIMITS) as harness:
        yield harness


@pytest.mark.parametrize("name", CRASHES)
async def test_a_crash_fails_the_attempt_and_nothing_else(harness: Harness, name: str) -> None:
    code, expected, words = CRASHES[name]
    failure = await failure_of(harness, code)
    assert failure.code == expected, failure
    assert [word for word in words if word not in failure.message] == [], failure.message
    assert failure.node == "n"
    assert await result_of(harness, "def main():\n    return 7") == 7


async def test_the_log_shows_where_a_segmentation_fault_was(harness: Harness) -> None:
    row, _ = await harness.run(document("import ctypes\ndef main():\n    ctypes.string_at(0)"))
    lines = await lines_of(harness, row.id)
    assert any(level == "warning" and 'File "code", line 3 in main' in text for level, text in lines), lines


async def test_an_exception_names_the_line_of_the_code(harness: Harness) -> None:
    code = "def main():\n    return helper({})\n\ndef helper(data):\n    return data['x']"
    row, _ = await harness.run(document(code))
    assert row.error is not None
    assert row.error.code == "node.raised"
    assert row.error.message == "KeyError: 'x' (in code, line 5)"
    assert any("return data['x']" in text for _, text in await lines_of(harness, row.id))


async def test_memory_that_is_filled_in_a_loop_ends_at_the_limit(harness: Harness) -> None:
    code = "def main():\n    hog = []\n    while True:\n        hog.append(bytearray(b'x' * (4 << 20)))"
    failure = await failure_of(harness, code)
    assert failure.code == "node.out_of_memory"
    assert "the limit is 256 MiB" in failure.message
    assert "process_memory" in failure.message
    # A look every tenth of a second, and a fence two gibibytes further.
    assert failure.details["memory_bytes"] < (256 + 2048 + 64) * 2**20


async def test_one_request_for_far_too_much_memory_says_in_which_line(harness: Harness) -> None:
    failure = await failure_of(harness, "def main():\n    x = 1\n    return bytearray(1 << 40)")
    assert failure.code == "node.out_of_memory"
    assert "MemoryError" in failure.message
    assert "code, line 3" in failure.message


async def test_a_library_that_aborts_for_lack_of_memory_is_out_of_memory(harness: Harness) -> None:
    code = "import polars as pl\ndef main():\n    return pl.int_range(0, 3_000_000_000, eager=True).sum()"
    failure = await failure_of(harness, code)
    assert failure.code == "node.out_of_memory", failure


async def test_memory_of_child_processes_counts(harness: Harness) -> None:
    code = """
    import os, time
    def main():
        for _ in range(4):
            if os.fork() == 0:
                hog = bytearray(b"x" * (100 << 20))
                time.sleep(60)
        time.sleep(60)
    """
    failure = await failure_of(harness, code)
    assert failure.code == "node.out_of_memory", failure


async def test_shared_memory_counts(harness: Harness) -> None:
    code = """
    import mmap
    def main():
        hog = []
        while True:
            hog.append(mmap.mmap(-1, 8 << 20))
            hog[-1].write(b"x" * (8 << 20))
    """
    assert (await failure_of(harness, code)).code == "node.out_of_memory"


async def test_a_node_type_may_have_a_limit_of_its_own(tmp_path: Path) -> None:
    async with running_engine(tmp_path, [small]) as harness:
        row, _ = await harness.run("{concertmaster: 1, name: s, nodes: {n: {type: iso.small}}}")
    assert row.error is not None
    assert row.error.code == "node.out_of_memory"
    assert "128 MiB" in row.error.message


async def test_cpu_time_has_a_limit_that_threads_and_processes_share(harness: Harness) -> None:
    code = "import os\ndef main():\n    os.fork()\n    while True:\n        pass"
    failure = await failure_of(harness, code)
    assert failure.code == "node.cpu_exceeded"
    assert "process_cpu_time" in failure.message


async def test_a_copy_that_the_node_forks_does_not_answer(harness: Harness) -> None:
    code = """
    import os
    def main():
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
        return "parent" if pid else "copy"
    """
    assert await result_of(harness, code) == "parent"


async def test_a_description_of_results_has_a_limit(tmp_path: Path) -> None:
    code = "import polars as pl\ndef main():\n    return pl.DataFrame({str(n) * 90000: [n] for n in range(10, 40)})"
    async with running_engine(tmp_path) as harness:
        failure = await failure_of(harness, code)
    assert failure.code == "node.output_too_large"
    assert "fewer columns" in failure.message


async def test_a_child_that_goes_on_after_its_answer_is_not_used_again(harness: Harness) -> None:
    code = FRAME + "\ndef main():\n    send(json.dumps({'answer': {'outputs': {'out': {'kind': 'json', 'value': 1, "
    code += "'bytes': 1}}}, 'threads': 0, 'changed': []}).encode())"
    assert await result_of(harness, code) == 1
    assert await result_of(harness, "def main():\n    return 7") == 7
