"""`kill -9` and a full disk, against a real process."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage_backends import BACKENDS, Storage, fresh_database

APPENDER = Path(__file__).with_name("appender.py")
GROUP = 3


@contextmanager
def appender(url: str, mode: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(APPENDER), url, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database(request.param, tmp_path, request) as made:
        yield made


@pytest.mark.parametrize("after", [1, 40, 333])
async def test_kill_9_loses_nothing_acknowledged_and_leaves_nothing_half(url: str, after: int) -> None:
    acknowledged: dict[str, int] = {}
    with appender(url, "forever") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("acknowledged"):
                _, execution_id, seq = line.split()
                acknowledged[execution_id] = int(seq)
                after -= 1
            if after == 0:
                process.send_signal(signal.SIGKILL)
                break
        # What it still managed to print was acknowledged, too.
        for line in process.stdout:
            if line.startswith("acknowledged") and line.endswith("\n"):
                _, execution_id, seq = line.split()
                acknowledged[execution_id] = int(seq)

    assert acknowledged
    async with Storage.opened(url) as storage:
        journal, store = storage.journal, storage.executions
        stored = (await store.list(limit=100)).items
        assert acknowledged.keys() <= {row.id for row in stored}
        for execution_id in [row.id for row in stored]:
            # Of another life of the same process, so what it still had under way in the server comes to its end first.
            claim = await journal.claim(execution_id, "next life")
            assert claim is not None
            seqs = [event.seq for event in await journal.read(execution_id)]
            assert (claim.row.epoch, claim.row.head_seq) == (2, len(seqs))
            assert seqs == list(range(1, len(seqs) + 1))
            assert len(seqs) % GROUP == 1, "an append is there as a whole or not at all"
            assert len(seqs) >= acknowledged.get(execution_id, 0)
            assert (await store.get(execution_id)).head_seq == len(seqs)
            assert len(await store.logs(execution_id)) == (len(seqs) - 1) // GROUP


async def test_a_full_disk_is_waited_for_and_nothing_is_published_meanwhile(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'concertmaster.db'}"
    with appender(url, "full") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        word, wanted, committed, published, why = process.stdout.readline().split(maxsplit=4)
        assert word == "trouble"
        assert "cannot be written" in why
        assert int(committed) >= 1, "the disk was full before anything could be written: the test's bound is too low"
        assert int(published) == int(wanted) - GROUP
        process.stdin.write("more\n")
        process.stdin.flush()
        assert process.stdout.readline().split() == ["still", published]
        assert process.stdout.readline().split() == ["recovered", wanted, wanted, "None"]
        assert process.wait(30) == 0
    async with Storage.opened(url) as storage:
        assert [event.seq for event in await storage.journal.read("x")] == list(range(1, int(wanted) + 1))
