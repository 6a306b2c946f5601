"""ArtifactStore: what is named is whole, what went wrong leaves nothing behind."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from concertmaster.data import artifact_files
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.errors import NotFound, UserError

TEXT = b"some bytes"
DIGEST = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def files_of(store: ArtifactStore) -> list[str]:
    return sorted(str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file())


def test_bytes_come_back_by_their_digest(store: ArtifactStore) -> None:
    assert store.put_bytes(TEXT) == DIGEST
    assert store.read_bytes(DIGEST) == TEXT
    assert store.size(DIGEST) == len(TEXT)
    assert store.exists(DIGEST)
    assert files_of(store) == [f"{DIGEST[:2]}/{DIGEST}"]


def test_what_is_surely_on_disk_is_not_waited_for_again(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    sync = artifact_files.sync
    monkeypatch.setattr(artifact_files, "sync", lambda path: synced.append(path) or sync(path))
    folder = store.local_path(store.put_bytes(TEXT)).parent
    assert synced[-1] == folder
    synced.clear()
    assert store.put_bytes(TEXT) == DIGEST
    assert store.reuse(DIGEST)
    assert synced == []
    # Another process may have made it, and somebody may have removed it and made it anew after so long.
    assert ArtifactStore(store.root).reuse(DIGEST)
    monkeypatch.setattr(artifact_files, "_ENTRY_SECONDS", -1)
    assert store.reuse(DIGEST)
    assert synced == [folder, folder]


def test_equal_bytes_are_one_file_and_grow_young_again(store: ArtifactStore) -> None:
    path = store.local_path(store.put_bytes(TEXT))
    os.utime(path, (1, 1))
    store.put_bytes(TEXT)
    assert files_of(store) == [f"{DIGEST[:2]}/{DIGEST}"]
    assert path.stat().st_mtime > 1_000_000


@pytest.mark.parametrize("move", [True, False])
def test_a_file_is_moved_or_copied(store: ArtifactStore, tmp_path: Path, move: bool) -> None:
    source = tmp_path / "source.bin"
    for _ in range(2):  # the second time the bytes are there already
        source.write_bytes(TEXT)
        assert store.put_file(source, move=move) == DIGEST
        assert source.exists() is not move
        assert files_of(store) == [f"{DIGEST[:2]}/{DIGEST}"]


def test_a_file_url_names_the_same_store(tmp_path: Path) -> None:
    digest = ArtifactStore(f"file://{tmp_path}/a").put_bytes(TEXT)
    assert ArtifactStore(tmp_path / "a").exists(digest)


def test_other_stores_are_refused_by_name() -> None:
    with pytest.raises(UserError, match="memory://x") as caught:
        ArtifactStore("memory://x")
    assert caught.value.code == "artifacts.unsupported_store"


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "", "A" * 64])
def test_what_is_not_there_is_not_found(store: ArtifactStore, digest: str) -> None:
    with pytest.raises(NotFound):
        store.local_path(digest)
    with pytest.raises(NotFound):
        store.open(digest)
    with pytest.raises(NotFound):
        store.read_bytes(digest)


def test_what_is_old_can_be_removed_and_what_was_reused_meanwhile_stays(store: ArtifactStore) -> None:
    day = timedelta(days=1)
    store.put_bytes(TEXT)
    assert store.remove_old(DIGEST, day) is None
    os.utime(store.local_path(DIGEST), (0, 0))
    assert store.remove_old(DIGEST, day, dry_run=True) == len(TEXT)
    assert store.put_bytes(TEXT) == DIGEST
    assert store.remove_old(DIGEST, day) is None
    os.utime(store.local_path(DIGEST), (0, 0))
    assert store.remove_old(DIGEST, day) == len(TEXT)
    assert store.remove_old(DIGEST, day) is None
    assert not store.exists(DIGEST)
    assert list(store.unfinished.iterdir()) == []


def test_what_a_dead_remover_took_aside_is_put_back(store: ArtifactStore) -> None:
    store.put_bytes(TEXT)
    store.local_path(DIGEST).rename(store.unfinished / f"{DIGEST}.x.aside")
    store.sweep()
    assert store.read_bytes(DIGEST) == TEXT


def test_a_file_that_is_moved_in_is_young_whatever_its_time(store: ArtifactStore, tmp_path: Path) -> None:
    file = tmp_path / "old.bin"
    file.write_bytes(TEXT)
    os.utime(file, (0, 0))
    assert store.put_file(file, move=True) == DIGEST
    assert store.remove_old(DIGEST, timedelta(days=1)) is None


def test_foreign_files_are_left_alone(store: ArtifactStore) -> None:
    store.put_bytes(TEXT)
    (stray := store.root / DIGEST[:2] / ".nfs0001").touch()
    os.utime(stray, (0, 0))
    assert store.older_than(DIGEST[:2], timedelta()) == [DIGEST]


def test_a_store_belongs_to_who_asks_first(store: ArtifactStore) -> None:
    assert store.belongs_to("one")
    assert store.belongs_to("one")
    assert not store.belongs_to("other")


def test_a_failing_writer_leaves_nothing(store: ArtifactStore) -> None:
    def fail_half_way() -> None:
        with store.temporary() as path:
            path.write_bytes(TEXT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert files_of(store) == []


def test_the_sweep_takes_only_old_temporary_files(store: ArtifactStore) -> None:
    store.put_bytes(TEXT)
    old, young = store.root / "tmp" / "old", store.root / "tmp" / "young"
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    os.utime(old, (1, 1))
    assert store.sweep(older_than=timedelta(hours=1)) == 1
    assert files_of(store) == [f"{DIGEST[:2]}/{DIGEST}", "tmp/young"]


def test_many_threads_may_put_the_same_bytes(store: ArtifactStore) -> None:
    start = threading.Barrier(8)
    digests: list[str] = []

    def put() -> None:
        start.wait()
        digests.append(store.put_bytes(TEXT * 1000))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 8
    assert len(set(digests)) == 1
    assert len(files_of(store)) == 1


_KILLED = """
import os, sys
from pathlib import Path
from concertmaster.data import artifact_files
from concertmaster.data.artifacts import ArtifactStore
store = ArtifactStore(sys.argv[1])
with store.temporary() as path:
    path.write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""


