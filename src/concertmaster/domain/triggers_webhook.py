"""What a webhook trigger can be told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from concertmaster.domain.document_fields import Fields
from concertmaster.domain.durations import format_duration
from concertmaster.domain.findings import brief
from concertmaster.domain.workflow import Workflow

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
AUTH = ("token", "none", "hmac", "basic")
RESPOND = ("now", "outputs", "node")
WITH_CONNECTION = ("hmac", "basic")
LONGEST_WAIT = timedelta(minutes=5)
BODY_BYTES = 64 * 2**10
"""What is told to an execution stands in its row and its first event."""
HIGHEST_BODY_BYTES = 2**20
_KEYS = (
    *("path", "methods", "auth", "connection", "signature_header", "timestamp_header", "tolerance"),
    *("respond", "wait", "duplicate_header", "rate_per_minute", "max_body_bytes"),
)
_PATH = re.compile(r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*")
_PATH_FIX = "Choose where it is called, like `path: orders/created`"
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_CODE = "trigger.config"
_RESPONDER = "http.respond"


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """Requests to `/hooks/<path>`.

    Attributes:
        auth: `token` is made by the server; the secrets of `hmac` and `basic` are in `connection`.
        tolerance: by how much the time in a signature may differ from ours.
        respond: at once, with the outputs, or with what a node of the type `http.respond` says.
        wait: how long the request is held for them.
        duplicate_header: two requests with the same value in it start one execution.
        rate_per_minute: None: as many as come.
    """

    path: str
    methods: tuple[str, ...] = ("POST",)
    auth: str = AUTH[0]
    connection: str | None = None
    signature_header: str = "X-Signature"
    timestamp_header: str = "X-Timestamp"
    tolerance: timedelta = timedelta(minutes=5)
    respond: str = RESPOND[0]
    wait: timedelta = timedelta(seconds=30)
    duplicate_header: str = "Idempotency-Key"
    rate_per_minute: int | None = None
    max_body_bytes: int = BODY_BYTES


def responders(workflow: Workflow) -> frozenset[str]:
    """The nodes that answer where `respond` is `node`; none inside of a body does."""
    return frozenset(name for name, node in workflow.nodes.items() if node.type.partition("@")[0] == _RESPONDER)


def read_webhook(fields: Fields) -> WebhookConfig | None:
    """The config; None when something that must be there is missing or wrong."""
    fields.only(_KEYS)
    given = fields.needed("path", fix=_PATH_FIX, code=_CODE)
    path = (given or "").strip("/")
    if given and not path:
        fields.wrong("path", "must name a path below /hooks/", code=_CODE, fix=_PATH_FIX)
    auth = fields.choice("auth", AUTH, code=_CODE) or AUTH[0]
    connection = fields.text("connection")
    if auth in WITH_CONNECTION and connection is None:
        field = "`secret`" if auth == "hmac" else "`username` and `password`"
        fix = f"Add `connection` with the name of one that has {field}"
        fields.problem(_CODE, f"a webhook with `auth: {auth}` needs a connection", fix=fix)
    elif connection is not None and auth not in WITH_CONNECTION:
        fields.wrong("connection", f"is not used with `auth: {auth}`", code=_CODE, fix="Remove it")
    if path and (not _PATH.fullmatch(path) or len(path) > 200):
        fix = "Use letters, digits, `.`, `_`, `~`, `-`, with `/` between parts"
        fields.wrong("path", f"{brief(path)!r} is no path", code=_CODE, fix=fix)
        path = ""
    limit = fields.number("rate_per_minute", at_least=1, whole=True, code=_CODE)
    body = fields.number("max_body_bytes", at_least=1, whole=True, code=_CODE)
    if body is not None and body > HIGHEST_BODY_BYTES:
        fields.wrong("max_body_bytes", f"must be at most {HIGHEST_BODY_BYTES}", code=_CODE)
    read = WebhookConfig(
        path,
        fields.words("methods", METHODS, code=_CODE) or ("POST",),
        auth,
        connection,
        signature_header=_header(fields, "signature_header", "X-Signature"),
        timestamp_header=_header(fields, "timestamp_header", "X-Timestamp"),
        tolerance=fields.duration("tolerance", positive=True) or timedelta(minutes=5),
        respond=fields.choice("respond", RESPOND, code=_CODE) or RESPOND[0],
        wait=_wait(fields),
        duplicate_header=_header(fields, "duplicate_header", "Idempotency-Key"),
        rate_per_minute=None if limit is None else int(limit),
        max_body_bytes=int(body or BODY_BYTES),
    )
    return read if path else None


def _header(fields: Fields, key: str, default: str) -> str:
    name = fields.text(key)
    if name is not None and not _HEADER.fullmatch(name):
        fields.wrong(key, f"{brief(name)!r} is no name of a header", code=_CODE)
    return name or default


def _wait(fields: Fields) -> timedelta:
    wait = fields.duration("wait", positive=True) or timedelta(seconds=30)
    if wait > LONGEST_WAIT:
        fields.wrong("wait", f"must be at most {format_duration(LONGEST_WAIT)}", code=_CODE)
    return wait
