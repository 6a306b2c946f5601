"""s3.put: a file or a table as an object, complete or not at all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from pydantic import Field

from concertmaster import Connection, Context, File, Input, Table, UserError, node
from concertmaster.nodes.builtin.durations import Duration, duration_of
from concertmaster.nodes.builtin.file_read import existing
from concertmaster.nodes.builtin.s3.bucket import Bucket, BucketName, Key, last_part, within
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    from concertmaster.nodes.builtin import file_write
    from concertmaster.nodes.builtin.s3 import upload
else:
    file_write = deferred("concertmaster.nodes.builtin.file_write")
    upload = deferred("concertmaster.nodes.builtin.s3.upload")


class Stored(TypedDict):
    """The object that is there now; `url` is `s3://bucket/key`."""

    bucket: str
    key: str
    url: str
    bytes: int
    etag: str


@node(
    id="s3.put",
    category="storage",
    effect="write",
    idempotent=True,
    summary="key",
    icon="cloud-upload",
    title="Put to S3",
)
async def s3_put(
    value: Input[Any] = None,
    *,
    connection: Connection[Literal["s3"]],
    key: Key,
    context: Context,
    bucket: BucketName | None = None,
    path: Annotated[
        Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})] | None,
        Field(json_schema_extra={"x-required-unless-wired": True}),
    ] = None,
    format: Literal["auto", "csv", "parquet", "jsonl"] = "auto",
    compression: Literal["auto", "none", "zstd", "lz4", "snappy", "gzip"] = "auto",
    mode: Literal["overwrite", "fail"] = "overwrite",
    content_type: Annotated[str, Field(max_length=200, pattern=r"^[\w.+-]+/[\w.+-]+(;.*)?$")] | None = None,
    timeout: Duration = "15m",
) -> Stored:
    """Put a file or a table into S3, or into a store that speaks its protocol.

    A table is written as CSV, Parquet or JSON lines; for other formats wire it through `file.write`. Large files go in
    parts. The object appears under its key only when all of it is there; until then the old one stays.

    Args:
        connection: Of type `s3`.
        key: Of the object; with a slash at its end the name of the file is added.
        bucket: Where to put it; without it the connection's.
        path: A file of the workspace, in place of what is wired in.
        format: How to write a table; `auto` goes by the ending of the key.
        compression: Of a table, as for `file.write`.
        mode: What to do when there is such an object; `fail` accepts one that is the same already.
        content_type: What readers are told; otherwise by the ending of the name.
        timeout: Of all of it, such as `15m`.

    Example:
        ```yaml
        concertmaster: 1
        name: publish-airlines
        nodes:
          airlines: {type: file.read, config: {path: airlines.csv}}
          publish: {type: s3.put, config: {connection: shop, key: reference/airlines.parquet}}
        edges: [airlines -> publish]
        outputs: {url: "{{ nodes.publish.url }}"}
        ```
    """
    limit = duration_of(timeout)
    place = Bucket(connection, bucket, context, timeout=limit)
    async with within(limit, f"Writing {place.url(key)}"):
        if path is None and isinstance(value, Table):
            _demand_name(key)
            target = context.scratch() / last_part(key)
            await asyncio.to_thread(_write, value, target, key, format, compression)
            file = File(target)
        else:
            file = _file_of(value, path, context)
            key = key + file.name if key.endswith("/") else key
        etag = await upload.upload(
            place,
            key,
            file.path,
            digest=file.ref.artifact if file.ref else None,
            media_type=content_type or file.media_type,
            mode=mode,
            context=context,
        )
    return Stored(bucket=place.name, key=key, url=place.url(key), bytes=file.size_bytes, etag=etag)


def _demand_name(key: str) -> None:
    if key.endswith("/"):
        raise UserError("s3.key_incomplete", f"A table has no name that could be added to the key {key!r}; complete it")


def _write(table: Table, target: Path, key: str, format: str, compression: Any) -> None:
    known = format if format != "auto" else file_write.format_of(target, key)
    if known not in ("csv", "parquet", "jsonl"):
        raise UserError(
            "s3.format",
            f"A table cannot be put as {known}: write it with file.write, and wire that file in here",
            key=key,
        )
    file_write.write_streaming(table.scan(), target, known, compression)


def _file_of(value: Any, path: str | None, context: Context) -> File:
    if path is not None:
        return File(existing(path, context))
    if isinstance(value, File):
        return value
    what = "nothing" if value is None else "a value that is neither"
    raise UserError("s3.no_file", f"There is no file or table to put, {what} came in: wire one in, or fill in `path`")
