"""Depot and its cache: what is in a bucket, what goes from this disk, and what is said when the bucket is no good."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from concertmaster.data.artifact_cache import ArtifactCache
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.depot import Depot
from concertmaster.domain.errors import ConcertMasterError, NotFound, UserError
from s3_server import OWNER, READER, REGION, S3Server

TEXT = b"some bytes"
DIGEST = hashlib.sha256(TEXT).hexdigest()
DAY = timedelta(days=1)


def depot_of(s3: S3Server, url: str, *, keys: tuple[str, str] = OWNER, **options: Any) -> Depot:
    given = {"endpoint": s3.endpoint_url, "region": REGION, "access_key_id": keys[0], "secret_access_key": keys[1]}
    return Depot(url, options={**given, **options})


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> str:
    return s3.make_bucket("artifacts")


@pytest.fixture
def depot(s3: S3Server, bucket: str, request: pytest.FixtureRequest) -> Depot:
    """In a folder of the test's own."""
    return depot_of(s3, f"s3://{bucket}/{request.node.name}")


def store_of(depot: Depot, folder: Path, *, most_bytes: int = 2**20, spared_seconds: float = 0) -> ArtifactStore:
    cache = ArtifactCache(folder, most_bytes, spared_seconds=spared_seconds)
    return ArtifactStore(folder, depot=depot, cache=cache)


def test_what_one_puts_others_find(depot: Depot, tmp_path: Path) -> None:
    first, second = store_of(depot, tmp_path / "a"), store_of(depot, tmp_path / "b")
    (tmp_path / "file").write_bytes(TEXT)
    assert first.put_file(tmp_path / "file", move=True) == first.put_bytes(TEXT) == DIGEST
    assert len(depot.generations(DIGEST)) == 1
    assert (second.exists(DIGEST), second.reuse(DIGEST), second.size(DIGEST)) == (True, True, len(TEXT))
    assert second.read_bytes(DIGEST) == TEXT
    other = hashlib.sha256(b"other").hexdigest()
    assert (second.exists(other), second.reuse(other)) == (False, False)
    with pytest.raises(NotFound, match="run the workflow again"):
        second.local_path(other)
    assert not list(second.unfinished.iterdir())
    assert (depot.belongs_to("us"), depot.belongs_to("them"), depot.belongs_to("us")) == (True, False, True)


