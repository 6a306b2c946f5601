"""The HTTP client of nodes: httpx's requests and responses over a transport that reaches checked addresses only.

No proxies or credentials from the environment, no cookies, everything bounded. One client belongs to one event loop.
Every error says in `details["sent"]` whether any byte of a request may have reached a server.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx

from concertmaster.data.egress import EgressRules, PinnedBackend, Resolve, system_resolve
from concertmaster.data.http_body import ACCEPT_ENCODING, read_bounded, too_large
from concertmaster.domain.errors import ConcertMasterError, OperationalError, UserError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|api-?key|password|credential|session", re.I)
_BODY_HEADERS = ("content-length", "content-type", "content-encoding", "content-language", "transfer-encoding")
_METHOD = re.compile(r"[A-Za-z]{1,20}")


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of one request, redirects included in `total`."""

    connect: timedelta = timedelta(seconds=10)
    read: timedelta = timedelta(seconds=60)
    total: timedelta = timedelta(seconds=300)
    max_bytes: int = 64 * 1024 * 1024
    max_redirects: int = 5


class GuardedClient:
    """Sends requests to public addresses and those the rules allow."""

    def __init__(
        self,
        allow: EgressRules,
        *,
        limits: HttpLimits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._limits = limits or HttpLimits()
        self._ssl_context = ssl_context
        self._backend = PinnedBackend(allow, resolve)
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        content: bytes | str | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        timeout: timedelta | None = None,
        max_bytes: int | None = None,
        follow_redirects: bool = True,
    ) -> httpx.Response:
        """Send a request and read the whole answer, decompressed. A status such as 500 is an answer, not an error.

        Args:
            timeout: of the whole exchange, redirects and body included; never above the client's.
            max_bytes: of the body after decompression; never above the client's.
        Raises:
            UserError: `http.invalid_url`, `http.invalid_request`, `http.egress_refused`.
            OperationalError: `http.timeout`, `http.dns_failed`, `http.connect_failed`, `http.tls_failed`,
                `http.connection_lost`, `http.too_large`, `http.too_many_redirects`, `http.bad_body`.
        """
        request = _build(method, url, headers=headers, params=params, content=content, json=json, data=data)
        total = min(timeout or self._limits.total, self._limits.total)
        exchange = _Exchange()
        try:
            async with asyncio.timeout(total.total_seconds()):
                bound = min(max_bytes or self._limits.max_bytes, self._limits.max_bytes)
                return await self._follow(request, exchange, max_bytes=bound, follow=follow_redirects)
        except TimeoutError as error:
            raise _timeout(request.url, f"no complete answer in {total.total_seconds():g} s", exchange) from error
        except ConcertMasterError as error:
            error.details["sent"] = bool(error.details.get("sent")) or exchange.sent
            raise

    async def get(self, url: str, **options: Any) -> httpx.Response:
        """`request("GET", ...)`."""
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> httpx.Response:
        """`request("POST", ...)`."""
        return await self.request("POST", url, **options)

    async def _follow(
        self, request: httpx.Request, exchange: _Exchange, *, max_bytes: int, follow: bool
    ) -> httpx.Response:
        history: list[httpx.Response] = []
        while True:
            response = await self._send(request, exchange, max_bytes=max_bytes)
            response.history = list(history)
            if not follow or response.status_code not in _REDIRECTS or "location" not in response.headers:
                return response
            if len(history) >= self._limits.max_redirects:
                raise OperationalError(
                    "http.too_many_redirects",
                    f"{_shown(history[0].request.url if history else request.url)} redirects more than "
                    f"{self._limits.max_redirects} times",
                    retryable=False,
                    sent=True,
                )
            history.append(response)
            request = _redirected(request, response)

    async def _send(self, request: httpx.Request, exchange: _Exchange, *, max_bytes: int) -> httpx.Response:
        try:
            response = await self._open_pool().handle_async_request(self._raw(request, exchange))
        except httpcore.ConnectTimeout as error:
            raise _timeout(request.url, "the server could not be connected in time", exchange) from error
        except httpcore.TimeoutException as error:
            raise _timeout(request.url, "the server did not answer in time", exchange) from error
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
            raise UserError(
                "http.invalid_request", f"The request can't be sent: {error}", sent=exchange.sent
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _failed(request.url, error, exchange) from error
        try:
            headers = httpx.Headers(response.headers)
            declared = headers.get("content-length", "")
            if (
                request.method != "HEAD"
                and declared.isascii()
                and declared.isdigit()
                and int(declared[:20]) > max_bytes
            ):
                raise too_large(max_bytes)
            encoding = "" if request.method == "HEAD" else headers.get("content-encoding", "")
            body = await read_bounded(_chunks(response), encoding, max_bytes=max_bytes)
        except httpcore.TimeoutException as error:
            raise _timeout(request.url, "the answer stopped coming", exchange) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _failed(request.url, error, exchange) from error
        finally:
            await response.aclose()
        if encoding:
            del headers["content-encoding"]
        return httpx.Response(response.status, headers=headers, content=body, request=request)

    def _raw(self, request: httpx.Request, exchange: _Exchange) -> httpcore.Request:
        connect, read = self._limits.connect.total_seconds(), self._limits.read.total_seconds()
        target = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        timeouts = {"connect": connect, "read": read, "write": read, "pool": read}
        return httpcore.Request(
            request.method,
            target,
            headers=request.headers.raw,
            content=request.content,
            extensions={"timeout": timeouts, "trace": exchange.trace},
        )

    def _open_pool(self) -> httpcore.AsyncConnectionPool:
        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=self._ssl_context or httpx.create_ssl_context(),
                max_connections=100,
                max_keepalive_connections=20,
                keepalive_expiry=5.0,
                network_backend=self._backend,
            )
        return self._pool


