"""s3.list: which objects a bucket holds, as a table."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import unquote_plus

import polars as pl
from pydantic import Field

from concertmaster import Connection, Context, UserError, node
from concertmaster.nodes.builtin.durations import Duration, duration_of
from concertmaster.nodes.builtin.file_places import matches
from concertmaster.nodes.builtin.s3.bucket import Bucket, BucketName, within
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    from concertmaster.nodes.builtin.s3 import answers
else:
    answers = deferred("concertmaster.nodes.builtin.s3.answers")

PAGE_KEYS = 1_000
"""Of one request; S3 gives no more."""
_EVERYTHING = "**"
_WILD = re.compile(r"[*?\[]")
_SCHEMA = {"key": pl.String(), "bytes": pl.Int64(), "modified": pl.Datetime("us", "UTC"), "etag": pl.String()}
Row = tuple[str, int, datetime | None, str]


@node(id="s3.list", category="storage", effect="read", summary="prefix", icon="cloud", title="List S3")
async def s3_list(
    connection: Connection[Literal["s3"]],
    context: Context,
    bucket: BucketName | None = None,
    prefix: Annotated[str, Field(max_length=1_024)] = "",
    pattern: Annotated[str, Field(min_length=1, max_length=500, json_schema_extra={"examples": ["**/*.csv"]})] = "**",
    limit: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000,
    empty: Literal["ok", "fail"] = "ok",
    timeout: Duration = "5m",
) -> pl.DataFrame:
    """List the objects of a bucket.

    What comes out is a table of `key`, `bytes`, `modified` and `etag`, in the order of keys; `flow.for_each` goes
    through it. Only what begins with the prefix is asked for, however large the bucket is.

    Args:
        connection: Of type `s3`.
        bucket: Where to look; without it the connection's.
        prefix: What the keys begin with, such as `orders/2026-`.
        pattern: Which keys, from the last slash of the prefix on: `*` is anything up to the next slash, `**` any
            number of folders, as in `**/*.csv`.
        limit: More than so many are a failure.
        empty: Whether finding nothing is a failure.
        timeout: Of all of it, such as `5m`.

    Example:
        ```yaml
        concertmaster: 1
        name: orders-of-november
        nodes:
          files: {type: s3.list, config: {connection: shop, prefix: orders/2026-11-, pattern: "*.parquet"}}
        outputs: {files: "{{ nodes.files.rows }}"}
        ```
    """
    time = duration_of(timeout)
    place = Bucket(connection, bucket, context, timeout=time)
    folder = prefix[: prefix.rfind("/") + 1]
    query = {"list-type": "2", "encoding-type": "url", "max-keys": str(PAGE_KEYS)}
    query["prefix"] = _narrowed(prefix, folder, pattern)
    found: list[Row] = []
    async with within(time, f"Listing {place.url(prefix)}"):
        while True:
            answer = await place.request("GET", query=query)
            page, after = await asyncio.to_thread(_page, answer.content)
            found += [row for row in page if row[0].startswith(prefix) and _fits(row[0][len(folder) :], pattern)]
            if len(found) > limit:
                raise UserError(
                    "s3.too_many",
                    f"{place.url(prefix)} has more than {limit:,} that fit {pattern!r}; choose a narrower prefix or "
                    "pattern, or a higher `limit`",
                )
            context.progress(len(found))
            if not after:
                break
            query["continuation-token"] = after
    if not found and empty == "fail":
        raise UserError("s3.none_found", f"{place.url(prefix)} holds nothing that fits {pattern!r}", prefix=prefix)
    return pl.DataFrame(found, schema=_SCHEMA, orient="row")


def _page(content: bytes) -> tuple[list[Row], str]:
    """The objects of a page, and where the next one goes on."""
    told = answers.Answer(content)
    rows = [
        (
            unquote_plus(one["Key"]),
            int(one.get("Size") or 0),
            datetime.fromisoformat(one["LastModified"]) if one.get("LastModified") else None,
            (one.get("ETag") or "").strip('"'),
        )
        for one in told.each("Contents")
    ]
    return rows, told.text("NextContinuationToken") if told.text("IsTruncated") == "true" else ""


def _narrowed(prefix: str, folder: str, pattern: str) -> str:
    """The longest prefix that all keys have which may fit."""
    wild = _WILD.search(pattern)
    plain = folder + (pattern[: wild.start()] if wild else pattern)
    return plain if plain.startswith(prefix) else prefix


def _fits(relative: str, pattern: str) -> bool:
    return pattern == _EVERYTHING or matches(relative, pattern)
