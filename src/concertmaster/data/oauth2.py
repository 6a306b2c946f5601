"""OAuth 2 client credentials (RFC 6749, section 4.4): access tokens, kept until shortly before their end."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote, urlsplit
from weakref import WeakValueDictionary

from concertmaster.data.http_client import GuardedClient
from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.domain.recent import Recent

_TIMEOUT = timedelta(seconds=20)
_LARGEST_BYTES = 256 * 1024
# A token is not used in its last seconds, and one that does not say how long it lives is not kept for long.
_MARGIN_SECONDS = 30.0
_DEFAULT_SECONDS = 60.0
_KEPT_BYTES = 4 * 2**20
_TOKEN_BYTES = 4 * 2**10


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    until: float


class ClientCredentials:
    """Asks token servers through the guarded client; one request at a time for the same credentials."""

    def __init__(self, client: GuardedClient) -> None:
        self._client = client
        self._tokens = Recent[bytes, _Token](_KEPT_BYTES // _TOKEN_BYTES)
        self._asking = WeakValueDictionary[bytes, asyncio.Lock]()

    async def token(self, values: Mapping[str, Any]) -> str:
        """An access token that lives for a while.

        Args:
            values: `token_url`, `client_id`, `client_secret`, and `scope` where one is wanted.
        Raises:
            UserError: `oauth2.refused`, the server does not know these credentials.
            OperationalError: `oauth2.failed`; and those of the client.
        """
        wanted = [str(values.get(name) or "") for name in ("token_url", "client_id", "client_secret", "scope")]
        # Not the secrets themselves: what is in memory longer than needed turns up in dumps.
        key = hashlib.sha256(json.dumps(wanted).encode()).digest()
        # Gone with the last who holds it or waits for it.
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._tokens.get(key)
            if known is None or known.until <= time.monotonic():
                known = await self._ask(*wanted)
                self._tokens.put(key, known)
            return known.text

    async def _ask(self, url: str, client_id: str, client_secret: str, scope: str) -> _Token:
        form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
        headers = {"Authorization": f"Basic {_basic(pair)}", "Accept": "application/json"}
        answer = await self._client.post(
            url, data=form, headers=headers, timeout=_TIMEOUT, max_bytes=_LARGEST_BYTES, follow_redirects=False
        )
        shown = urlsplit(url).hostname or url
        if answer.status_code in (400, 401, 403):
            raise UserError(
                "oauth2.refused",
                f"The token server {shown} answered {answer.status_code}{_reason(answer.content)}; check client_id, "
                "client_secret and scope of the connection",
                sent=False,
            )
        found = _object(answer.content)
        token = found.get("access_token")
        if answer.status_code != 200 or not isinstance(token, str) or not token:
            raise OperationalError(
                "oauth2.failed",
                f"The token server {shown} answered {answer.status_code} without an access token; check token_url",
                sent=False,
            )
        lives = found.get("expires_in")
        seconds = float(lives) if isinstance(lives, int | float) else _DEFAULT_SECONDS
        return _Token(token, time.monotonic() + seconds - min(_MARGIN_SECONDS, seconds / 2))


def _basic(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        found: object = json.loads(content)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _reason(content: bytes) -> str:
    """The error code that the server gives, which is a word of the standard; its texts may hold anything."""
    error = _object(content).get("error")
    known = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope"}
    return f" ({error})" if error in known else ""
