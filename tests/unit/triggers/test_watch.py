"""A file that is still being written waits; what a watch could not store or start comes again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import FileProgress, KnownFile, TriggerRow
from concertmaster.triggers.files import scan
from concertmaster.triggers.watch import FileWatch


class Hand:
    """A clock that goes on when it is told to, a store in memory, and a count of what was started."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, tzinfo=UTC)
        self.progress: list[FileProgress] = []
        self.started: list[tuple[str, int, str]] = []
        self.mine = True
        self.down = False

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

    async def start(self, row: TriggerRow, info: Mapping[str, Any], *, key: str) -> str:
        assert row.name == "new"
        if self.down:
            raise OperationalError("database.unavailable", "not now")
        self.started.append((info["path"], info["bytes"], key))
        return f"e{len(self.started)}"

    def watch(self, workspace: Path, *, most: int = 10, **config: Any) -> FileWatch:
        row = TriggerRow("w", "new", "file", {"path": "*.csv", **config}, 1, enabled=True)
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
    first, second = hand.started
    assert first == second


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


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.csv", {"a.csv"}),
        ("*.csv", {"a.csv", "b.csv"}),
        ("[b-z].csv", {"b.csv"}),
        ("in/*/x", {"in/1/x", "in/2/x"}),
        ("**/x", {"in/1/x", "in/2/x", "x"}),
        ("in/**", {"in/1/x", "in/2/x", "in/2/y"}),
        ("**/**/y", {"in/2/y"}),
        (".h*/x", {".hidden/x"}),
        ("data/*", set[str]()),
        ("missing/*", set[str]()),
    ],
)
def test_globs(tmp_path: Path, pattern: str, found: set[str]) -> None:
    for path in ("a.csv", "b.csv", ".c.csv", "x", "in/1/x", "in/2/x", "in/2/y", ".hidden/x", "data/x"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1")
    (tmp_path / "in/link").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in/1/z").symlink_to(tmp_path / "x")
    assert set(scan(tmp_path, pattern, hidden=tmp_path / "data")) == found
