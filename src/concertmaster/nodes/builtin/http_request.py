"""http.request: one request through the guarded client, with credentials that never leave their server."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Literal, TypedDict
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import BeforeValidator, Field

from concertmaster import Connection, Context, OperationalError, UserError, node
from concertmaster.nodes.builtin.durations import Duration, duration_of
from concertmaster.nodes.builtin.json_text import parsed

Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]

READING = ("GET", "HEAD", "OPTIONS")
_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
_BODY_SHOWN = 2_000
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_PORTS = {"http": 80, "https": 443}


def _number_text(value: Any) -> Any:
    """Numbers as text: what an expression gives is often one. How a truth value is written, each server sees its own
    way."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Headers = Mapping[str, Annotated[str, BeforeValidator(_number_text)]] | None


class Answer(TypedDict):
    """What a server answered; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: Any


@node(
    id="http.request",
    category="http",
    effect="write",
    effect_by=("method", READING),
    idempotent=True,
    summary="url",
    icon="globe",
    title="HTTP request",
)
async def http_request(
    url: Annotated[str, Field(min_length=1)],
    context: Context,
    method: Method = "GET",
    headers: Headers = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    connection: Connection[Literal["http"]] | None = None,
    timeout: Duration = "30s",
    response: Literal["auto", "json", "text", "base64"] = "auto",
    raise_for_status: bool = True,
    follow_redirects: bool = True,
) -> Answer:
    """Send an HTTP request and give its answer.

    Private and local addresses are refused unless `EGRESS_ALLOW` names them; time, size and redirects are bounded.
    POST, PUT, PATCH and DELETE carry an `Idempotency-Key`, the same on every attempt, so that a server that knows
    the header does the work once. A status of 400 or more fails the node; a broken network, 429 and 5xx may be tried
    again by a retry policy.

    The example asks the server of ConcertMaster itself: it needs one on port 8000, started with
    `CONCERTMASTER_EGRESS_ALLOW=127.0.0.1`, because addresses of this machine are refused otherwise. With another
    `url`, `-i url=https://...`, it needs neither.

    Args:
        url: Where to; relative to the connection's `base_url` when that is set.
        method: What to do there.
        headers: Further headers, text; an expression may give a number.
        query: Parameters put into the URL; a list repeats the name.
        body: Text is sent as it is, everything else as JSON.
        connection: Credentials, a connection of type `http`: `token` (bearer), `username` and `password` (basic),
            `header` and `value`, `query_parameter` and `value`, or `token_url`, `client_id` and `client_secret`
            (OAuth 2); with `base_url` they are sent to that server only.
        timeout: Of the whole exchange, such as `30s`.
        response: Form of the body in the output; `auto` goes by the content type, and gives base64 for binary data.
        raise_for_status: A status of 400 or more is a failure; otherwise it is an answer like any other.
        follow_redirects: Go where the server sends us.

    Example:
        ```yaml
        concertmaster: 1
        name: fetch
        inputs: {url: {type: string, default: "http://127.0.0.1:8000/healthz"}}
        nodes:
          answer: {type: http.request, config: {url: "{{ inputs.url }}", timeout: 10s}}
        outputs: {status: "{{ nodes.answer.status }}"}
        ```
    """
    target = target_of(url, connection)
    given = sent_headers(method, headers or {}, connection, context)
    parameters = parameters_of(query, connection)
    content: dict[str, Any] = {}
    if isinstance(body, str):
        content["content"] = body.encode()
    elif body is not None:
        content["json"] = body
    answer: httpx.Response = await context.http.request(
        method,
        target,
        headers=given,
        params=parameters or None,
        timeout=duration_of(timeout),
        follow_redirects=follow_redirects,
        **content,
    )
    if raise_for_status and answer.status_code >= 400:
        raise failed(method, target, answer)
    return Answer(status=answer.status_code, headers=dict(answer.headers), body=body_of(answer, response))


def target_of(url: str, connection: Connection[Any] | None) -> str:
    """The absolute URL; credentials with a `base_url` go to its server only.

    Raises:
        UserError: `http.other_server`, `http.invalid_url`.
    """
    place = connection.values.get("base_url") if connection else None
    if connection is None or not place:
        return url
    try:
        target = urljoin(place if place.endswith("/") else place + "/", url)
    except ValueError as error:
        raise UserError("http.invalid_url", f"The URL {url!r} can't be used: {error}") from error
    if origin_of(target) != origin_of(place):
        raise UserError(
            "http.other_server",
            f"The connection '{connection.name}' is for {shown(place)}, and {shown(target)} is another server. "
            "Leave the connection out, or use one for that server",
        )
    return target


def origin_of(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError as error:
        raise UserError("http.invalid_url", f"{url!r} is no URL: {error}") from error


def parameters_of(query: Mapping[str, Any] | None, connection: Connection[Any] | None) -> dict[str, Any]:
    """The query of a request, with what the connection adds to it."""
    return {**(query or {}), **(credentials(connection).query if connection else {})}


def sent_headers(
    method: str, headers: Mapping[str, str], connection: Connection[Any] | None, context: Context
) -> dict[str, str]:
    """The configured headers, the credentials unless the config has its own, and the idempotency key.

    Raises:
        UserError: `http.header_refused`: what is sent could be taken for two requests.
    """
    found = dict(headers)
    given = {name.lower() for name in headers}
    if connection is not None:
        found.update(
            (name, value) for name, value in credentials(connection).headers.items() if name.lower() not in given
        )
    framing = next((name for name in found if name.strip().lower() in _FRAMING), None)
    if framing is not None:
        raise UserError(
            "http.header_refused",
            f"The header {framing} says where the body ends, and is set by what sends it; take it out of `headers`",
        )
    if method not in READING and "idempotency-key" not in given:
        found["Idempotency-Key"] = context.idempotency_key
    return found


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connection adds to a request."""

    headers: Mapping[str, str] = field(default_factory=lambda: {}, repr=False)
    query: Mapping[str, str] = field(default_factory=lambda: {}, repr=False)


