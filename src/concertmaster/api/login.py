"""The check before every route of the API: a session's cookie, an API token, or this machine's own token.

It stands before the routing, so that no route can forget it. What it lets in finds the `Login` in `state.login`; what
is not below `/api/v1` stays open: pages and their files, health, metrics, docs, and hooks, which check for themselves.
"""

from __future__ import annotations

import time
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from concertmaster.api.errors import problem_response
from concertmaster.api.security import SAFE_METHODS
from concertmaster.bootstrap import Runtime
from concertmaster.domain.access import LOCAL_ADMIN, Login
from concertmaster.domain.errors import OperationalError
from concertmaster.security.throttle import Throttle
from concertmaster.security.tokens import same
from concertmaster.services.logins import SESSION_LASTS

# Of WebSockets: those below 4000 are not ours to choose, and browsers see no status of a refused handshake.
CLOSE_LOGIN = 4401
REMEDY = (
    "Log in first: `concertmaster user login-link` prints a link for the browser. Programs send "
    "`Authorization: Bearer TOKEN`; `concertmaster token create NAME` makes one"
)
_API = "/api/v1"
_OPEN = (("POST", f"{_API}/login"),)


class Doors:
    """Who may come in, for one server: its cookie's name, the token of this machine, and who was wrong too often."""

    def __init__(self, runtime: Runtime | None, *, port: int, local_token: str | None) -> None:
        self._runtime = runtime
        self._local_token = local_token
        self._throttle = Throttle()
        # Browsers keep cookies by host, not by port: two servers of one machine would log each other out.
        self.cookie = f"concertmaster_{port}"

    async def identify(self, scope: Scope) -> Login | None:
        """The login that a request shows; a wrong token is not made good by a cookie."""
        assert self._runtime is not None
        headers = Headers(scope=scope)
        bearer = headers.get("authorization")
        if bearer is not None:
            scheme, _, token = bearer.partition(" ")
            token = token.strip()
            if scheme.lower() != "bearer":
                return None
            if self._local_token is not None and same(token, self._local_token):
                return Login(LOCAL_ADMIN, "local")
            return await self._runtime.tokens.identify(token)
        session = self.session_of(headers)
        return None if session is None else await self._runtime.logins.identify(session)

    async def still(self, scope: Scope) -> bool:
        """Whether a request that was let in would be so now; a database that does not answer takes nobody's login."""
        try:
            return await self.identify(scope) is not None
        except OperationalError:
            return True

    def session_of(self, headers: Headers) -> str | None:
        """The secret in the session's cookie."""
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return None
        return found.value if found is not None else None

    def set_cookie(self, secret: str) -> str:
        """A `Set-Cookie` for a session; an empty secret takes it away."""
        seconds = int(SESSION_LASTS.total_seconds()) if secret else 0
        return f"{self.cookie}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict"

    def wrong(self, scope: Scope) -> int:
        """Count a refusal of its address; the seconds that it has to wait, 0 when it was not wrong too often."""
        client = scope.get("client")
        return self._throttle.wrong(client[0] if client else "", now=time.monotonic())


class LoginCheck:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, *, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in ("http", "websocket") or _is_open(scope):
            await self._app(scope, receive, send)
            return
        try:
            login = await self._doors.identify(scope)
        except OperationalError as error:
            await _refuse(scope, receive, send, (503, error.code, error.message, {"Retry-After": "1"}))
            return
        refusal = self._missing(scope) if login is None else _denied(login, scope)
        if refusal is not None:
            await _refuse(scope, receive, send, refusal)
            return
        scope.setdefault("state", {})["login"] = login
        if login is not None and login.renewed and scope["type"] == "http":
            send = self._with_cookie(scope, send)
        await self._app(scope, receive, send)

    def _missing(self, scope: Scope) -> _Refusal:
        return missing(self._doors.wrong(scope))

    def _with_cookie(self, scope: Scope, send: Send) -> Send:
        secret = self._doors.session_of(Headers(scope=scope)) or ""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = message.get("headers", [])
                # A logout has something to say about it already.
                if not any(name.lower() == b"set-cookie" for name, _ in known):
                    message["headers"] = [*known, (b"set-cookie", self._doors.set_cookie(secret).encode())]
            await send(message)

        return add


_Refusal = tuple[int, str, str, dict[str, str]]


def missing(wait_seconds: int, detail: str = REMEDY) -> _Refusal:
    """The answer to whoever shows nothing that is good: status, code, detail, headers."""
    if wait_seconds:
        told = f"Too many requests without a good login came from this address; wait {wait_seconds} s. {detail}"
        return 429, "access.too_many", told, {"Retry-After": str(wait_seconds)}
    return 401, "access.login", detail, {"WWW-Authenticate": "Bearer"}


def _is_open(scope: Scope) -> bool:
    path: str = scope["path"]
    if path != _API and not path.startswith(f"{_API}/"):
        return True
    return scope["type"] == "http" and (scope["method"], path) in _OPEN


def _denied(login: Login, scope: Scope) -> _Refusal | None:
    """What a good login may not do whatever the route is."""
    safe = scope["type"] == "http" and scope["method"] in SAFE_METHODS
    if login.kind == "session" and not safe and Headers(scope=scope).get("origin") is None:
        # Browsers always send one with what changes something, and with WebSockets; `LocalOnly` has looked at it.
        told = "A request with a session's cookie needs the header Origin; programs use a token instead of the cookie"
        return 403, "access.origin", told, {}
    if login.kind == "token" and login.actor.role == "viewer" and not safe and scope["type"] == "http":
        told = f"The token {login.actor.name} has the scope read, which is for GET only; create one with the scope run"
        return 403, "access.denied", told, {}
    return None


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: _Refusal) -> None:
    status, code, detail, headers = refusal
    if scope["type"] == "http":
        await problem_response(status, code, detail, headers=headers)(scope, receive, send)
        return
    await receive()
    if status in (401, 429):
        # Accepted first: of a refused handshake a browser only tells that there was no connection, and tries again.
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": CLOSE_LOGIN, "reason": code})
        return
    await send({"type": "websocket.close", "code": 1008, "reason": code})
