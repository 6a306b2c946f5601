"""file.archive and file.unarchive, and archives that want to do harm."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from concertmaster import File, UserError
from concertmaster.nodes.builtin.file_archive import file_archive
from concertmaster.nodes.builtin.file_unarchive import file_unarchive
from concertmaster.nodes.node_type import node_type_of
from node_context import PlainContext


@pytest.fixture
def context(tmp_path: Path) -> PlainContext:
    for name in ("a.csv", "deep/b.csv", "deep/er/c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name * 1_000)
    return PlainContext(tmp_path)


def refused(call: Any, *args: Any, **config: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        call(*args, **config)
    return caught.value


def state(context: PlainContext) -> list[str]:
    return sorted(path.relative_to(context.workspace).as_posix() for path in context.workspace.rglob("*"))


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz", "tgz"])
def test_there_and_back(context: PlainContext, ending: str) -> None:
    packed = file_archive(to=f"out/all.{ending}", paths=["deep", "a.csv"], context=context)
    first = packed.read_bytes()
    assert file_archive(to=f"out/all.{ending}", paths=["a.csv", "deep"], mode="fail", context=context)
    assert packed.read_bytes() == first
    found = file_unarchive(packed, to="back", context=context)
    assert [one["path"] for one in found] == ["back/a.csv", "back/deep/b.csv", "back/deep/er/c.csv"]
    for name in ("a.csv", "deep/b.csv", "deep/er/c.csv"):
        assert (context.workspace / "back" / name).read_text() == name * 1_000
    some = file_unarchive(path=f"out/all.{ending}", to="some", pattern="deep/*", context=context)
    assert [one["path"] for one in some] == ["some/deep/b.csv"]
    assert [path for path in state(context) if path.endswith(".part")] == []


def test_pack_refuses(context: PlainContext, tmp_path: Path) -> None:
    assert refused(file_archive, to="x.zip", context=context).code == "archive.empty"
    assert refused(file_archive, to="x.rar", paths=["a.csv"], context=context).code == "file.unknown_format"
    assert refused(file_archive, to="x.zip", paths=["../a"], context=context).code == "path.outside_workspace"
    two = [File(context.workspace / "a.csv", name="n"), File(context.workspace / "deep/b.csv", name="n")]
    assert refused(file_archive, two, to="x.zip", context=context).code == "archive.same_name"
    assert not (context.workspace / "x.zip").exists()


def tar(path: Path, *members: tarfile.TarInfo, content: bytes = b"x") -> None:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content) if member.isreg() else None)


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


@pytest.mark.parametrize(
    "bad",
    [
        entry("../evil"),
        entry("/etc/evil"),
        entry("a/../../evil"),
        entry("C:evil"),
        entry("a\\..\\evil"),
        entry("link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("hard", tarfile.LNKTYPE, "good"),
        entry("pipe", tarfile.FIFOTYPE),
        entry("device", tarfile.CHRTYPE),
    ],
    ids=lambda member: member.name,
)
def test_tar_with_bad_names_and_links_is_refused_whole(context: PlainContext, bad: tarfile.TarInfo) -> None:
    tar(context.workspace / "bad.tar.gz", entry("good"), bad)
    before = state(context)
    assert refused(file_unarchive, path="bad.tar.gz", to="out", context=context).code == "archive.unsafe"
    assert state(context) == before
    assert file_unarchive(path="bad.tar.gz", to="out", pattern="good", context=context) == [
        {"path": "out/good", "bytes": 1}
    ]


@pytest.mark.parametrize("name", ["../evil", "/evil", "..\\evil"])
def test_zip_with_bad_names_is_refused_whole(context: PlainContext, name: str) -> None:
    with zipfile.ZipFile(context.workspace / "bad.zip", "w") as archive:
        archive.writestr("good", "x")
        archive.writestr(name, "x")
    before = state(context)
    assert refused(file_unarchive, path="bad.zip", to="out", context=context).code == "archive.unsafe"
    assert state(context) == before


def test_zip_with_a_link_is_refused(context: PlainContext) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(context.workspace / "bad.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refused(file_unarchive, path="bad.zip", to="out", context=context).code == "archive.unsafe"


@pytest.mark.parametrize("ending", ["zip", "tar.gz"])
def test_a_bomb_is_stopped_by_what_comes_out_of_it(context: PlainContext, ending: str) -> None:
    with (context.workspace / "zeros").open("wb") as file:
        file.truncate(3 * 2**20)
    packed = file_archive(to=f"bomb.{ending}", paths=["zeros"], context=context)
    assert packed.size_bytes < 20_000
    before = state(context)
    error = refused(file_unarchive, packed, to="out", max_mb=2, context=context)
    assert (error.code, "max_mb" in error.message) == ("archive.too_large", True)
    assert state(context) == before
    assert file_unarchive(packed, to="out", max_mb=3, context=context)[0]["bytes"] == 3 * 2**20


def test_too_many_files_and_names_twice(context: PlainContext) -> None:
    tar(context.workspace / "many.tar.gz", *(entry(f"f{n}") for n in range(5)))
    assert (
        refused(file_unarchive, path="many.tar.gz", to="out", max_files=4, context=context).code == "archive.too_many"
    )
    for names in (("a", "a"), ("a", "a/b"), ("a/b", "a")):
        tar(context.workspace / "twice.tar.gz", *map(entry, names))
        assert refused(file_unarchive, path="twice.tar.gz", to="out", context=context).code == "archive.same_name"


def test_broken_archives(context: PlainContext) -> None:
    whole = file_archive(to="whole.tar.gz", paths=["a.csv"], context=context).read_bytes()
    (context.workspace / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    (context.workspace / "no.zip").write_bytes(b"not a zip")
    (context.workspace / "no.tar").write_bytes(b"not a tar" * 100)
    before = state(context)
    for name in ("half.tar.gz", "no.zip", "no.tar"):
        error = refused(file_unarchive, path=name, to="out", context=context)
        assert (error.code, name in error.message) == ("archive.broken", True)
    assert state(context) == before


def test_places_are_guarded_and_kept(context: PlainContext) -> None:
    packed = file_archive(to="all.zip", paths=["a.csv"], context=context)
    assert refused(file_unarchive, packed, to="nodes", context=context).code == "path.code"
    assert refused(file_unarchive, packed, to=".concertmaster", context=context).code == "path.data_folder"
    assert refused(file_unarchive, packed, to=".", mode="fail", context=context).code == "file.exists"
    assert file_unarchive(packed, to=".", context=context) == [{"path": "a.csv", "bytes": 5_000}]
    tar(context.workspace / "code.tar.gz", entry("nodes/evil.py"))
    assert refused(file_unarchive, path="code.tar.gz", to=".", context=context).code == "path.code"
    assert not (context.workspace / "nodes").exists()


def test_they_run_in_a_child_process() -> None:
    for function in (file_archive, file_unarchive):
        found = node_type_of(function)
        assert found is not None
        assert found.call == "process"
