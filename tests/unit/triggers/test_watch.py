"""A file that is still being written waits; what a watch could not store or start comes again."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import FileProgress, KnownFile, TriggerRow
from concertmaster.triggers.watch import FileWatch


class Hand:
    """A clock that goes on when it is told to, a store in memory, and a count of what was started."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, tzinfo=UTC)
        self.progress: list[FileProgress] = []
        self.started: list[tuple[str, int, str]] = []
        self.mine = True
        self.down = False
        self.broken: set[str] = set()

    def now(self) -> datetime:
        return self.at

    async def claim(self, owner: str) -> list[TriggerRow]:
        raise NotImplementedError(owner)

    async def known(self, workflow: str, trigger: str) -> Mapping[str, KnownFile]:
        raise NotImplementedError(workflow, trigger)

    async def advance(self, owner: str, progress: FileProgress, *, now: datetime) -> bool:
        assert (owner, now) == ("here", self.at)
        if self.mine:
            self.progress.append(progress)
        return self.mine

    async def start(self, row: TriggerRow, info: Mapping[str, Any], *, key: str) -> tuple[str, bool]:
        assert row.name == "new"
        if self.down:
            raise OperationalError("database.unavailable", "not now")
        if info["path"] in self.broken:
            raise RuntimeError("a bug")
        known = [one for _, _, one in self.started]
        if key in known:
            return f"e{known.index(key) + 1}", False
        self.started.append((info["path"], info["bytes"], key))
        return f"e{len(self.started)}", True

    def fires(self) -> list[tuple[str, str | None]]:
        return [(fire.outcome, fire.reason) for one in self.progress for fire in one.fires]

    def watch(self, workspace: Path, *, most: int = 10, since: datetime | None = None, **config: Any) -> FileWatch:
        row = TriggerRow("w", "new", "file", {"path": "*.csv", **config}, 1, enabled=True, files_since=since)
        return FileWatch(row, "here", {}, self.start, workspace=workspace, hidden=workspace / "data", most=most)

    async def look(self, watch: FileWatch, *, after: float = 0) -> list[tuple[str, int]]:
        self.at += timedelta(seconds=after)
        assert await watch.look(self, self) == self.mine
        return [(path, size) for path, size, _ in self.started]


async def test_a_file_that_is_still_written_waits(tmp_path: Path) -> None:
    hand = Hand()
    watch, file = hand.watch(tmp_path), tmp_path / "a.csv"
    for size in range(1, 5):
        file.write_text("x" * size)
        assert await hand.look(watch, after=1.5) == []
    assert await hand.look(watch, after=1.5) == []
    assert await hand.look(watch, after=0.5) == [("a.csv", 4)]
    assert await hand.look(watch, after=10) == [("a.csv", 4)]
    file.write_text("xxxxx")
    assert await hand.look(watch) == [("a.csv", 4)]
    assert await hand.look(watch, after=2) == [("a.csv", 4), ("a.csv", 5)]


async def test_what_cannot_be_started_now_is_started_later(tmp_path: Path) -> None:
    hand = Hand()
    watch = hand.watch(tmp_path, settle="0s")
    (tmp_path / "a.csv").write_text("1")
    hand.down = True
    assert await hand.look(watch) == []
    hand.down = False
    assert await hand.look(watch) == [("a.csv", 1)]
    assert [fire.execution for one in hand.progress for fire in one.fires] == ["e1"]


async def test_who_takes_over_uses_the_same_key(tmp_path: Path) -> None:
    hand = Hand()
    watch = hand.watch(tmp_path, settle="0s")
    (tmp_path / "a.csv").write_text("1")
    hand.mine = False
    await hand.look(watch)
    hand.mine = True
    await hand.look(hand.watch(tmp_path, settle="0s"))
    assert hand.started[1:] == []
    # Whether it was this occasion or an earlier one is not known: nothing is said that may be wrong.
    ((fire,),) = [one.fires for one in hand.progress]
    assert (fire.outcome, fire.execution) == ("skipped", "e1")


async def test_too_many_files_are_told_once(tmp_path: Path) -> None:
    hand = Hand()
    watch = hand.watch(tmp_path, settle="0s", most=2)
    for number in range(3):
        (tmp_path / f"{number}.csv").write_text("1")
    for _ in range(3):
        assert await hand.look(watch) == []
    ((fire,),) = [one.fires for one in hand.progress]
    assert fire.outcome == "failed"
    assert "more than 2 files" in (fire.reason or "")
    (tmp_path / "0.csv").unlink()
    assert sorted(await hand.look(watch)) == [("1.csv", 1), ("2.csv", 1)]


async def test_a_first_look_that_fails_does_not_make_old_files_news(tmp_path: Path) -> None:
    hand = Hand()
    for number in range(3):
        (tmp_path / f"{number}.csv").write_text("1")
    watch = hand.watch(tmp_path, settle="0s", most=2, since=datetime.now(UTC) + timedelta(hours=1))
    row = watch.row
    for _ in range(2):
        assert await hand.look(watch) == []
        assert watch.same(row, "here")
    assert [(one.since, one.noted) for one in hand.progress] == [(row.files_since, False)]
    (tmp_path / "0.csv").unlink()
    assert await hand.look(watch) == []
    assert [len(one.files) for one in hand.progress] == [0, 2]
    assert not watch.same(row, "here")
    assert watch.row.files_since is None