def test_of_two_who_come_at_once_one_has_it(depot: Depot, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    other, read = depot_of(s3, depot.url), depot._files.cat_file

    def late(path: str) -> bytes:
        monkeypatch.undo()
        assert other.belongs_to("them")
        raise FileNotFoundError(path)

    monkeypatch.setattr(depot._files, "cat_file", late)
    assert not depot.belongs_to("us")
    assert read(f"{depot._root}/database") == b"them"


def test_large_artifacts_come_and_go_in_parts(depot: Depot, tmp_path: Path) -> None:
    data = os.urandom(20 * 2**20)
    digest = store_of(depot, tmp_path / "a", most_bytes=2**30).put_bytes(data)
    assert store_of(depot, tmp_path / "b", most_bytes=2**30).read_bytes(digest) == data


def test_many_who_need_it_fetch_it_once(depot: Depot, tmp_path: Path) -> None:
    store_of(depot, tmp_path / "a").put_bytes(TEXT)
    store = store_of(depot, tmp_path / "b")
    fetched, begin, fetch = [], threading.Barrier(8), depot.fetch

    def counted(digest: str, to: Path) -> bool:
        fetched.append(digest)
        return fetch(digest, to)

    def read() -> None:
        begin.wait(10)
        assert store.read_bytes(DIGEST) == TEXT

    depot.fetch = counted  # pyright: ignore[reportAttributeAccessIssue]
    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert fetched == [DIGEST]


def test_the_cache_stays_small_and_spares_what_is_in_use(depot: Depot, tmp_path: Path) -> None:
    store = store_of(depot, tmp_path / "a", most_bytes=1_000_000)
    digests = [store.put_bytes(bytes([number]) * 300_000) for number in range(3)]
    for age, digest in enumerate(digests):
        past = time.time() - 1_000 + age
        os.utime(store.root / digest[:2] / digest, (past, past))
    with store.holding(digests[:1]):
        digests.append(store.put_bytes(b"x" * 300_000))
        here = [(store.root / digest[:2] / digest).exists() for digest in digests]
    assert here == [True, False, True, True]
    assert store.read_bytes(digests[1]) == bytes([1]) * 300_000


def test_what_is_damaged_or_half_there_is_never_given_out(
    depot: Depot, s3: S3Server, bucket: str, tmp_path: Path
) -> None:
    store = store_of(depot, tmp_path / "a")
    store.put_bytes(TEXT)
    (kept,) = depot.generations(DIGEST)
    s3.client().put_object(Bucket=bucket, Key=kept.path.partition("/")[2], Body=b"other byte")
    with pytest.raises(ConcertMasterError) as told:
        store_of(depot, tmp_path / "b").local_path(DIGEST)
    assert told.value.code == "artifacts.damaged"
    s3.client().put_object(Bucket=bucket, Key=kept.path.partition("/")[2], Body=b"half")
    assert depot.generations(DIGEST) == []
    # Who has it puts it there once more.
    assert store.reuse(DIGEST)
    assert store_of(depot, tmp_path / "b").read_bytes(DIGEST) == TEXT


def test_only_what_is_old_goes(depot: Depot, tmp_path: Path) -> None:
    store = store_of(depot, tmp_path / "a")
    store.put_bytes(TEXT)
    assert store.folders() == [DIGEST[:2]]
    assert store.older_than(DIGEST[:2], DAY) == []
    assert store.remove_old(DIGEST, DAY) is None
    later = time.time() + 2 * DAY.total_seconds()
    depot._now = lambda: later
    assert store.older_than(DIGEST[:2], DAY) == [DIGEST]
    assert store.remove_old(DIGEST, DAY, dry_run=True) == len(TEXT)
    assert store.remove_old(DIGEST, DAY) == len(TEXT)
    assert depot.generations(DIGEST) == []


def test_a_reuse_after_long_takes_the_oldest_away(depot: Depot, tmp_path: Path) -> None:
    began = time.time()
    for hours in (0, 13, 26, 39, 52):
        depot._now = lambda hours=hours: began + hours * 3600
        # By turns from the bytes at hand, and by a copy within the store.
        if hours % 2:
            assert ArtifactStore(tmp_path / "empty", depot=depot).reuse(DIGEST)
        else:
            store_of(depot, tmp_path / "a").put_bytes(TEXT)
    assert [round((one.made_ms / 1000 - began) / 3600) for one in depot.generations(DIGEST)] == [39, 52]


def test_the_check_says_what_is_wrong(depot: Depot, s3: S3Server, bucket: str) -> None:
    depot.check()
    assert not [key for key in s3.keys_of(bucket) if "probe" in key]

    def told(found: Depot) -> ConcertMasterError:
        with pytest.raises(ConcertMasterError) as caught:
            found.check()
        assert "owner-s3cret" not in caught.value.message
        return caught.value

    missing = told(depot_of(s3, "s3://nowhere/x"))
    assert (missing.code, "There is no bucket" in missing.message) == ("artifacts.no_bucket", True)
    for keys in ((OWNER[0], "wrong"), ("AKIANOBODY", "wrong"), READER):
        assert told(depot_of(s3, f"s3://{bucket}/x", keys=keys)).code == "artifacts.not_writable"
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = f"http://127.0.0.1:{server.getsockname()[1]}"
    down = told(depot_of(s3, f"s3://{bucket}/x", endpoint=gone))
    assert (down.code, down.retryable) == ("artifacts.unreachable", True)


@pytest.mark.parametrize("url", ["nothing://x/y", "s3:///x"])
def test_places_that_are_none(url: str) -> None:
    with pytest.raises(UserError) as told:
        Depot(url)
    assert told.value.code == "artifacts.unsupported_store"
