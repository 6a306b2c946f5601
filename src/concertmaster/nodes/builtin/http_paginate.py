"""http.paginate: all pages of a list that a server gives in parts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast
from urllib.parse import urljoin

from pydantic import Field

from concertmaster import Connection, Context, UserError, node
from concertmaster.nodes.builtin.durations import Duration
from concertmaster.nodes.builtin.http_request import Answer, Headers, http_request, origin_of, shown, target_of

MOST_BYTES = 64 * 1024 * 1024
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?')


@node(id="http.paginate", category="http", effect="read", summary="url", icon="files", title="HTTP pages")
async def http_paginate(
    url: Annotated[str, Field(min_length=1)],
    context: Context,
    paging: Literal["link", "next_url", "cursor", "page", "offset"] = "link",
    items: str = "",
    next: str = "next",
    parameter: Annotated[str, Field(min_length=1)] = "page",
    start: Annotated[int, Field(ge=0)] = 1,
    headers: Headers = None,
    query: Mapping[str, Any] | None = None,
    connection: Connection[Literal["http"]] | None = None,
    max_pages: Annotated[int, Field(ge=1, le=10_000)] = 100,
    timeout: Duration = "30s",
) -> list[Any]:
    """Fetch all pages of a list, and give the items of all of them.

    A server that never comes to an end is a failure, not an endless run: more than `max_pages`, or a page that leads to
    itself. Pages on another server are refused, and the same addresses as by `http.request`.

    Args:
        url: The first page; relative to the connection's `base_url` when that is set.
        paging: How the next page is found: `link` by the header `Link` with rel="next"; `next_url` by a URL in the
            body; `cursor` by a value in the body, sent as `parameter`; `page` by counting pages in `parameter`, and
            `offset` by counting items in it, until a page is empty.
        items: Where the list is in the body, with dots (`data.items`); empty when the body is the list.
        next: Where the next URL or cursor is in the body, with dots; with `next_url` and `cursor`.
        parameter: Name of the query parameter that says which page; with `cursor`, `page` and `offset`.
        start: Its value for the first page; with `page` and `offset`.
        headers: Further headers, text; an expression may give a number.
        query: Further parameters put into the URL of each page.
        connection: Credentials, a connection of type `http`, as for `http.request`.
        max_pages: More pages than this are a failure.
        timeout: Of each page, such as `30s`.

    Example:
        ```yaml
        concertmaster: 1
        name: pages
        inputs: {url: {type: string, default: "http://127.0.0.1:8000/items"}}
        nodes:
          all: {type: http.paginate, config: {url: "{{ inputs.url }}", paging: page, items: items}}
        outputs: {items: "{{ nodes.all }}"}
        ```
    """
    first = target_of(url, connection)
    target, asked, found, size = first, dict(query or {}), list[Any](), 0
    if paging in ("page", "offset"):
        asked[parameter] = start
    for number in range(max_pages):
        answer = await http_request(
            target, context, headers=headers, query=asked, connection=connection, timeout=timeout, response="json"
        )
        listed = _part(answer["body"], items, target)
        if not isinstance(listed, list):
            raise UserError(
                "paginate.no_list",
                f"Page {number + 1} of {shown(first)} has no list at '{items}'; say in `items` where it is",
            )
        page = cast("list[Any]", listed)
        found += page
        size += len(json.dumps(page))
        if size > MOST_BYTES:
            raise UserError("paginate.too_large", f"The pages of {shown(first)} have more than {MOST_BYTES:,} bytes")
        context.progress(number + 1)
        before = (target, dict(asked))
        if paging in ("page", "offset"):
            if not page:
                return found
            asked[parameter] += 1 if paging == "page" else len(page)
            continue
        following = _link(answer) if paging == "link" else _part(answer["body"], next, target, missing=True)
        if following in (None, "", False):
            return found
        if paging == "cursor":
            asked[parameter] = following
        else:
            target, asked = _joined(target, str(following)), {}
        if before == (target, asked):
            raise UserError("paginate.circle", f"Page {number + 1} of {shown(first)} leads to itself; check `next`")
    raise UserError(
        "paginate.too_many", f"{shown(first)} has more than {max_pages} pages; raise `max_pages`, or ask for less"
    )


def _part(body: Any, path: str, url: str, *, missing: bool = False) -> Any:
    found = body
    for key in path.split(".") if path else ():
        inside = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
        if key in inside:
            found = inside[key]
        elif missing:
            return None
        else:
            known = ", ".join(inside) or "none"
            raise UserError("paginate.no_list", f"{shown(url)} answers without '{path}'; its keys are: {known[:300]}")
    return found


def _link(answer: Answer) -> str | None:
    found = _NEXT.search(answer["headers"].get("link", ""))
    return None if found is None else found[1]


def _joined(page: str, following: str) -> str:
    """The next page; credentials and the rest of the list stay with one server."""
    target = urljoin(page, following)
    if origin_of(page) != origin_of(target):
        raise UserError("paginate.other_server", f"{shown(page)} leads to {shown(target)}, which is another server")
    return target
