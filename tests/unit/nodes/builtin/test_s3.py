"""s3.get, s3.put and s3.list against a real object store."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import Connection, File, OperationalError, UserError
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.domain.errors import ConcertMasterError
from concertmaster.nodes.builtin import s3_list as s3_list_module
from concertmaster.nodes.builtin.s3 import upload
from concertmaster.nodes.builtin.s3_delete import s3_delete
from concertmaster.nodes.builtin.s3_get import s3_get
from concertmaster.nodes.builtin.s3_list import s3_list
from concertmaster.nodes.builtin.s3_put import s3_put
from concertmaster.nodes.connection_types.catalog import with_defaults
from node_context import PlainContext
from node_tables import stored
from s3_server import OWNER, READER, S3Server

MIB = 2**20
Named = Callable[..., Connection[Any]]


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> str:
    return s3.make_bucket("objects")


@pytest.fixture
def store(s3: S3Server, bucket: str) -> Connection[Any]:
    return _connection(s3.values(bucket))


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[PlainContext]:
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        yield PlainContext(tmp_path, client)


def _connection(values: dict[str, Any]) -> Connection[Any]:
    return Connection("s3", "shop", with_defaults("s3", values))


async def _refused(work: Any) -> ConcertMasterError:
    with pytest.raises(ConcertMasterError) as told:
        await work
    return told.value


async def test_a_file_comes_back_as_it_was(store: Connection[Any], context: PlainContext, s3: S3Server) -> None:
    (context.workspace / "größe & more.txt").write_bytes(b"hello\0there")
    key = "odd +names/größe & 'more' ~100%?#=.txt"
    put = await s3_put(path="größe & more.txt", connection=store, key=key, context=context)
    assert (put["url"], put["bytes"]) == (f"s3://objects/{key}", 11)
    kept = s3.client().head_object(Bucket="objects", Key=key)
    assert (kept["ContentType"], kept["ETag"].strip('"')) == ("text/plain", put["etag"])
    got = await s3_get(connection=store, key=key, context=context)
    assert (got.read_bytes(), got.name) == (b"hello\0there", "größe & 'more' ~100%?#=.txt")
    listed = await s3_list(connection=store, prefix="odd +names/", context=context)
    assert listed["key"].to_list() == [key]
    file = await s3_put(File(got.path, "x.bin"), connection=store, key="folder/", context=context)
    assert file["key"] == "folder/x.bin"


async def test_a_large_file_goes_in_parts_and_is_there_whole(
    store: Connection[Any], context: PlainContext, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The smallest parts that S3 takes.
    monkeypatch.setattr(upload, "PART_BYTES", 5 * MIB)
    data = bytes(range(256)) * (12 * MIB // 256) + b"end"
    (context.workspace / "large.bin").write_bytes(data)
    put = await s3_put(path="large.bin", connection=store, key="large.bin", context=context)
    assert put["etag"].endswith("-3")
    got = await s3_get(connection=store, key="large.bin", context=context)
    assert got.read_bytes() == data
    too_large = await _refused(s3_get(connection=store, key="large.bin", max_mb=2, context=context))
    assert too_large.code == "http.too_large"
    assert s3.client().list_multipart_uploads(Bucket="objects").get("Uploads", []) == []


async def test_what_is_given_up_in_the_middle_leaves_nothing(
    store: Connection[Any], context: PlainContext, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PART_BYTES", 5 * MIB)
    (context.workspace / "large.bin").write_bytes(b"x" * (30 * MIB))
    half = asyncio.Event()
    monkeypatch.setattr(context, "progress", lambda done, total=None: half.set())
    work = asyncio.create_task(s3_put(path="large.bin", connection=store, key="cancelled.bin", context=context))
    await half.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert "cancelled.bin" not in s3.keys_of("objects")
    assert s3.client().list_multipart_uploads(Bucket="objects").get("Uploads", []) == []


@pytest.mark.parametrize("size", [3, 6 * MIB], ids=["whole", "parts"])
async def test_fail_never_replaces_what_is_different(
    store: Connection[Any], context: PlainContext, s3: S3Server, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(upload, "PART_BYTES", 5 * MIB)
    key, file = f"once-{size}", context.workspace / "file.bin"
    file.write_bytes(b"a" * size)

    def put(mode: Any = "fail") -> Any:
        return s3_put(path="file.bin", connection=store, key=key, mode=mode, context=context)

    # The second one is an attempt that does not know how the first one ended.
    first, again = await put(), await put()
    assert first == again
    file.write_bytes(b"b" * size)
    told = await _refused(put())
    assert (told.code, "mode: overwrite" in told.message) == ("s3.exists", True)
    # Somebody else was quicker, after everybody had looked.
    monkeypatch.setattr(upload, "_same", _never)
    assert (await _refused(put())).code == "s3.unavailable"
    monkeypatch.undo()
    assert s3.client().get_object(Bucket="objects", Key=key)["Body"].read(1) == b"a"
    await put("overwrite")
    assert s3.client().get_object(Bucket="objects", Key=key)["Body"].read(1) == b"b"


async def _never(*_: Any) -> None:
    return None


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz", "jsonl"])
async def test_a_table_is_written_by_the_ending_of_the_key(
    store: Connection[Any], context: PlainContext, tmp_path: Path, ending: str
) -> None:
    table = stored(tmp_path / "tables", {"city": ["Lima", "Oslo"], "people": [11, 1]})
    put = await s3_put(table, connection=store, key=f"tables/cities.{ending}", context=context)
    assert put["bytes"] > 0
    got = await s3_get(connection=store, key=f"tables/cities.{ending}", context=context)
    read = {"parquet": pl.read_parquet, "jsonl": pl.read_ndjson}.get(ending, pl.read_csv)
    assert read(got.path.read_bytes()).rows() == [("Lima", 11), ("Oslo", 1)]


async def test_a_list_goes_through_all_pages(
    context: PlainContext, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_list_module, "PAGE_KEYS", 7)
    name, client = s3.make_bucket("many"), s3.client()
    keys = sorted([f"logs/{day:02}/{number:03}.csv" for day in (1, 2) for number in range(20)] + ["logs/x.txt", "a"])
    for key in keys:
        client.put_object(Bucket=name, Key=key, Body=b"12345")
    store = _connection(s3.values(name))

    async def listed(**config: Any) -> list[str]:
        return (await s3_list(connection=store, context=context, **config))["key"].to_list()

    assert await listed() == keys
    assert await listed(pattern="logs/01/*.csv", limit=20) == [key for key in keys if key.startswith("logs/01/")]
    assert await listed(prefix="logs/", pattern="*") == ["logs/x.txt"]
    assert await listed(prefix="logs/02/01", pattern="*.csv") == [f"logs/02/0{number}.csv" for number in range(10, 20)]
    assert await listed(prefix="none") == []
    table = await s3_list(connection=store, prefix="a", context=context)
    assert table.schema == {
        "key": pl.String,
        "bytes": pl.Int64,
        "modified": pl.Datetime("us", "UTC"),
        "etag": pl.String,
    }
    assert table["bytes"].to_list() == [5]
    assert (await _refused(listed(limit=40))).code == "s3.too_many"
    assert (await _refused(listed(prefix="none", empty="fail"))).code == "s3.none_found"


async def test_deleting_may_be_repeated(context: PlainContext, s3: S3Server) -> None:
    name = s3.make_bucket("to-be-emptied")
    keys = tuple(f"a b/{number}" for number in range(20))
    for key in (*keys, "other"):
        s3.client().put_object(Bucket=name, Key=key, Body=b"x")
    store = _connection(s3.values(name))
    for _ in range(2):
        gone = await s3_delete(connection=store, keys=keys, context=context)
        assert gone == {"bucket": name, "keys": list(keys)}
        assert s3.keys_of(name) == ["other"]
    missing = await _refused(s3_delete(connection=store, bucket="emptied", keys=keys, context=context))
    assert missing.code == "s3.bucket_not_found"
    reader = _connection(s3.values(name, keys=READER))
    assert (await _refused(s3_delete(connection=reader, keys=("other",), context=context))).code == "s3.refused"
    assert s3.keys_of(name) == ["other"]


async def test_messages_say_what_is_meant(store: Connection[Any], context: PlainContext, s3: S3Server) -> None:
    s3.client().put_object(Bucket="objects", Key="orders/2026.csv", Body=b"x")

    async def get(
        key: str = "orders/2026.csv", connection: Connection[Any] = store, **config: Any
    ) -> ConcertMasterError:
        return await _refused(s3_get(connection=connection, key=key, context=context, **config))

    key = await get("orders/2025.csv")
    assert (key.code, key.message) == (
        "s3.key_not_found",
        "There is no s3://objects/orders/2025.csv; did you mean 'orders/2026.csv'?",
    )
    assert (await get("nowhere/a.csv")).message.endswith("; nothing there begins with 'nowhere/'")
    bucket = await get(bucket="objekts")
    assert (bucket.code, "did you mean 'objects'?" in bucket.message) == ("s3.bucket_not_found", True)
    assert (await get(connection=_connection(s3.values()))).code == "s3.no_bucket"
    secret = await get(connection=_connection(s3.values("objects", keys=(OWNER[0], "another"))))
    assert (secret.code, "secret_access_key" in secret.message) == ("s3.refused", True)
    stranger = await get(connection=_connection(s3.values("objects", keys=("AKIANOBODY", "another"))))
    assert (stranger.code, "access_key_id" in stranger.message) == ("s3.refused", True)
    assert (await get("a/../b")).code == "s3.key_invalid"
    reader = _connection(s3.values("objects", keys=READER))
    (context.workspace / "a.txt").write_text("a")
    denied = await _refused(s3_put(path="a.txt", connection=reader, key="a.txt", context=context))
    assert (denied.code, "the right to do so" in denied.message) == ("s3.refused", True)
    missing = await _refused(s3_put(path="a.txt", connection=store, bucket="objekts", key="a.txt", context=context))
    assert missing.code == "s3.bucket_not_found"
    assert (await _refused(s3_put(connection=store, key="a.txt", context=context))).code == "s3.no_file"


async def test_addresses_inside_are_refused_and_silence_ends(
    store: Connection[Any], context: PlainContext, tmp_path: Path, s3: S3Server
) -> None:
    async with GuardedClient(EgressRules()) as strict:
        inside = await _refused(s3_get(connection=store, key="a", context=PlainContext(tmp_path, strict)))
    assert inside.code == "http.egress_refused"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        quiet = _connection({**s3.values("objects"), "endpoint_url": address})
        told = await _refused(s3_get(connection=quiet, key="a", timeout="300ms", context=context))
    assert (told.code, told.retryable) == ("s3.timeout", True)
    gone = await _refused(s3_get(connection=quiet, key="a", context=context))
    assert (gone.code, gone.retryable, isinstance(gone, OperationalError)) == ("http.connect_failed", True, True)
    assert not isinstance(gone, UserError)
