"""file.list, file.copy, file.move and file.delete on a real folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from concertmaster import File, UserError
from concertmaster.nodes.builtin.file_copy import file_copy, file_delete, file_move
from concertmaster.nodes.builtin.file_list import file_list
from concertmaster.nodes.builtin.file_places import matches
from node_context import PlainContext


@pytest.fixture
def context(tmp_path: Path) -> PlainContext:
    for name in (
        "a.csv",
        "b.txt",
        "deep/c.csv",
        "deep/er/d.csv",
        ".hidden/e.csv",
        ".concertmaster/secret.key",
        "nodes/n.py",
    ):
        path = tmp_path / "w" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "outside.csv").write_text("outside")
    (tmp_path / "w" / "link.csv").symlink_to(tmp_path / "outside.csv")
    (tmp_path / "w" / "loop").symlink_to(tmp_path / "w")
    return PlainContext(tmp_path / "w")


def refused(call: Any, *args: Any, **config: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        call(*args, **config)
    return caught.value


def paths(context: PlainContext, **config: Any) -> list[str]:
    return [one["path"] for one in file_list(context, **config)]


def test_list_by_pattern_kind_and_folder(context: PlainContext) -> None:
    assert paths(context) == ["a.csv", "b.txt"]
    assert paths(context, pattern="**/*.csv") == ["a.csv", "deep/c.csv", "deep/er/d.csv"]
    assert paths(context, folder="deep", pattern="**") == ["deep/c.csv", "deep/er/d.csv"]
    assert paths(context, kind="folders") == ["deep", "loop", "nodes"]
    assert ".hidden/e.csv" in paths(context, pattern="**", hidden=True)
    (found,) = file_list(context, pattern="a.*")
    assert (found["name"], found["kind"], found["bytes"], found["modified"][-1]) == ("a.csv", "file", 5, "Z")


def test_a_list_that_is_cancelled_is_no_list(context: PlainContext) -> None:
    context.stop = True
    assert refused(file_list, context, pattern="**").code == "file.cancelled"


def test_list_leaves_out_what_nodes_may_not_touch(context: PlainContext) -> None:
    found = paths(context, pattern="**", hidden=True)
    assert not [path for path in found if "secret" in path or "link" in path or path.startswith("loop/")]


def test_list_in_order_of_age_and_size(context: PlainContext) -> None:
    os.utime(context.workspace / "a.csv", (5, 5))
    os.utime(context.workspace / "b.txt", (9, 9))
    (context.workspace / "b.txt").write_text("longer than it was")
    os.utime(context.workspace / "b.txt", (9, 9))
    assert paths(context, order="newest") == ["b.txt", "a.csv"]
    assert paths(context, order="oldest") == ["a.csv", "b.txt"]
    assert paths(context, order="largest") == ["b.txt", "a.csv"]


def test_list_says_what_is_wrong(context: PlainContext) -> None:
    assert refused(file_list, context, folder="nowhere").code == "file.no_folder"
    assert "is a file" in refused(file_list, context, folder="a.csv").message
    assert refused(file_list, context, folder="..").code == "path.outside_workspace"
    assert refused(file_list, context, pattern="**", limit=1).code == "file.too_many"
    assert paths(context, pattern="*.xyz") == []
    assert refused(file_list, context, pattern="*.xyz", empty="fail").code == "file.none_found"


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("a/b/c", "**", True),
        ("a/b/c", "*", False),
        ("a/b/c", "a/*/c", True),
        ("a/c", "a/**/c", True),
        ("a/b/b/c", "a/**/c", True),
        ("c", "**/c", True),
        ("a.csv", "[ab].c?v", True),
        ("a/" * 200 + "x", "**/" * 100 + "y", False),
    ],
)
def test_globs(path: str, pattern: str, fits: bool) -> None:
    assert matches(path, pattern) is fits


def test_copy_from_path_and_from_a_wire(context: PlainContext, tmp_path: Path) -> None:
    assert file_copy(to="x/", path="a.csv", context=context).path == context.workspace / "x" / "a.csv"
    made = file_copy(File(tmp_path / "outside.csv", name="nice.csv"), to="deep", context=context)
    assert made.path.relative_to(context.workspace).as_posix() == "deep/nice.csv"
    assert made.read_text() == "outside"
    assert not list(context.workspace.rglob("*.part"))


def test_copy_refuses_and_changes_nothing(context: PlainContext) -> None:
    assert refused(file_copy, to="b.txt", path="a.csv", mode="fail", context=context).code == "file.exists"
    assert (context.workspace / "b.txt").read_text() == "b.txt"
    file_copy(to="c.csv", path="a.csv", mode="fail", context=context)
    file_copy(to="c.csv", path="a.csv", mode="fail", context=context)  # the same again is what was asked for
    assert refused(file_copy, to="a.csv", path="a.csv", context=context).code == "file.same"
    assert refused(file_copy, to="nodes/evil.py", path="a.csv", context=context).code == "path.code"
    assert refused(file_copy, to="../x", path="a.csv", context=context).code == "path.outside_workspace"
    assert refused(file_copy, to="x", path="link.csv", context=context).code == "path.symlink_leaves"
    assert refused(file_copy, to="x", path=".concertmaster/secret.key", context=context).code == "path.data_folder"
    assert refused(file_copy, to="x", context=context).code == "file.missing"
    assert "did you mean 'a.csv'" in refused(file_copy, to="x", path="aa.csv", context=context).message
    context.stop = True
    assert refused(file_copy, to="stopped.csv", path="a.csv", context=context).code == "file.cancelled"
    assert not (context.workspace / "stopped.csv").exists()
    assert not list(context.workspace.rglob("*.part"))


def test_move(context: PlainContext) -> None:
    assert file_move("a.csv", "done/", context).path.name == "a.csv"
    assert not (context.workspace / "a.csv").exists()
    assert refused(file_move, "done/a.csv", "b.txt", context, mode="fail").code == "file.exists"
    file_move("done/a.csv", "b.txt", context)
    assert (context.workspace / "b.txt").read_text() == "a.csv"
    assert refused(file_move, "a.csv", "x", context).code == "file.not_found"
    assert refused(file_move, "nodes/n.py", "x", context).code == "path.code"
    assert refused(file_move, "deep", "x", context).code == "file.is_directory"
    assert file_move("b.txt", "b.txt", context).read_text() == "a.csv"


def test_delete_is_all_or_nothing_and_can_be_repeated(context: PlainContext) -> None:
    assert refused(file_delete, ["a.csv", "deep"], context).code == "file.is_directory"
    assert refused(file_delete, ["a.csv", "nodes/n.py"], context).code == "path.code"
    assert refused(file_delete, ["a.csv", "gone.csv"], context, missing="fail").code == "file.not_found"
    assert (context.workspace / "a.csv").exists()
    assert file_delete(["a.csv", "gone.csv", "a.csv"], context) == ["a.csv"]
    assert file_delete(["a.csv"], context) == []
    assert file_delete([], context) == []
