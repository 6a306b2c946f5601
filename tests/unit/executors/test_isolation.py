"""What children see of the server and of each other, how long they live, and what they leave behind: nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import pytest_asyncio

from concertmaster import Connection
from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.domain.events import NodeFailed, NodeSucceeded
from concertmaster.domain.values import TableRef
from concertmaster.engine.parts import EngineSettings
from concertmaster.executors.pool import ProcessSettings
from engine_harness import Harness, running_engine
from isolated_nodes import missing_connection, process, whisper, whispered_table
from python_code import alive, document, failure_of, lines_of, result_of, wait_until_gone

pytestmark = pytest.mark.asyncio(loop_scope="module")
CONNECTIONS: dict[str, Connection | ConcertMasterError] = {
    "service": Connection("http", "service", {"token": "swordfish-token", "base_url": "http://example.org"}),
    "other": Connection("postgres", "other", {"password": "hunter2-password"}),
    "locked": OperationalError("cipher.locked", "The key is another", retryable=False),
    "away": OperationalError("cipher.away", "The database is away"),
}
# Three that left session, group and parent, so that only the kernel knows whose they are.
GRANDCHILDREN = """
import os, time
def main(context):
    pids = []
    for _ in range(3):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(writing, str(os.getpid()).encode())
                time.sleep(600)
            os._exit(0)
        pids.append(int(os.read(reading, 20)))
    context.logger.info("%s", pids)
    {then}
    return pids
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    async with running_engine(
        tmp_path_factory.mktemp("engine"),
        [process, whisper, missing_connection, whispered_table],
        connections=CONNECTIONS,
        settings=EngineSettings(),
        processes=ProcessSettings(processes=2),
    ) as harness:
        yield harness


async def logged(harness: Harness, execution_id: str, word: str = "") -> str:
    """The first log line with the word, waited for while the node runs: no event tells of lines."""
    async with asyncio.timeout(30):
        while True:
            for _, text in await lines_of(harness, execution_id):
                if word in text:
                    return text


async def test_a_child_has_nothing_of_the_server(harness: Harness) -> None:
    code = """
    import os
    def main():
        return {
            "environment": sorted(os.environ),
            "descriptors": [n for n in os.listdir("/proc/self/fd") if int(n) < 64],
            "session": os.getsid(0) == os.getpid(),
            "stdin": os.read(0, 10).decode(),
            "limits": open("/proc/self/limits").read(),
            "score": int(open("/proc/self/oom_score_adj").read()),
            "cwd": os.getcwd(),
            "home": [os.environ["HOME"], os.environ["TMPDIR"]],
        }
    """
    seen = await result_of(harness, code)
    allowed = {"HOME", "LANG", "LANGUAGE", "PATH", "TMPDIR", "TZ"}
    assert [name for name in seen["environment"] if name not in allowed and not name.startswith("LC_")] == []
    # The fourth is the one that lists them.
    assert seen["descriptors"] == ["0", "1", "2", "3", "4"]
    assert seen["session"] is True
    assert seen["stdin"] == ""
    assert "Max core file size        0" in seen["limits"]
    assert seen["score"] > 0
    assert seen["cwd"] == str(harness.engine.workspace)
    assert [path for path in seen["home"] if "concertmaster-child-" not in path] == []


async def test_one_workflow_reuses_its_child_and_another_never_gets_it(harness: Harness) -> None:
    code = """
    import os, sys
    def main():
        sys.seen = getattr(sys, "seen", 0) + 1
        return [os.getpid(), sys.seen]
    """
    first = await result_of(harness, code, name="one")
    again = await result_of(harness, code, name="one")
    other = await result_of(harness, code, name="two")
    assert again == [first[0], 2]
    assert other[0] != first[0]
    assert other[1] == 1


@pytest.mark.parametrize(
    "leave",
    [
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
        "subprocess.Popen(['sleep', '600'], start_new_session=True)",
        "globals().update(hog=bytearray(b'x' * (200 << 20))); sys.modules['keep'] = globals()",
    ],
)
async def test_a_child_that_something_was_left_in_is_not_used_again(harness: Harness, leave: str) -> None:
    plain = "import os\ndef main():\n    return os.getpid()"
    dirty = f"import os, subprocess, sys, threading, time\ndef main():\n    {leave}\n    return os.getpid()"
    name = f"left-{abs(hash(leave)) % 1000}"
    first = await result_of(harness, plain, name=name)
    assert await result_of(harness, dirty, name=name) == first
    second = await result_of(harness, plain, name=name)
    assert second != first
    wait_until_gone([first])