def credentials(connection: Connection[Any]) -> Credentials:
    """What the fields of a connection of type `http` tell.

    Raises:
        UserError: `connection.field_missing`.
    """
    values = connection.values
    if "query_parameter" in values:
        return Credentials(query={str(values["query_parameter"]): connection.secret("value").reveal()})
    if values.get("auth") == "none":
        return Credentials()
    name, value = _header(connection)
    return Credentials(headers={name: value})


def _header(connection: Connection[Any]) -> tuple[str, str]:
    values = connection.values
    if "token" in values:
        return "Authorization", f"Bearer {connection.secret('token').reveal()}"
    if "username" in values:
        password = connection.secret("password").reveal() if "password" in values else ""
        pair = f"{connection.secret('username').reveal()}:{password}"
        return "Authorization", "Basic " + base64.b64encode(pair.encode()).decode()
    if "header" in values:
        return connection.secret("header").reveal(), connection.secret("value").reveal()
    raise UserError(
        "connection.field_missing",
        f"Connection '{connection.name}' has none of: token; username and password; header and value; query_parameter "
        "and value. If it needs none, give it `auth` with the value none. "
        f"Set one of them with: concertmaster connection add {connection.name}",
        connection=connection.name,
    )


def body_of(answer: httpx.Response, form: str) -> Any:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if form == "auto":
        form = _form_of(kind, answer)
    if form == "json":
        if not answer.content:
            return None
        try:
            return parsed(answer.content)
        except (ValueError, RecursionError) as error:
            but = ", or it is nested too deep" if isinstance(error, RecursionError) else ""
            raise UserError(
                "http.not_json",
                f"{shown(str(answer.request.url))} did not answer with JSON{but} ({kind or 'no content type'}): "
                f"{answer.text[:200]!r}. Set `response: text`",
            ) from error
    return answer.text if form == "text" else base64.b64encode(answer.content).decode()


def _form_of(kind: str, answer: httpx.Response) -> str:
    if kind.endswith(("/json", "+json")):
        return "json"
    if kind.startswith("text/") or kind.endswith(("/xml", "+xml", "/javascript", "/yaml", "x-www-form-urlencoded")):
        return "text"
    if kind:
        return "base64"
    try:
        answer.content.decode()
    except UnicodeDecodeError:
        return "base64"
    return "text"


def failed(method: str, url: str, answer: httpx.Response) -> OperationalError:
    status = answer.status_code
    text = answer.text[:_BODY_SHOWN]
    details: dict[str, Any] = {"status": status, "body": text, "sent": True}
    wait = retry_after(answer.headers.get("retry-after", ""))
    if wait is not None:
        details["retry_after_seconds"] = wait
    told = f": {' '.join(text.split())[:300]}" if text else ""
    return OperationalError(
        "http.status",
        f"{method} {shown(url)} was answered with {status} {answer.reason_phrase}".rstrip() + told,
        retryable=status in _RETRYABLE,
        **details,
    )


def retry_after(text: str) -> float | None:
    """Seconds that a `Retry-After` header asks for: a number or a date; None when there is nothing sensible in it."""
    if text.strip().isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, round((at - datetime.now(UTC)).total_seconds(), 3))


def shown(url: str) -> str:
    """A URL for messages: without query, fragment and credentials, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
