"""Loopback only, as there is no TLS, and only for pages that this server itself delivered.

The Host check stops DNS rebinding, the Origin check stops other web pages of the same browser; WebSockets need
both too, because browsers let any page open one to anywhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from concertmaster.api.errors import problem_response
from concertmaster.domain.errors import UserError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A body has so long to come, and longer by what came of it: so many bytes a second are enough.
BODY_SECONDS = 30.0
SLOWEST_BYTES = 16 * 1024
NAMES = ("127.0.0.1", "localhost", "[::1]")

_CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def demand_loopback(host: str) -> None:
    """Raise unless the address can be reached from this machine only.

    Raises:
        UserError: `host.not_loopback`.
    """
    if host == "localhost":
        return
    try:
        if ipaddress.ip_address(host.strip("[]")).is_loopback:
            return
    except ValueError:
        pass
    raise UserError(
        "host.not_loopback",
        f"--host {host}: there is no TLS yet, so ConcertMaster only listens on this machine. "
        "Use 127.0.0.1, and an SSH tunnel (ssh -L 8000:127.0.0.1:8000) to reach it from elsewhere",
        host=host,
    )


class LocalOnly:
    """Refuses requests for other hosts and from other origins, and adds the security headers."""

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        named = f"[{host.strip('[]')}]" if ":" in host else host
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in (*NAMES, named))
        if port == 80:
            self._hosts |= {*NAMES, named}
        self._origins = frozenset(f"http://{name}" for name in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, _with_headers(scope, send))
            return
        code, detail = refusal
        if scope["type"] == "websocket":
            # Closing before accepting answers the handshake with 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": code})
            return
        await problem_response(403, code, detail)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[str, str] | None:
        headers = Headers(scope=scope)
        named = headers.getlist("host")
        host = named[0].lower() if len(named) == 1 else ", ".join(named)
        if host not in self._hosts:
            allowed = ", ".join(sorted(self._hosts))
            return "access.host", f"Host '{host[:100]}' is not served here; use one of {allowed}"
        if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
            return None
        origin = headers.get("origin")
        if origin is not None and _normal(origin) not in self._origins:
            return "access.origin", f"Requests of pages from '{origin[:100]}' are refused"
        if origin is None and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return "access.origin", "Requests of pages from elsewhere are refused"
        return None


class BodyLimit:
    """Refuses request bodies above a size, whether they say how long they are or not, and those that do not come."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._detail = f"The request body is too large: at most {max_bytes} bytes (setting MAX_BODY_BYTES)"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > self._max_bytes:
            await problem_response(413, "request.too_large", self._detail)(scope, receive, send)
            return
        taken, whole, started = 0, False, asyncio.get_running_loop().time()

        async def count() -> Message:
            nonlocal taken, whole
            try:
                # Who waits for the end of a connection waits for as long as he likes.
                until = None if whole else started + BODY_SECONDS + taken / SLOWEST_BYTES
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, "The request body did not come in time") from error
            whole = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > self._max_bytes:
                # Raised inside the route, where reading the body is what failed; `errors` renders it.
                raise HTTPException(413, self._detail)
            return message

        await self._app(scope, count, send)


def _normal(origin: str) -> str:
    """Scheme, host and port in lower case, the port always there; what is no origin stays what it is."""
    try:
        parts = urlsplit(origin.lower())
        if parts.scheme != "http" or not parts.hostname:
            return origin
        name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return f"http://{name}:{parts.port or 80}"
    except ValueError:
        return origin


def _with_headers(scope: Scope, send: Send) -> Send:
    if scope["type"] != "http":
        return send
    extra = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
    # The API's docs page loads its viewer from elsewhere; it shows nothing but the schema.
    if scope["path"] not in ("/api/docs", "/api/docs/oauth2-redirect"):
        extra.append((b"content-security-policy", _CONTENT_POLICY.encode()))

    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *extra]
        await send(message)

    return add