async def test_grandchildren_that_left_every_group_end_with_the_attempt(harness: Harness) -> None:
    pids = await result_of(harness, GRANDCHILDREN.replace("{then}", "pass"))
    assert len(pids) == 3
    await asyncio.to_thread(wait_until_gone, pids)


async def test_a_time_out_kills_the_whole_tree_at_once(harness: Harness) -> None:
    code = GRANDCHILDREN.replace("{then}", "\n    while True: pass")
    row, events = await harness.run(document(code, policy="{timeout: 3s}"))
    failed = next(event.body for event in events if isinstance(event.body, NodeFailed))
    assert (failed.error.code, failed.error.retryable) == ("node.timeout", True)
    pids = json.loads(await logged(harness, row.id))
    assert alive(pids) == []


async def test_a_cancelled_node_may_end_by_itself(harness: Harness) -> None:
    code = """
    import time
    def main(context):
        context.logger.info("running")
        while not context.cancelled():
            time.sleep(0.01)
        context.logger.info("saw it")
    """
    execution_id = await harness.start(document(code))
    await logged(harness, execution_id, "running")
    await harness.cancel(execution_id)
    row = await harness.end(execution_id)
    assert row.status == "cancelled"
    assert ("info", "saw it") in await lines_of(harness, execution_id)


async def test_a_cancelled_node_that_does_not_listen_is_killed(harness: Harness) -> None:
    code = "import os\ndef main():\n    print(os.getpid())\n    while True: pass"
    execution_id = await harness.start(document(code))
    pid = int(await logged(harness, execution_id))
    before = harness.engine.compute.stats().children_killed
    await harness.cancel(execution_id)
    row = await harness.end(execution_id)
    assert row.status == "cancelled"
    assert alive([pid]) == []
    assert harness.engine.compute.stats().children_killed == before + 1


async def test_later_attempts_wait_for_a_free_process_and_hanging_ones_do_not_keep_it(tmp_path: Path) -> None:
    async with running_engine(tmp_path, processes=ProcessSettings(processes=1)) as harness:
        # The fork server is there when the clock of the next one begins to run.
        assert await result_of(harness, "def main():\n    return 1", name="first") == 1
        hanging = await harness.start(
            document("def main():\n    print('hangs')\n    while True: pass", policy="{timeout: 3s}")
        )
        await logged(harness, hanging, "hangs")
        later = await harness.start(document("def main():\n    return 1", name="later"))
        assert (await harness.end(later)).status == "succeeded"
        assert (await harness.end(hanging)).status == "failed"
        assert harness.engine.compute.stats().children <= 1


