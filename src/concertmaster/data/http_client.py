"""The HTTP client of nodes: httpx's requests and responses over a transport that reaches checked addresses only.

No proxies or credentials from the environment, no cookies, everything bounded. Each event loop has its own connections.
Every error says in `details["sent"]` whether any byte of a request may have reached a server.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakKeyDictionary

import httpcore
import httpx

from concertmaster.data.dialing import dial
from concertmaster.data.egress import EgressRules, PinnedBackend, Resolve, system_resolve
from concertmaster.data.http_body import is_charset, read_bounded, too_large
from concertmaster.data.http_download import write_bounded
from concertmaster.data.http_request import build, redirected, shown
from concertmaster.domain.errors import ConcertMasterError, OperationalError, UserError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of one request, redirects included in `total`."""

    connect: timedelta = timedelta(seconds=10)
    read: timedelta = timedelta(seconds=60)
    total: timedelta = timedelta(seconds=300)
    max_bytes: int = 64 * 1024 * 1024
    max_redirects: int = 5


class GuardedClient:
    """Sends requests to public addresses and those the rules allow.

    Attributes:
        rules: which those are.
    """

    def __init__(
        self,
        allow: EgressRules,
        *,
        limits: HttpLimits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        self.rules = allow
        self._limits = limits or HttpLimits()
        self._ssl_context = ssl_context
        self._resolve = resolve
        self._backend = PinnedBackend(allow, resolve)
        self._pools = WeakKeyDictionary[asyncio.AbstractEventLoop, httpcore.AsyncConnectionPool]()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections of the running loop."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.aclose()

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
        to: Path | None = None,
    ) -> httpx.Response:
        """Send a request and read the whole answer, decompressed. A status such as 500 is an answer, not an error.

        Args:
            timeout: of the whole exchange, redirects and body included; None takes the client's `total` and `read`.
            max_bytes: of the body after decompression; never above the client's, unless it is written to a file.
            to: a file for the body of an answer below 400, which is empty in the response then.
        Raises:
            UserError: `http.invalid_url`, `http.invalid_request`, `http.egress_refused`.
            OperationalError: `http.timeout`, `http.dns_failed`, `http.connect_failed`, `http.tls_failed`,
                `http.connection_lost`, `http.too_large`, `http.too_many_redirects`, `http.bad_body`.
        """
        request = build(method, url, headers=headers, params=params, content=content, json=json, data=data)
        total = timeout or self._limits.total
        exchange = _Exchange((timeout or self._limits.read).total_seconds())
        try:
            async with asyncio.timeout(total.total_seconds()):
                bound = min(max_bytes or self._limits.max_bytes, self._limits.max_bytes)
                target = None if to is None else _Target(to, max_bytes or self._limits.max_bytes)
                return await self._follow(request, exchange, max_bytes=bound, follow=follow_redirects, to=target)
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

    async def connect(self, host: str, port: int) -> socket.socket:
        """A connection for a protocol other than HTTP, under the same rules; see `dialing.dial`."""
        return await dial(self.rules, host, port, resolve=self._resolve)

    async def _follow(
        self, request: httpx.Request, exchange: _Exchange, *, max_bytes: int, follow: bool, to: _Target | None
    ) -> httpx.Response:
        history: list[httpx.Response] = []
        while True:
            response = await self._send(request, exchange, max_bytes=max_bytes, to=to)
            response.history = list(history)
            if not follow or response.status_code not in _REDIRECTS or "location" not in response.headers:
                return response
            if len(history) >= self._limits.max_redirects:
                raise OperationalError(
                    "http.too_many_redirects",
                    f"{shown(history[0].request.url if history else request.url)} redirects more than "
                    f"{self._limits.max_redirects} times",
                    retryable=False,
                    sent=True,
                )
            history.append(response)
            request = redirected(request, response)

    async def _send(
        self, request: httpx.Request, exchange: _Exchange, *, max_bytes: int, to: _Target | None
    ) -> httpx.Response:
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
            # What is no success, or leads on, is told by its body; only what was asked for goes to the file.
            target = to if to is not None and response.status < 300 else None
            max_bytes = max_bytes if target is None else target.max_bytes
            declared = headers.get("content-length", "")
            if (
                request.method != "HEAD"
                and declared.isascii()
                and declared.isdigit()
                and int(declared[:20]) > max_bytes
            ):
                raise too_large(max_bytes)
            encoding = "" if request.method == "HEAD" else headers.get("content-encoding", "")
            if target is None:
                body = await read_bounded(_chunks(response), encoding, max_bytes=max_bytes)
            else:
                await write_bounded(_chunks(response), encoding, target.path, max_bytes=max_bytes)
                body = b""
        except httpcore.TimeoutException as error:
            raise _timeout(request.url, "the answer stopped coming", exchange) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _failed(request.url, error, exchange) from error
        finally:
            await response.aclose()
        if encoding:
            del headers["content-encoding"]
        answer = httpx.Response(response.status, headers=headers, content=body, request=request)
        if not is_charset(answer.charset_encoding):
            answer.encoding = "utf-8"
        return answer

    def _raw(self, request: httpx.Request, exchange: _Exchange) -> httpcore.Request:
        connect, read = self._limits.connect.total_seconds(), exchange.read_seconds
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
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            pool = self._pools[loop] = httpcore.AsyncConnectionPool(
                ssl_context=self._ssl_context or httpx.create_ssl_context(),
                max_connections=100,
                max_keepalive_connections=20,
                keepalive_expiry=5.0,
                network_backend=self._backend,
            )
        return pool


@dataclass(frozen=True, slots=True)
class _Target:
    """A file for a body, and how many bytes it may have."""

    path: Path
    max_bytes: int


class _Exchange:
    """One call: how long a read may take, and whether anything was sent, learnt from httpcore's trace."""

    def __init__(self, read_seconds: float) -> None:
        self.read_seconds = read_seconds
        self.sent = False
        self._before = False

    async def trace(self, name: str, info: Mapping[str, Any]) -> None:
        if name.endswith("send_request_headers.started"):
            self._before, self.sent = self.sent, True
        elif name.endswith("send_request_headers.failed") and isinstance(
            info.get("exception"), httpcore.LocalProtocolError
        ):
            # The request is malformed and was refused before its first byte was written.
            self.sent = self._before


async def _chunks(response: httpcore.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_stream():
        yield chunk


def _timeout(url: httpx.URL, reason: str, exchange: _Exchange) -> OperationalError:
    return OperationalError("http.timeout", f"{shown(url)}: {reason}", sent=exchange.sent)


def _failed(url: httpx.URL, error: Exception, exchange: _Exchange) -> OperationalError:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None and not exchange.sent:
        return OperationalError(
            "http.tls_failed", f"{shown(url)}: no secure connection: {cause}", retryable=False, sent=False
        )
    if not exchange.sent:
        return OperationalError("http.connect_failed", f"{shown(url)} can't be connected: {error}", sent=False)
    return OperationalError("http.connection_lost", f"{shown(url)}: the connection broke off: {error}", sent=True)
