"""Path confinement: nothing outside of the workspace, and nothing in the data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from concertmaster.data.guard import confine
from concertmaster.domain.errors import UserError


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.csv").write_text("a")
    (tmp_path / "work-other").mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    (folder / "out").symlink_to(tmp_path)
    (folder / "file-out").symlink_to(tmp_path / "outside.txt")
    (folder / "dangling").symlink_to(tmp_path / "not-yet")
    (folder / "inside").symlink_to(folder / "sub")
    (folder / "circle").symlink_to(folder / "circle")
    (folder / ".concertmaster").mkdir()
    (folder / "data-link").symlink_to(folder / ".concertmaster")
    return folder


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("sub/a.csv", "sub/a.csv"),
        ("./sub/../sub/a.csv", "sub/a.csv"),
        ("inside/a.csv", "sub/a.csv"),
        ("new/folder/file.parquet", "new/folder/file.parquet"),
        ("..weird/...", "..weird/..."),
        ("a b ü.csv", "a b ü.csv"),
        (".", ""),
    ],
)
def test_paths_inside(workspace: Path, written: str, found: str) -> None:
    assert confine(workspace, written) == workspace.resolve() / found


def test_an_absolute_path_inside_is_fine(workspace: Path) -> None:
    assert confine(workspace, str(workspace / "sub" / "a.csv")) == workspace.resolve() / "sub" / "a.csv"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("../outside.txt", "path.outside_workspace"),
        ("sub/../../outside.txt", "path.outside_workspace"),
        ("../work-other/x", "path.outside_workspace"),
        ("/etc/passwd", "path.outside_workspace"),
        ("//etc/passwd", "path.outside_workspace"),
        ("/proc/self/environ", "path.outside_workspace"),
        ("sub/" + "../" * 50 + "etc/passwd", "path.outside_workspace"),
        ("out/outside.txt", "path.symlink_leaves"),
        ("file-out", "path.symlink_leaves"),
        ("dangling", "path.symlink_leaves"),
        ("inside/../out/outside.txt", "path.symlink_leaves"),
        ("circle", "path.invalid"),
        ("", "path.invalid"),
        ("  ", "path.invalid"),
        ("a\x00.csv", "path.invalid"),
        (".concertmaster/secret.key", "path.data_folder"),
        (".concertmaster", "path.data_folder"),
        (".ConcertMaster/secret.key", "path.data_folder"),
        ("sub/../.concertmaster/x", "path.data_folder"),
        ("data-link/secret.key", "path.data_folder"),
    ],
)
def test_paths_refused(workspace: Path, written: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        confine(workspace, written)
    assert caught.value.code == code


def test_a_data_folder_elsewhere_in_the_workspace_is_refused_too(workspace: Path) -> None:
    data = workspace / "sub" / "data"
    with pytest.raises(UserError, match="data folder"):
        confine(workspace, "sub/data/db.sqlite", data_dir=data)
    assert confine(workspace, "sub/database", data_dir=data)


def test_a_workspace_reached_through_a_link_is_the_workspace(workspace: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(workspace)
    assert confine(link, "sub/a.csv") == workspace.resolve() / "sub/a.csv"
    assert confine(link, str(link / "sub/a.csv")) == workspace.resolve() / "sub/a.csv"


def test_a_name_that_is_too_long_can_not_be_opened(workspace: Path) -> None:
    with pytest.raises((UserError, OSError), match="too long"):
        confine(workspace, "x" * 5_000).read_bytes()


def test_the_settings_and_the_code_of_the_server_are_out_of_reach(workspace: Path) -> None:
    (workspace / "nodes").mkdir()
    (workspace / "settings-link").symlink_to(workspace / "concertmaster.toml")
    for written in ("concertmaster.toml", "Concertmaster.TOML", "settings-link"):
        with pytest.raises(UserError) as caught:
            confine(workspace, written)
        assert caught.value.code == "path.settings"
    for written in ("nodes/a.py", "Nodes/deep/a.py", "sub/../nodes", "nodes"):
        with pytest.raises(UserError) as caught:
            confine(workspace, written, write=True)
        assert caught.value.code == "path.code"
    assert confine(workspace, "nodes/words.csv") == workspace / "nodes" / "words.csv"
    assert confine(workspace, "sub/nodes/a.py", write=True) == workspace / "sub" / "nodes" / "a.py"
