"""From plain JSON data to policies, and back without the defaults."""

from __future__ import annotations

from typing import Any, cast

from concertmaster.domain.document_fields import Fields
from concertmaster.domain.durations import format_duration
from concertmaster.domain.findings import Findings
from concertmaster.domain.policy import (
    Concurrency,
    Join,
    NodePolicy,
    OnError,
    OnInterrupt,
    RetryPolicy,
    WhenFull,
    WorkflowPolicy,
)

WORKFLOW_POLICY_KEYS = ("timeout", "priority", "concurrency", "cache", "on_failure", "finally")
NODE_POLICY_KEYS = ("timeout", "retry", "on_error", "join", "idempotent", "on_interrupt", "cache", "undo")
RETRY_KEYS = ("maximum_attempts", "initial_interval", "backoff_coefficient", "maximum_interval")
CONCURRENCY_KEYS = ("limit", "key", "when_full")
_LOWEST_PRIORITY = -(2**31)


def read_workflow_policy(value: Any, findings: Findings) -> WorkflowPolicy:
    """The policy of a workflow; None gives the default."""
    if value is None:
        return WorkflowPolicy()
    fields = Fields(value, findings, at="/policy", what="a workflow policy")
    fields.only(WORKFLOW_POLICY_KEYS)
    return WorkflowPolicy(
        timeout=fields.duration("timeout", positive=True),
        priority=int(fields.number("priority", at_least=_LOWEST_PRIORITY, whole=True) or 0),
        concurrency=_read_concurrency(fields.data.get("concurrency"), findings),
        cache=fields.boolean("cache") or False,
        on_failure=_read_names(fields, "on_failure", "Write `compensate`, a node, or a list of them"),
        finally_=_read_names(fields, "finally", "Write a node, or a list of nodes"),
    )


def _read_names(fields: Fields, key: str, fix: str) -> tuple[str, ...]:
    """One text or a list of texts."""
    value = fields.data.get(key)
    names = cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
    if all(isinstance(name, str) for name in names):
        return tuple(dict.fromkeys(names))
    fields.wrong(key, "must be a text or a list of texts", fix=fix, code="policy.value")
    return ()


def _read_concurrency(value: Any, findings: Findings) -> Concurrency | None:
    if value is None:
        return None
    fields = Fields(value, findings, at="/policy/concurrency", what="a concurrency policy")
    fields.only(CONCURRENCY_KEYS)
    fields.required("limit", fix="Add `limit:`, the number of executions at one time")
    limit = fields.number("limit", at_least=1, whole=True)
    when_full = cast("WhenFull | None", fields.choice("when_full", ("queue", "skip", "cancel_oldest")))
    return None if limit is None else Concurrency(int(limit), fields.text("key"), when_full or "queue")


def read_node_policy(value: Any, findings: Findings, *, at: str) -> NodePolicy:
    """The policy of a node; None gives the default."""
    if value is None:
        return NodePolicy()
    fields = Fields(value, findings, at=at, what="a node policy")
    fields.only(NODE_POLICY_KEYS)
    return NodePolicy(
        timeout=fields.duration("timeout", positive=True),
        retry=_read_retry(fields.data.get("retry"), findings, at=fields.pointer("retry")),
        on_error=cast("OnError | None", fields.choice("on_error", ("fail", "continue"))),
        join=_read_join(fields),
        idempotent=fields.boolean("idempotent"),
        on_interrupt=cast("OnInterrupt | None", fields.choice("on_interrupt", ("stop", "retry", "fail"))) or "stop",
        cache=fields.boolean("cache"),
        undo=fields.text("undo"),
    )


def _read_join(fields: Fields) -> Join:
    match fields.data.get("join"):
        case None:
            return "all"
        case "all" | "any" as word:
            return word
        case int() as count if count >= 1 and not isinstance(count, bool):
            return count
        case _:
            fix = "Use `all`, `any`, or the number of edges that must be taken"
            fields.wrong("join", "must be `all`, `any` or a whole number from 1", fix=fix, code="policy.value")
            return "all"


def _read_retry(value: Any, findings: Findings, *, at: str) -> RetryPolicy:
    default = RetryPolicy()
    if value is None:
        return default
    fields = Fields(value, findings, at=at, what="a retry policy")
    fields.only(RETRY_KEYS)
    attempts = fields.number("maximum_attempts", at_least=1, whole=True)
    initial = fields.duration("initial_interval")
    longest = fields.duration("maximum_interval")
    return RetryPolicy(
        maximum_attempts=default.maximum_attempts if attempts is None else int(attempts),
        initial_interval=default.initial_interval if initial is None else initial,
        backoff_coefficient=fields.number("backoff_coefficient", at_least=1) or default.backoff_coefficient,
        maximum_interval=default.maximum_interval if longest is None else longest,
    )


def write_workflow_policy(policy: WorkflowPolicy) -> dict[str, Any]:
    """What differs from the default, in the canonical order."""
    written: dict[str, Any] = {}
    if policy.timeout is not None:
        written["timeout"] = format_duration(policy.timeout)
    if policy.priority:
        written["priority"] = policy.priority
    if policy.concurrency is not None:
        written["concurrency"] = _write_concurrency(policy.concurrency)
    if policy.cache:
        written["cache"] = True
    for key, names in (("on_failure", policy.on_failure), ("finally", policy.finally_)):
        if names:
            written[key] = names[0] if len(names) == 1 else list(names)
    return written


def write_node_policy(policy: NodePolicy) -> dict[str, Any]:
    """What differs from the default, in the canonical order."""
    written: dict[str, Any] = {}
    if policy.timeout is not None:
        written["timeout"] = format_duration(policy.timeout)
    if retry := _write_retry(policy.retry):
        written["retry"] = retry
    for key in ("on_error", "join", "idempotent", "on_interrupt", "cache", "undo"):
        value = getattr(policy, key)
        if value is not None and (key, value) not in (("join", "all"), ("on_interrupt", "stop")):
            written[key] = value
    return written


def _write_concurrency(concurrency: Concurrency) -> dict[str, Any]:
    written: dict[str, Any] = {"limit": concurrency.limit}
    if concurrency.key is not None:
        written["key"] = concurrency.key
    if concurrency.when_full != "queue":
        written["when_full"] = concurrency.when_full
    return written


def _write_retry(retry: RetryPolicy) -> dict[str, Any]:
    default = RetryPolicy()
    written: dict[str, Any] = {}
    if retry.maximum_attempts != default.maximum_attempts:
        written["maximum_attempts"] = retry.maximum_attempts
    if retry.initial_interval != default.initial_interval:
        written["initial_interval"] = format_duration(retry.initial_interval)
    if retry.backoff_coefficient != default.backoff_coefficient:
        written["backoff_coefficient"] = retry.backoff_coefficient
    if retry.maximum_interval != default.maximum_interval:
        written["maximum_interval"] = format_duration(retry.maximum_interval)
    return written