def test_a_crash_leaves_only_temporary_files(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False, timeout=60)
    store = ArtifactStore(tmp_path)
    assert [name.split("/")[0] for name in files_of(store)] == ["tmp"]
    assert store.sweep(older_than=timedelta(0)) == 1


_FULL = """
import subprocess, sys
from pathlib import Path
folder = Path(sys.argv[1])
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]).returncode:
    sys.exit(77)
import polars as pl
from concertmaster.data import artifact_files
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.parquet import TableWriter, write_frame, write_lazy
from concertmaster.domain.errors import OperationalError
store = ArtifactStore(folder)
frame = pl.DataFrame({"n": range(300_000)}).with_columns(h=pl.col("n").hash())
source = Path(sys.argv[2])
source.write_bytes(bytes(1_000_000))

def stream():
    with TableWriter(store) as writer:
        writer.write(frame.to_arrow())
        return writer.finish()

for put in (
    lambda: store.put_bytes(bytes(1_000_000)),
    lambda: store.put_file(source),
    lambda: write_frame(frame, store),
    lambda: write_lazy(frame.lazy(), store),
    stream,
):
    try:
        put()
    except OperationalError as error:
        assert error.code == "artifacts.disk_full", error
        assert str(folder) in error.message
    else:
        raise AssertionError("it fitted")
    assert not [path for path in folder.rglob("*") if path.is_file()]
assert store.put_bytes(b"small") and source.exists()
"""


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    """On a file system of 256 KiB of its own, in a mount namespace of its own."""
    (tmp_path / "disk").mkdir()
    script = [sys.executable, "-c", _FULL, str(tmp_path / "disk"), str(tmp_path / "source")]
    try:
        done = subprocess.run(["unshare", "-rm", *script], capture_output=True, text=True, timeout=100)
    except FileNotFoundError:
        pytest.skip("needs unshare (util-linux)")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("needs user namespaces to mount a small disk")
    assert done.returncode == 0, done.stderr
