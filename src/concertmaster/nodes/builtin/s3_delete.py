"""s3.delete: objects that are not needed any more."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal, TypedDict

from pydantic import Field

from concertmaster import Connection, Context, node
from concertmaster.nodes.builtin.durations import Duration, duration_of
from concertmaster.nodes.builtin.s3.bucket import Bucket, BucketName, Key, first_of, within

_AT_ONCE = 8


class Gone(TypedDict):
    """The objects that are not there any more."""

    bucket: str
    keys: list[str]


@node(
    id="s3.delete",
    category="storage",
    effect="write",
    idempotent=True,
    summary="keys",
    icon="trash",
    title="Delete from S3",
)
async def s3_delete(
    connection: Connection[Literal["s3"]],
    keys: Annotated[tuple[Key, ...], Field(min_length=1, max_length=10_000)],
    context: Context,
    bucket: BucketName | None = None,
    timeout: Duration = "5m",
) -> Gone:
    """Delete objects from S3, or from a store that speaks its protocol.

    Keys that are not there are fine, so that it may be repeated. When it fails in the middle, some are gone.

    Args:
        connection: Of type `s3`.
        keys: Of the objects, such as `{{ nodes.files | map(attribute='key') }}` of a list.
        bucket: Where they are; without it the connection's.
        timeout: Of all of it, such as `5m`.

    Example:
        ```yaml
        concertmaster: 1
        name: pass-on-and-delete
        nodes:
          airlines: {type: file.read, config: {path: airlines.csv}}
          put: {type: s3.put, config: {connection: shop, key: passing/airlines.csv}}
          delete: {type: s3.delete, config: {connection: shop, keys: ["{{ input.key }}"]}}
        edges: [airlines -> put, put -> delete]
        outputs: {gone: "{{ nodes.delete.keys }}"}
        ```
    """
    limit = duration_of(timeout)
    place = Bucket(connection, bucket, context, timeout=limit)
    left, done = iter(keys), 0

    async def work() -> None:
        nonlocal done
        for key in left:
            await place.request("DELETE", key)
            done += 1
            context.progress(done, len(keys))

    async with within(limit, f"Deleting {len(keys)} objects of {place.name}"):
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_AT_ONCE, len(keys))):
                    group.create_task(work())
        except* Exception as errors:
            raise first_of(errors) from None
    return Gone(bucket=place.name, keys=list(keys))
