"""The check before every route of the API: a session's cookie, an API token, or this machine's own token.

It stands before the routing, so that no route can forget it. What it lets in finds the `Login` in `state.login`; what
is not below `/api/v1` stays open: pages and their files, health, metrics, docs, and hooks, which check for themselves.
"""

from __future__ import annotations

import time

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from concertmaster.api.errors import response_of
from concertmaster.api.security import SAFE_METHODS
from concertmaster.domain.access import LOCAL_ADMIN, Login
from concertmaster.domain.errors import (
    ConcertMasterError,
    NotLoggedIn,
    OperationalError,
    TooManyRequests,
    UserError,
)
from concertmaster.runtime import Runtime
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
        bearer = Headers(scope=scope).get("authorization")
        if bearer is not None:
            scheme, _, token = bearer.partition(" ")
            token = token.strip()
            if scheme.lower() != "bearer":
                return None
            if self._local_token is not None and same(token, self._local_token):
                return Login(LOCAL_ADMIN, "local")
            return await self._runtime.tokens.identify(token)
        session = self.session_of(scope)
        return None if session is None else await self._runtime.logins.identify(session)

    async def still(self, scope: Scope) -> bool:
        """Whether a request that was let in would be so now; a database that does not answer takes nobody's login."""
        try:
            return await self.identify(scope) is not None
        except OperationalError:
            return True

    def session_of(self, scope: Scope) -> str | None:
        """The secret in the session's cookie."""
        return HTTPConnection(scope).cookies.get(self.cookie)

    def set_cookie(self, secret: str) -> str:
        """A `Set-Cookie` for a session; an empty secret takes it away."""
        seconds = int(SESSION_LASTS.total_seconds()) if secret else 0
        return f"{self.cookie}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict"

    def wrong(self, scope: Scope, error: NotLoggedIn) -> NotLoggedIn | TooManyRequests:
        """Count a refusal of its address; the error to answer with, another one when it was wrong too often."""
        client = scope.get("client")
        seconds = self._throttle.wrong(client[0] if client else "", now=time.monotonic())
        if not seconds:
            return error
        return TooManyRequests(
            "access.too_many",
            f"Too many requests without a good login came from this address; wait {seconds} s. {error.message}",
            retry_after=seconds,
        )


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
            login = await self._demand(scope)
        except ConcertMasterError as error:
            await _refuse(scope, receive, send, error)
            return
        scope.setdefault("state", {})["login"] = login
        if login.renewed and scope["type"] == "http":
            send = self._with_cookie(scope, send)
        await self._app(scope, receive, send)

    async def _demand(self, scope: Scope) -> Login:
        login = await self._doors.identify(scope)
        if login is None:
            raise self._doors.wrong(scope, NotLoggedIn("access.login", REMEDY))
        _demand_possible(login, scope)
        return login

    def _with_cookie(self, scope: Scope, send: Send) -> Send:
        secret = self._doors.session_of(scope) or ""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = message.get("headers", [])
                # A logout has something to say about it already.
                if not any(name.lower() == b"set-cookie" for name, _ in known):
                    message["headers"] = [*known, (b"set-cookie", self._doors.set_cookie(secret).encode())]
            await send(message)

        return add


def _is_open(scope: Scope) -> bool:
    path: str = scope["path"]
    if path != _API and not path.startswith(f"{_API}/"):
        return True
    return scope["type"] == "http" and (scope["method"], path) in _OPEN


def _demand_possible(login: Login, scope: Scope) -> None:
    """Raise at what a good login may not do whatever the route is."""
    safe = scope["type"] == "http" and scope["method"] in SAFE_METHODS
    if login.kind == "session" and not safe and Headers(scope=scope).get("origin") is None:
        # Browsers always send one with what changes something, and with WebSockets; `LocalOnly` has looked at it.
        raise UserError(
            "access.origin",
            "A request with a session's cookie needs the header Origin; programs use a token instead of the cookie",
        )
    if login.kind == "token" and login.actor.role == "viewer" and not safe and scope["type"] == "http":
        raise UserError(
            "access.scope",
            f"The token {login.actor.name} has the scope read, which is for GET only; create one with the scope run",
        )


async def _refuse(scope: Scope, receive: Receive, send: Send, error: ConcertMasterError) -> None:
    if scope["type"] == "http":
        await response_of(error)(scope, receive, send)
        return
    await receive()
    if isinstance(error, (NotLoggedIn, TooManyRequests)):
        # Accepted first: of a refused handshake a browser only tells that there was no connection, and tries again.
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": CLOSE_LOGIN, "reason": error.code})
        return
    await send({"type": "websocket.close", "code": 1008, "reason": error.code})
