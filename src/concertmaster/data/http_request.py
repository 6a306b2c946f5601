"""Requests of the guarded client: built from parts, checked, and built again when a redirect asks for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from concertmaster.data.http_body import ACCEPT_ENCODING
from concertmaster.domain.errors import UserError

_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|api-?key|password|credential|session", re.I)
_BODY_HEADERS = ("content-length", "content-type", "content-encoding", "content-language", "transfer-encoding")
_METHOD = re.compile(r"[A-Za-z]{1,20}")


def build(method: str, url: str, *, headers: Mapping[str, str] | None, **parts: Any) -> httpx.Request:
    """A request with its credentials in headers and nothing in it that the guard does not know."""
    if _METHOD.fullmatch(method) is None or method.upper() in ("CONNECT", "TRACE"):
        raise UserError("http.invalid_request", f"{method[:40]!r} is not a method that can be used", sent=False)
    try:
        target = httpx.URL(url)
        _check_url(target)
    except (httpx.InvalidURL, ValueError) as error:
        raise _invalid_url(url, str(error)) from error
    try:
        request = httpx.Request(method.upper(), target, headers=dict(headers or {}), **parts)
        request.read()
        target = request.url
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise UserError("http.invalid_request", f"The request can't be built: {error}", sent=False) from error
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
    """Raise unless it can be used; a ValueError where not even its host can be read."""
    if url.scheme not in ("http", "https"):
        raise _invalid_url(str(url), "only http:// and https:// can be used")
    # httpx quotes what a host may not hold; such a name can't be resolved by anybody.
    if not url.host or "%" in url.netloc.decode("ascii", "replace").partition("%25")[0]:
        raise _invalid_url(str(url), "it names no proper host")
    if url.port is not None and not 0 < url.port < 65536:
        raise _invalid_url(str(url), "its port is not one of 1 to 65535")


def _invalid_url(url: str, reason: str) -> UserError:
    return UserError("http.invalid_url", f"The URL {url.partition('?')[0][:200]!r} can't be used: {reason}", sent=False)


def redirected(request: httpx.Request, response: httpx.Response) -> httpx.Request:
    """The request that a redirect asks for; secrets stay with the origin they were meant for."""
    try:
        url = request.url.join(response.headers["location"]).copy_with(username=None, password=None, fragment=None)
        _check_url(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise _invalid_url(response.headers["location"], f"{shown(request.url)} redirects to it: {error}") from error
    method, headers = request.method, request.headers.copy()
    code = response.status_code
    if (code == 303 and method != "HEAD") or (code in (301, 302) and method == "POST"):
        method = "GET"
    content = request.content if method == request.method else b""
    for name in list(headers):
        secret = _SECRET_HEADER.search(name) is not None and not _same_origin(request.url, url)
        if secret or name == "host" or (method != request.method and name in _BODY_HEADERS):
            del headers[name]
    return httpx.Request(method, url, headers=headers, content=content or None)


def _same_origin(left: httpx.URL, right: httpx.URL) -> bool:
    ports = {"http": 80, "https": 443}
    return (left.scheme, left.host, left.port or ports.get(left.scheme)) == (
        right.scheme,
        right.host,
        right.port or ports.get(right.scheme),
    )


def shown(url: httpx.URL) -> str:
    """The URL for messages, without what may hold secrets."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}{url.path}"
