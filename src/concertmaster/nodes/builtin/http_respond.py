"""http.respond: answer the request that started the execution."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import BeforeValidator, Field

from concertmaster import Input, UserError, node

HIGHEST_BYTES = 2**20
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
# Those of the connection belong to the server; cookies, and what browsers keep for the whole origin, would be the web
# UI's. The policy of an answer is the sandbox; one that only reports would send its reports to anybody.
_REFUSED = frozenset(
    (
        *("connection", "content-encoding", "content-length", "date", "keep-alive", "proxy-connection", "server", "te"),
        *("trailer", "transfer-encoding", "upgrade"),
        *("accept-ch", "alt-svc", "clear-site-data", "content-security-policy", "content-security-policy-report-only"),
        *("critical-ch", "expect-ct", "nel", "origin-agent-cluster", "public-key-pins", "public-key-pins-report-only"),
        *("report-to", "reporting-endpoints", "service-worker-allowed", "set-cookie", "set-cookie2", "set-login"),
        *("strict-transport-security", "use-as-dictionary"),
    )
)


def _header_text(value: Any) -> Any:
    """Numbers and truth values as text: what an expression gives is often one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


class Reply(TypedDict):
    """What the caller gets."""

    status: int
    headers: dict[str, str]
    body: Any


@node(
    id="http.respond",
    category="http",
    effect="none",
    summary="status",
    icon="reply",
    title="Answer request",
)
async def http_respond(
    value: Input[Any] = None,
    *,
    status: Annotated[int, Field(ge=200, le=599)] = 200,
    headers: Mapping[str, Annotated[str, BeforeValidator(_header_text)]] | None = None,
    body: Any = None,
) -> Reply:
    """Answer the request that started the execution, where its webhook says `respond: node`.

    The first one that ends answers; the execution goes on. Others, and those in executions that no request waits for,
    answer nobody.

    Args:
        status: Of the answer.
        headers: Further headers, text or numbers; `Content-Type` is `application/json`, or `text/plain` for a text.
        body: Text is sent as it is, everything else as JSON, at most 1 MiB; without it what is wired in.

    Example:
        ```yaml
        concertmaster: 1
        name: greet
        inputs: {who: {type: string, default: world}}
        triggers:
          hook:
            type: webhook
            config: {path: greet, methods: [GET], auth: none, respond: node}
            inputs: {who: "{{ trigger.query.who }}"}
        nodes:
          hello: {type: data.template, config: {template: "Hello {{ inputs.who }}"}}
          answer: {type: http.respond, config: {headers: {Cache-Control: no-store}}}
        edges: [hello -> answer]
        outputs: {status: "{{ nodes.answer.status }}"}
        ```
    """
    for name, text in (headers or {}).items():
        if not _HEADER.fullmatch(name) or name.lower() in _REFUSED:
            raise UserError("http.header", f"The header {name[:100]!r} cannot be set by an answer; leave it out")
        if (odd := _UNSENDABLE.search(text)) is not None:
            message = (
                f"The header {name!r} cannot hold {odd[0]!a}, only characters of Latin-1; encode it, or leave it out"
            )
            raise UserError("http.header", message)
    said = value if body is None else body
    try:
        size = len(json.dumps(said, ensure_ascii=False).encode())
    except (TypeError, ValueError) as error:
        message = f"A {type(said).__name__} is no body of an answer; give text or JSON data, such as some rows"
        raise UserError("http.body", message) from error
    if size > HIGHEST_BYTES:
        message = f"The body has {size:,} bytes, and {HIGHEST_BYTES:,} is the limit; answer with where the data is"
        raise UserError("http.body", message)
    return Reply(status=status, headers=dict(headers or {}), body=said)
