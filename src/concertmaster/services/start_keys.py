"""Start keys: what ties a start to others: the concurrency limit that it falls under, and its idempotency key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, cast

import orjson

from concertmaster.domain.errors import UserError
from concertmaster.domain.expression import compile_value
from concertmaster.domain.interfaces import Slot
from concertmaster.domain.workflow import Workflow

KEY_LIMIT = 200


# What triggers start has keys that no request can take from them.
RESERVED_KEYS = "trigger:"


def demand_key(key: str | None, *, by_request: bool) -> None:
    """Raise UserError `execution.key_invalid` unless it can be an idempotency key."""
    if key is not None and not 0 < len(key) <= KEY_LIMIT:
        raise UserError("execution.key_invalid", f"Idempotency-Key must have 1 to {KEY_LIMIT} characters")
    if key is not None and by_request and key.startswith(RESERVED_KEYS):
        message = f"An Idempotency-Key must not begin with '{RESERVED_KEYS}'; choose another"
        raise UserError("execution.key_invalid", message)


def slot_of(document: Workflow, inputs: Mapping[str, Any], trigger: Mapping[str, Any]) -> Slot | None:
    """The concurrency limit that the start falls under.

    Raises:
        UserError: the limit's key cannot be computed.
    """
    concurrency = document.policy.concurrency
    if concurrency is None:
        return None
    scope = {"inputs": inputs, "trigger": trigger, "vars": document.vars}
    key = "" if concurrency.key is None else compile_value(concurrency.key).render(scope)
    text = key if isinstance(key, str) else orjson.dumps(key, option=orjson.OPT_SORT_KEYS).decode()
    if len(text) > KEY_LIMIT:
        raise UserError("execution.slot_key", f"policy.concurrency.key gives more than {KEY_LIMIT} characters")
    return Slot(f"{document.name}/{text}", concurrency.limit, concurrency.when_full)


def fingerprint(
    workflow: str, version: int | None, inputs: Mapping[str, Any], replayed: str | None, *, fresh: bool
) -> str:
    """What makes two requests with one idempotency key the same."""
    request: list[Any] = [workflow, version, cast("dict[str, Any]", inputs)]
    if replayed is not None:
        # Two executions with the same inputs may have been told different things by their triggers.
        request.append(replayed)
    if fresh:
        request.append("fresh")
    return hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()
