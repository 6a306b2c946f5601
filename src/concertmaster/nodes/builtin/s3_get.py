"""s3.get: an object as a file, written as it comes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from concertmaster import Connection, Context, File, node
from concertmaster.nodes.builtin.durations import Duration, duration_of
from concertmaster.nodes.builtin.s3.bucket import Bucket, BucketName, Key, last_part, within


@node(id="s3.get", category="storage", effect="read", summary="key", icon="cloud-download", title="Get from S3")
async def s3_get(
    connection: Connection[Literal["s3"]],
    key: Key,
    context: Context,
    bucket: BucketName | None = None,
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\x00]+$")] | None = None,
    max_mb: Annotated[int, Field(ge=1, le=6_000_000)] = 10_240,
    timeout: Duration = "15m",
) -> File:
    """Get an object from S3, or from a store that speaks its protocol.

    What comes out is a file that lives with the run, complete or not there at all: wire it into `file.read` to have it
    as a table, into the text nodes, `file.unarchive`, or `file.copy`, which gives it a place in the workspace.

    Args:
        connection: Of type `s3`.
        key: Of the object.
        bucket: Where it is; without it the connection's.
        name: What to call the file; otherwise the last part of the key.
        max_mb: More MiB than this are refused.
        timeout: Of all of it, such as `15m`.

    Example:
        ```yaml
        concertmaster: 1
        name: orders-of-a-day
        inputs: {day: {type: string, default: "2026-11-30"}}
        nodes:
          file: {type: s3.get, config: {connection: shop, key: "orders/{{ inputs.day }}.parquet"}}
          orders: {type: file.read}
        edges: [file -> orders]
        outputs: {rows: "{{ nodes.orders.rows }}"}
        ```
    """
    limit = duration_of(timeout)
    place = Bucket(connection, bucket, context, timeout=limit)
    part = context.scratch() / "object"
    async with within(limit, f"Reading {place.url(key)}"):
        await place.request("GET", key, to=part, max_bytes=max_mb * 2**20)
    return File(part, name=name or last_part(key))
