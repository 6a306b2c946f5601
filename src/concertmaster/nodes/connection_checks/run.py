"""Run the test of a connection: bounded in time, through the guard, and without a secret in what it says."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.redaction import Redactor
from concertmaster.nodes.connection_checks import databases, mail, messages, ssh, web
from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed
from concertmaster.nodes.connection_types.catalog import TYPES, with_defaults
from concertmaster.nodes.credentials import Connection

_log = logging.getLogger(__name__)
_LONGEST_TEXT = 1_000

Check = Callable[[Mapping[str, Any], Access], Awaitable[str]]
CHECKS: Mapping[str, Check] = {
    "http": web.http,
    "postgres": databases.postgres,
    "mysql": databases.mysql,
    "sqlite": databases.sqlite,
    "duckdb": databases.duckdb_file,
    "s3": web.s3,
    "sftp": ssh.sftp,
    "smtp": mail.smtp,
    "slack": web.slack,
    "redis": messages.redis,
    "rabbitmq": messages.rabbitmq,
    "nats": messages.nats,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test came to.

    Attributes:
        code: `ok`, `failed`, `timeout`, `untestable`, `driver_missing`, or that of the error (`http.egress_refused`).
        message: what was found, without secrets.
        fix: what to do about it, None when nothing is to be done.
    """

    ok: bool
    code: str
    message: str
    fix: str | None
    took_ms: int


async def run_check(type_: str, values: Mapping[str, Any], access: Access, *, seconds: float = SECONDS) -> Outcome:
    """Test values that fit their type. Never raises for what the other side does.

    Args:
        values: checked by `check_values`; defaults are filled in.
        seconds: after which it is over.
    """
    began = time.monotonic()
    ok, code, message, fix = await _found(type_, with_defaults(type_, values), access, seconds)
    # What to do is told in words of ours, which never hold a value.
    redactor = Redactor(Connection(type_, "tested", values).secrets())
    said = str(redactor.redact(" ".join(message.split())))[:_LONGEST_TEXT]
    return Outcome(ok, code, said, fix, round((time.monotonic() - began) * 1000))


async def _found(
    type_: str, values: Mapping[str, Any], access: Access, seconds: float
) -> tuple[bool, str, str, str | None]:
    known, check = TYPES.get(type_), CHECKS.get(type_)
    if known is None or check is None:
        title = type_ if known is None else known.title
        return False, "untestable", f"There is no test for connections of type {title}", "Run a workflow that uses it"
    if known.missing_driver is not None:
        message = f"The driver for {known.title} is not installed"
        return False, "driver_missing", message, f"Install it and restart: {known.missing_driver}"
    try:
        async with asyncio.timeout(seconds):
            return True, "ok", await check(values, access), None
    except TimeoutError:
        message = f"No complete answer within {seconds:g} s"
        return False, "timeout", message, "Check host, port and TLS, and that no firewall is between"
    except CheckFailed as error:
        return False, "failed", error.message, error.fix
    except ConcertMasterError as error:
        reason, fix = error.details.get("reason"), error.details.get("fix")
        return (False, error.code, error.message, None) if fix is None else (False, "failed", str(reason), str(fix))
    except Exception as error:
        # A driver's own mistake; what it says may quote what it was given, so only its kind is logged.
        _log.warning("the test of a connection failed oddly", extra={"type": type_, "error": type(error).__name__})
        message = f"{known.title} could not be tested: {error or type(error).__name__}"
        return False, "failed", message, "Check host, port and the kind of server that listens there"
