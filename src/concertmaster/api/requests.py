"""Requests: each gets an id, is counted, and told in the log; what nobody foresaw becomes a clear answer."""

from __future__ import annotations

import logging
import time
from urllib.parse import parse_qs

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid4

from concertmaster.api import errors
from concertmaster.observability.http_metrics import NO_ROUTE, HttpMetrics
from concertmaster.observability.logging import request_id

_log = logging.getLogger(__name__)


class Requests:
    """The outermost part of the application.

    Args:
        prefix: what the paths of included routes begin with; the routes themselves do not say it.
        metrics: None where nothing is served.
    """

    def __init__(self, app: ASGIApp, *, prefix: str, metrics: HttpMetrics | None) -> None:
        self._app = app
        self._prefix = prefix
        self._metrics = metrics or HttpMetrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = uuid4().hex[:16]
        token = request_id.set(found)
        started = time.perf_counter()
        status = 0

        async def add(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", found.encode())]
            await send(message)

        self._metrics.open += 1
        try:
            await self._app(scope, receive, add)
        except Exception as error:
            if status:
                raise
            # A bug: the id in the answer finds the traceback in the log, and nothing of it is told outside.
            _log.error("unexpected error", exc_info=error, extra={"code": "bug", "path": scope["path"]})
            message = f"Something went wrong here; the log has the details under request id {found}"
            await errors.problem_response(500, "internal.unexpected", message)(scope, receive, add)
        finally:
            self._metrics.open -= 1
            # 0: the client went before there was an answer.
            self._told(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    def _told(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        pattern = method = NO_ROUTE
        if isinstance(route, APIRoute):
            inside = scope["path"].startswith(f"{self._prefix}/") and not route.path.startswith(self._prefix)
            pattern, method = (self._prefix if inside else "") + route.path, scope["method"]
        self._metrics.answered(method, pattern, status, None if _waits(scope) else seconds)
        if _log.isEnabledFor(logging.DEBUG):
            extra = {"method": scope["method"], "path": scope["path"], "took_ms": round(seconds * 1000, 1)}
            _log.debug("request", extra={**extra, "status": status})


def _waits(scope: Scope) -> bool:
    """Whether the client asked for an answer that takes its time."""
    if scope["path"].endswith("/stream/sse"):
        return True
    query = scope["query_string"]
    return b"wait=" in query and parse_qs(query).get(b"wait", [b"0"])[-1] not in (b"0", b"0.0")