async def test_closing_the_engine_kills_what_runs(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(document(GRANDCHILDREN.replace("{then}", "\n    while True: pass")))
        pids = json.loads(await logged(harness, execution_id))
    wait_until_gone(pids)


async def test_what_is_printed_arrives_while_the_node_runs(harness: Harness) -> None:
    code = """
    import sys, time
    from pathlib import Path
    def main(context):
        print("to stdout")
        print("to stderr", file=sys.stderr)
        context.logger.error("logged")
        while not Path("go-on").exists():
            time.sleep(0.01)
        print("a\\rb\\rprogress bar")
        sys.stdout.write("no end of line")
    """
    execution_id = await harness.start(document(code))
    for word in ("to stdout", "to stderr", "logged"):
        await logged(harness, execution_id, word)
    (harness.engine.workspace / "go-on").touch()
    assert (await harness.end(execution_id)).status == "succeeded"
    assert sorted(await lines_of(harness, execution_id)) == [
        ("error", "logged"),
        ("info", "no end of line"),
        ("info", "progress bar"),
        ("info", "to stdout"),
        ("warning", "to stderr"),
    ]


async def test_printing_without_end_is_bounded_and_the_server_stays_awake(harness: Harness) -> None:
    code = "def main(context):\n    while True:\n        print('x' * 100_000)\n        context.logger.info('y')"
    execution_id = await harness.start(document(code, policy="{timeout: 2s}"))
    latest, loop = 0.0, asyncio.get_running_loop()
    while execution_id not in harness.ended:
        due = loop.time() + 0.02
        await asyncio.wait({asyncio.ensure_future(harness.changed.wait())}, timeout=0.02)
        latest = max(latest, loop.time() - due)
        harness.changed.clear()
    assert latest < 0.5
    lines = await lines_of(harness, execution_id)
    assert len(lines) < 11_000
    assert max(len(text) for _, text in lines) < 8_300


async def test_secrets_are_nowhere_to_be_seen(harness: Harness) -> None:
    found: list[Any] = []
    for how in ("return", "raise", "code"):
        row, events = await harness.run(
            "{concertmaster: 1, name: w, outputs: {out: '{{ nodes.n }}'},"
            f" nodes: {{n: {{type: iso.whisper, config: {{service: service, how: {how}}}}}}}}}"
        )
        assert row.status == ("succeeded" if how == "return" else "failed"), row.error
        found += [row, events, await lines_of(harness, row.id)]
    text = str(found)
    assert "printed *** ***" in text
    assert "logged *** ***" in text
    assert "it is *** ***" in text
    assert "{'token': '***', 'both': ['******']}" in text
    assert "swordfish" not in text
    assert "hunter2" not in text


async def test_secrets_in_the_cells_of_a_table_are_masked(harness: Harness) -> None:
    row, events = await harness.run(
        "{concertmaster: 1, name: t, nodes: {n: {type: iso.whispered_table, config: {service: service}}}}"
    )
    assert row.status == "succeeded", row.error
    ref = next(event.body.outputs["out"] for event in events if isinstance(event.body, NodeSucceeded))
    assert isinstance(ref, TableRef)
    table = pl.read_parquet(harness.engine.artifacts.local_path(ref.artifact))
    assert table.to_dict(as_series=False) == {"t": ["it is ***", "nothing", None], "hex": ["***"] * 3, "n": [1, 2, 3]}


async def test_a_child_that_has_seen_a_secret_is_not_used_again(harness: Harness) -> None:
    document_ = """
    concertmaster: 1
    name: pids
    nodes:
      before: {type: iso.process}
      secret: {type: iso.whisper, config: {service: service, how: return}}
      after: {type: iso.process}
    edges: [before -> secret, secret -> after]
    outputs: {before: "{{ nodes.before.pid }}", after: "{{ nodes.after.pid }}"}
    """
    row, events = await harness.run(document_)
    assert row.status == "succeeded", row.error
    outputs = events[-1].body.outputs  # pyright: ignore[reportAttributeAccessIssue]
    assert outputs["before"] != outputs["after"]


async def test_a_missing_connection_is_told_as_in_the_server(harness: Harness) -> None:
    row, _ = await harness.run("{concertmaster: 1, name: m, nodes: {n: {type: iso.missing_connection}}}")
    assert row.error is not None
    assert (row.error.code, row.error.retryable) == ("connection.not_found", False)


async def test_a_connection_that_cannot_be_opened_is_told_as_in_the_server(harness: Harness) -> None:
    for name, retryable in (("locked", False), ("away", True)):
        node = f"{{type: iso.missing_connection, config: {{name: {name}}}}}"
        row, _ = await harness.run(f"{{concertmaster: 1, name: {name}, nodes: {{n: {node}}}}}")
        assert row.error is not None
        assert (row.error.code, row.error.retryable) == (f"cipher.{name}", retryable)


async def test_a_fork_server_that_was_killed_is_replaced(harness: Harness) -> None:
    code = "import os\ndef main():\n    guard = os.getppid()\n    print(open(f'/proc/{guard}/stat').read().split()[3])"
    row, _ = await harness.run(document(code, name="parent"))
    fork_server = int(await logged(harness, row.id))
    failure = await failure_of(
        harness, f"import os, time\ndef main():\n    os.kill({fork_server}, 9)\n    time.sleep(600)", name="killer"
    )
    assert failure.code == "node.crashed"
    assert await result_of(harness, "def main():\n    return 1", name="next") == 1


async def test_half_a_character_in_a_log_line_ends_nothing(harness: Harness) -> None:
    code = """
    def main(context):
        context.logger.info("half \\ud800 of it")
        return 1
    """
    execution_id = await harness.start(document(code))
    assert (await harness.end(execution_id)).status == "succeeded"
    assert ("info", "half \\ud800 of it") in await lines_of(harness, execution_id)
