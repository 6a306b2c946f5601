"""One process at a time on a data folder, and messages that say what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from concertmaster.domain.errors import Conflict, OperationalError
from concertmaster.storage.lock import DataFolderLock

HOLDER = """
import subprocess, sys
from pathlib import Path
from concertmaster.storage.lock import DataFolderLock
DataFolderLock(Path(sys.argv[1])).acquire()
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
print(child.pid, flush=True)
input()
"""


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path), pytest.raises(Conflict) as caught:
        DataFolderLock(tmp_path).acquire()
    assert caught.value.code == "data_folder.locked"
    assert str(tmp_path) in caught.value.message
    with DataFolderLock(tmp_path):
        pass


def test_the_refusal_names_the_holder(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text('{"pid": 4711, "url": "http://127.0.0.1:8000"}')
    with (
        DataFolderLock(tmp_path),
        pytest.raises(Conflict, match=r"process 4711, at http://127\.0\.0\.1:8000") as caught,
    ):
        DataFolderLock(tmp_path).acquire()
    assert caught.value.details["holder"]["url"] == "http://127.0.0.1:8000"


def test_another_process_is_refused_and_a_killed_one_leaves_no_lock_though_its_child_lives(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        with pytest.raises(Conflict):
            DataFolderLock(tmp_path).acquire()
        holder.kill()
        holder.wait()
        with DataFolderLock(tmp_path):
            os.kill(child, 0)  # the child lives on, and has not inherited the lock
        os.kill(child, 9)
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_folder_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OperationalError, match=r"--data-dir") as caught:
        DataFolderLock(tmp_path / name).acquire()
    assert caught.value.code == "data_folder.not_writable"
    assert not caught.value.retryable
    assert str(tmp_path / name) in caught.value.message
