"""Which files a glob matches, and the content of a file that is none any more."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from concertmaster.triggers.files import Seen, digest, look, scan


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
        ("**/2/**/y", {"in/2/y"}),
        ("**/in/**/[12]/**", {"in/1/x", "in/2/x", "in/2/y"}),
        ("**/.hidden/**/x", {".hidden/x"}),
        ("**/in", set[str]()),
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


def test_each_folder_is_read_once_whatever_the_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count, real = Counter[Path](), os.scandir

    def scandir(folder: Path) -> Any:
        count[folder] += 1
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    deep = tmp_path / "/".join("d" * 30)
    deep.mkdir(parents=True)
    (deep / "x").write_text("1")
    assert set(scan(tmp_path, "**/d/" * 8 + "x", hidden=tmp_path / "data")) == {"d/" * 30 + "x"}
    assert scan(tmp_path, "**/d/" * 31 + "x", hidden=tmp_path / "data") == {}
    assert len(count) == 31
    assert set(count.values()) == {2}


def test_a_tree_that_is_deeper_than_any_path_that_is_stored(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    (tmp_path / "d/d/x").write_text("1")
    assert set(scan(tmp_path, "**/x", hidden=tmp_path / "data")) == {"d/d/x"}


@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_what_has_become_something_else_is_not_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1")
    seen = look(tmp_path, "a.csv")
    assert isinstance(seen, Seen)
    path.unlink()
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            (tmp_path / "b.csv").write_text("1")
            path.symlink_to(tmp_path / "b.csv")
    with pytest.raises(OSError, match=r"no file any more|symbolic links"):
        digest(tmp_path, seen)
    assert look(tmp_path, "a.csv") is None