@pytest.mark.parametrize("empty", [True, False])
async def test_files_of_a_disk_that_comes_later_are_not_news(tmp_path: Path, *, empty: bool) -> None:
    hand = Hand()
    mount = tmp_path / "mount"
    if empty:
        mount.mkdir()
    watch = hand.watch(tmp_path, path="mount/*.csv", settle="0s", since=datetime.now(UTC) + timedelta(hours=1))
    for _ in range(2):
        assert await hand.look(watch) == []
    assert hand.progress == []
    mount.mkdir(exist_ok=True)
    (mount / "old.csv").write_text("1")
    assert await hand.look(watch) == []
    assert [one.noted for one in hand.progress] == [True]
    os.utime(mount / "old.csv", (1, 1))
    assert await hand.look(watch) == [("mount/old.csv", 1)]


async def test_a_folder_that_cannot_be_read_is_told_once_and_settles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, real, locked = Hand(), os.scandir, {tmp_path / "in"}

    def scandir(folder: Path) -> Any:
        if Path(folder) in locked:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    for name in ("in/a.csv", "in/b/a.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    watch = hand.watch(tmp_path, path="in/**/*.csv", settle="0s", since=datetime.now(UTC) + timedelta(hours=1))
    for _ in range(3):
        assert await hand.look(watch) == []
    ((outcome, reason),) = hand.fires()
    assert outcome == "failed"
    assert "The folder in cannot be read (Permission denied)" in (reason or "")
    assert watch.row.files_since is not None
    # One of many inside of it keeps nobody from the others.
    locked.clear()
    locked.add(tmp_path / "in/b")
    assert await hand.look(watch) == []
    assert [[one.path for one in progress.files] for progress in hand.progress] == [[], ["in/a.csv"]]
    assert len(hand.fires()) == 1


async def test_a_file_that_cannot_be_read_waits_until_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand, real, locked = Hand(), os.open, set[Path]()

    def opened(path: Path, *arguments: Any, **options: Any) -> Any:
        if path in locked:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", opened)
    known, fresh = tmp_path / "known.csv", tmp_path / "fresh.csv"
    watch = hand.watch(tmp_path, settle="0s")
    known.write_text("1")
    assert await hand.look(watch) == [("known.csv", 1)]
    fresh.write_text("22")
    locked |= {known, fresh}
    known.chmod(0o200)
    for _ in range(3):
        assert await hand.look(watch) == [("known.csv", 1)]
    assert hand.fires()[1:] == [
        ("failed", "fresh.csv cannot be read (Permission denied); it is started once the server can read it")
    ]
    locked.clear()
    known.chmod(0o600)
    for _ in range(2):
        assert await hand.look(watch) == [("known.csv", 1), ("fresh.csv", 2)]
    assert [outcome for outcome, _ in hand.fires()] == ["started", "failed", "started"]


async def test_files_that_have_gone_for_long_are_forgotten(tmp_path: Path) -> None:
    hand = Hand()
    watch = hand.watch(tmp_path, settle="0s")
    first, other = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("1")
    os.utime(first, (1, 1))
    other.write_text("1")
    assert len(await hand.look(watch)) == 2

    async def away_and_back(days: float) -> int:
        first.unlink()
        await hand.look(watch)
        # Things are forgotten when something goes.
        other.unlink(missing_ok=True)
        await hand.look(watch, after=days * 86_400)
        first.write_text("1")
        os.utime(first, (1, 1))
        await hand.look(watch)
        return len(hand.fires())

    assert await away_and_back(6.9) == 2
    other.write_text("1")
    await hand.look(watch)
    # It is looked at as new; that it was started before is known elsewhere.
    assert await away_and_back(7.1) == 4
    assert hand.fires()[-1] == ("skipped", "a.csv: this version was started before")


async def test_an_old_version_that_is_put_back_is_news_each_time(tmp_path: Path) -> None:
    hand = Hand()
    watch, file = hand.watch(tmp_path, settle="0s"), tmp_path / "a.csv"
    for number in range(4):
        file.write_text("x" * (number % 2 + 1))
        os.utime(file, (number % 2, number % 2))
        await hand.look(watch)
    assert [size for _, size, _ in hand.started] == [1, 2, 1, 2]
    assert [outcome for outcome, _ in hand.fires()] == ["started"] * 4


async def test_a_bug_with_one_file_keeps_no_other_from_being_noted(tmp_path: Path) -> None:
    hand = Hand()
    watch = hand.watch(tmp_path, settle="0s")
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("1")
    hand.broken.add("a.csv")
    assert await hand.look(watch) == [("b.csv", 1)]
    assert [[one.path for one in progress.files] for progress in hand.progress] == [["b.csv"]]
    hand.broken.clear()
    assert await hand.look(watch) == [("b.csv", 1), ("a.csv", 1)]


async def test_who_is_cancelled_leaves_no_walk_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walking, real = threading.Event(), os.scandir

    @contextmanager
    def endless(folder: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        with real(folder) as entries:
            found = list(entries)
        walking.set()
        yield itertools.cycle(found)

    monkeypatch.setattr(os, "scandir", endless)
    (tmp_path / "a.txt").write_text("1")
    hand = Hand()
    looking = asyncio.create_task(hand.look(hand.watch(tmp_path, path="**/*.csv")))
    await asyncio.to_thread(walking.wait)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    # As at the end of the server: it waits for all threads.
    await asyncio.get_running_loop().shutdown_default_executor()