class _Exchange:
    """Whether anything was sent in one call, learnt from httpcore's trace."""

    def __init__(self) -> None:
        self.sent = False

    async def trace(self, name: str, info: Mapping[str, Any]) -> None:
        if name.endswith("send_request_headers.started"):
            self.sent = True


async def _chunks(response: httpcore.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_stream():
        yield chunk


def _build(method: str, url: str, *, headers: Mapping[str, str] | None, **parts: Any) -> httpx.Request:
    """A request with its credentials in headers and nothing in it that the guard does not know."""
    if _METHOD.fullmatch(method) is None or method.upper() in ("CONNECT", "TRACE"):
        raise UserError("http.invalid_request", f"{method[:40]!r} is not a method that can be used", sent=False)
    try:
        request = httpx.Request(method.upper(), url, headers=dict(headers or {}), **parts)
        request.read()
        target = request.url
    except httpx.InvalidURL as error:
        raise _invalid_url(url, str(error)) from error
    except (TypeError, ValueError) as error:
        raise UserError("http.invalid_request", f"The request can't be built: {error}", sent=False) from error
    _check_url(target)
    if target.username or target.password:
        if "authorization" not in request.headers:
            credentials = httpx.BasicAuth(target.username, target.password)
            request = next(credentials.auth_flow(request))
        request.url = target.copy_with(username=None, password=None)
    request.headers["accept-encoding"] = ACCEPT_ENCODING
    request.headers.setdefault("accept", "*/*")
    request.headers.setdefault("user-agent", "ConcertMaster")
    return request


def _check_url(url: httpx.URL) -> None:
    if url.scheme not in ("http", "https"):
        raise _invalid_url(str(url), "only http:// and https:// can be used")
    if not url.host:
        raise _invalid_url(str(url), "it names no host")


def _invalid_url(url: str, reason: str) -> UserError:
    return UserError("http.invalid_url", f"The URL {url.partition('?')[0][:200]!r} can't be used: {reason}", sent=False)


def _redirected(request: httpx.Request, response: httpx.Response) -> httpx.Request:
    """The request that a redirect asks for; secrets stay with the origin they were meant for."""
    try:
        url = request.url.join(response.headers["location"]).copy_with(username=None, password=None, fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise _invalid_url(response.headers["location"], f"{_shown(request.url)} redirects to it: {error}") from error
    _check_url(url)
    method, headers = request.method, request.headers.copy()
    code = response.status_code
    if (code == 303 and method != "HEAD") or (code in (301, 302) and method == "POST"):
        method = "GET"
    content = request.content if method == request.method else b""
    for name in list(headers):
        if (not _same_origin(request.url, url) and _SECRET_HEADER.search(name)) or name == "host":
            del headers[name]
        elif method != request.method and name in _BODY_HEADERS:
            del headers[name]
    return httpx.Request(method, url, headers=headers, content=content or None)


def _same_origin(left: httpx.URL, right: httpx.URL) -> bool:
    ports = {"http": 80, "https": 443}
    return (left.scheme, left.host, left.port or ports.get(left.scheme)) == (
        right.scheme,
        right.host,
        right.port or ports.get(right.scheme),
    )


def _shown(url: httpx.URL) -> str:
    """The URL for messages, without what may hold secrets."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}{url.path}"


def _timeout(url: httpx.URL, reason: str, exchange: _Exchange) -> OperationalError:
    return OperationalError("http.timeout", f"{_shown(url)}: {reason}", sent=exchange.sent)


def _failed(url: httpx.URL, error: Exception, exchange: _Exchange) -> OperationalError:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None and not exchange.sent:
        return OperationalError(
            "http.tls_failed", f"{_shown(url)}: no secure connection: {cause}", retryable=False, sent=False
        )
    if not exchange.sent:
        return OperationalError("http.connect_failed", f"{_shown(url)} can't be connected: {error}", sent=False)
    return OperationalError("http.connection_lost", f"{_shown(url)}: the connection broke off: {error}", sent=True)
