"""Webhooks: who may call, and what a body says. No I/O."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import orjson

from concertmaster.domain.errors import UserError
from concertmaster.domain.json_read import demand_json
from concertmaster.domain.triggers_webhook import WebhookConfig

# What proves who calls is not told to the execution.
_PROOFS = frozenset({"authorization", "cookie", "proxy-authorization"})
TOLD_BYTES = 32 * 2**10
"""Of headers and query: they stand in the execution's row and in its first event, as the body does."""
TOKEN_PARAMETER = "token"  # noqa: S105  (the name of one)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A request to `/hooks/<path>`; names of headers are in lower case, `address` is whose connection it came over."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    address: str = ""


def demand_caller(
    config: WebhookConfig,
    request: HookRequest,
    *,
    is_token: Callable[[str], bool],
    secrets: Mapping[str, str],
    now: datetime,
) -> None:
    """Raise unless the caller has proved who he is.

    Args:
        is_token: whether a text is the trigger's token.
        secrets: the values of the connection that the config names.
    Raises:
        UserError: `hook.unauthorized`.
    """
    match config.auth:
        case "token":
            given = _bearer(request) or request.query.get(TOKEN_PARAMETER, "")
            fault = "" if is_token(given) else "a wrong token" if given else "no token"
        case "basic":
            expected, given = f"{secrets.get('username', '')}:{secrets.get('password', '')}", _basic(request)
            right = len(expected) > 1 and hmac.compare_digest(given.encode(), expected.encode())
            fault = "" if right else "a wrong name or password" if given else "no name and password"
        case "hmac":
            fault = _signature_fault(config, request, secrets.get("secret", ""), now)
        case _:
            fault = ""
    if fault:
        # Not more: whoever guesses learns nothing from it.
        told = f"This webhook needs a valid proof of who calls (auth: {config.auth})"
        raise UnprovenError("hook.unauthorized", told, fault=fault)


class UnprovenError(UserError):
    """A caller has not proved who he is; `fault` says why, to the owner of the webhook and to nobody else."""

    def __init__(self, code: str, message: str, *, fault: str) -> None:
        super().__init__(code, message)
        self.fault = fault


def _bearer(request: HookRequest) -> str:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def _basic(request: HookRequest) -> str:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        return b64decode(value.strip(), validate=True).decode() if kind.lower() == "basic" else ""
    except ValueError:
        return ""


def _signature_fault(config: WebhookConfig, request: HookRequest, secret: str, now: datetime) -> str:
    """What is wrong with the proof, nothing where the hex HMAC-SHA256 of `<timestamp>.<body>` is right, and the
    timestamp (Unix seconds) of now."""
    stamp = request.headers.get(config.timestamp_header.lower(), "")
    signature = request.headers.get(config.signature_header.lower(), "").removeprefix("sha256=")
    if not secret:
        return "there is no secret to check it with"
    if not stamp or not signature:
        return f"no {config.signature_header if stamp else config.timestamp_header}"
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return f"{config.timestamp_header} is not in Unix seconds"
    expected = hmac.new(secret.encode(), stamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature.lower().encode(), expected.encode()):
        return "a wrong signature"
    late = now.timestamp() - int(stamp)
    if abs(late) > config.tolerance.total_seconds():
        return f"signed too {'long ago' if late > 0 else 'far ahead'}, by its {config.timestamp_header}"
    return ""


def info_of(config: WebhookConfig, request: HookRequest) -> dict[str, Any]:
    """What the execution is told.

    Raises:
        UserError: `hook.body`, it says that it is JSON, and is not, or not such as can be stored; `hook.too_large`,
            its headers and query are.
    """
    hidden = _PROOFS | {config.signature_header.lower()}
    headers = {name: value for name, value in request.headers.items() if name not in hidden}
    query = {name: value for name, value in request.query.items() if name != TOKEN_PARAMETER}
    if sum(len(f"{name}{value}".encode()) for told in (headers, query) for name, value in told.items()) > TOLD_BYTES:
        raise UserError("hook.too_large", f"The headers and the query are larger than {TOLD_BYTES} bytes together")
    return {
        "method": request.method,
        "path": request.path,
        "headers": headers,
        "query": query,
        "body": _body(request),
    }


def _body(request: HookRequest) -> Any:
    """JSON as data, a form as a mapping (of lists where a name comes twice), text as text, the rest as base64."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not request.body:
        return None
    if kind.endswith(("/json", "+json")):
        try:
            found = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise UserError("hook.body", f"The body is no JSON: {error}") from error
        return demand_json(found, at="body", code="hook.body", message="The body is not JSON that can be stored")
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(request.body).decode()}
    if kind == "application/x-www-form-urlencoded":
        fields = parse_qs(text, keep_blank_values=True)
        return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
    return text
