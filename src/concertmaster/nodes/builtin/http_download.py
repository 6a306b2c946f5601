"""http.download: what a server holds as a file, written as it comes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field

from concertmaster import Connection, Context, File, node
from concertmaster.nodes.builtin.durations import Duration, duration_of
from concertmaster.nodes.builtin.http_request import Headers, failed, parameters_of, sent_headers, target_of

_NAMED = re.compile(r"""filename\*?=(?:UTF-8'[^']*')?"?([^";]+)"?""", re.IGNORECASE)
_ODD = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")


@node(id="http.download", category="http", effect="read", summary="url", icon="download", title="Download file")
async def http_download(
    url: Annotated[str, Field(min_length=1)],
    context: Context,
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None,
    headers: Headers = None,
    query: Mapping[str, Any] | None = None,
    connection: Connection[Literal["http"]] | None = None,
    max_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 1_024,
    timeout: Duration = "15m",
) -> File:
    """Download a file.

    It is written as it comes and is complete or not there at all. It lives with the run; `file.copy` gives it a place
    in the workspace; `file.read`, `file.unarchive` and the text nodes take it as it is. The same addresses are refused
    as by `http.request`.

    Args:
        url: What to download; relative to the connection's `base_url` when that is set.
        name: What to call the file; otherwise as the server says, or the end of the URL.
        headers: Further headers, text; an expression may give a number.
        query: Parameters put into the URL; a list repeats the name.
        connection: Credentials, a connection of type `http`, as for `http.request`.
        max_mb: More MiB than this are refused, whatever the server says about its length.
        timeout: Of the whole download, such as `15m`.

    Example:
        ```yaml
        concertmaster: 1
        name: download
        inputs: {url: {type: string, default: "http://127.0.0.1:8000/healthz"}}
        nodes:
          get: {type: http.download, config: {url: "{{ inputs.url }}", name: answer.txt}}
        outputs: {name: "{{ nodes.get.name }}"}
        ```
    """
    target = target_of(url, connection)
    part = context.scratch() / "download"
    answer = await context.http.request(
        "GET",
        target,
        headers=sent_headers("GET", headers or {}, connection, context),
        params=parameters_of(query, connection) or None,
        timeout=duration_of(timeout),
        max_bytes=max_mb * 2**20,
        to=part,
    )
    if answer.status_code >= 300:
        raise failed("GET", target, answer)
    kind = answer.headers.get("content-type", "").partition(";")[0].strip()
    return File(part, name=_name(name, answer.headers.get("content-disposition", ""), target), media_type=kind)


def _name(wanted: str | None, disposition: str, url: str) -> str:
    """A name without folders: what the server says must not lead anywhere."""
    told = _NAMED.search(disposition)
    last = PurePosixPath(unquote(urlsplit(url).path)).name
    found = wanted or (unquote(told[1]).replace("\\", "/").rpartition("/")[2] if told else "") or last
    return _ODD.sub("_", found).strip(". ")[:200] or "download"
