"""What a crash campaign left behind, counted and judged."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from chaos import steered
from chaos.sink import Sink
from chaos.workload import Customer, mixed

FINAL = {"succeeded", "failed", "cancelled", "interrupted"}
END_SECONDS = 60


@dataclass
class Verdict:
    """The campaign's report; every `lost`, `doubled` and `stuck` must be 0."""

    kills: int = 0
    posts: int = 0
    accepted: int = 0
    succeeded: int = 0
    cancelled: int = 0
    unclear_writes: int = 0
    steered: int = 0
    nodes_succeeded: int = 0
    attempts: int = 0
    attempts_lost: int = 0
    effects: int = 0
    calls: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0

    def as_text(self) -> str:
        """One line a count."""
        return "\n".join(f"{name.replace('_', ' '):16} {value:,}" for name, value in asdict(self).items())


def judge(client: httpx.Client, customer: Customer, sink: Sink, workspace: Path, *, kills: int) -> Verdict:
    """Look at everything that was accepted, and at everything that reached the outside.

    Raises:
        AssertionError: something was lost, doubled or stuck, with the execution that shows it.
    """
    assert customer.wrong == []
    verdict = Verdict(kills=kills, posts=customer.posts, accepted=len(customer.accepted))
    ids = [id_ for id_, _ in customer.accepted.values()]
    assert len(set(ids)) == len(ids) > 0
    there = [row["id"] for row in everything(client) if row["workflow"] != "part"]
    verdict.lost, verdict.doubled = len(set(ids) - set(there)), len(there) - len(ids)
    assert sorted(there) == sorted(ids), "one execution for each key, and no other"
    _resume_all(client)
    for key, (id_, workflow) in customer.accepted.items():
        execution = ended(client, id_)
        _judge_one(execution, _history(client, id_), int(key.removeprefix("key-")), workflow, verdict)
        assert execution["status"] != "cancelled" or id_ in customer.cancelled, execution
    _judge_parts(client, verdict)
    _judge_sink(sink, verdict)
    leftovers = [path.name for path in (workspace / "out").iterdir() if path.suffix != ".parquet"]
    assert leftovers == []
    return verdict


def _judge_one(
    execution: dict[str, Any], events: list[dict[str, Any]], number: int, workflow: str, verdict: Verdict
) -> None:
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1)), "no gap, nothing doubled"
    kinds = Counter((event["kind"], event.get("node")) for event in events)
    assert max(kinds["node.succeeded", node] for node in execution["nodes"]) <= 1, json.dumps(events)
    assert events[-1]["kind"] == f"execution.{execution['status']}"
    verdict.nodes_succeeded += sum(count for (kind, _), count in kinds.items() if kind == "node.succeeded")
    verdict.attempts += sum(count for (kind, _), count in kinds.items() if kind == "node.started")
    verdict.attempts_lost += _lost_attempts(events)
    if execution["status"] == "cancelled":
        verdict.cancelled += 1
        return
    assert execution["status"] == "succeeded", execution
    verdict.succeeded += 1
    if workflow == "isolated":
        assert execution["outputs"] == {"double": number * 2}
    elif workflow == "steered":
        assert execution["outputs"] == steered.outputs(number)
        verdict.steered += 1
    elif workflow == "mixed":
        assert execution["outputs"] == {"sum": number + 5}
        assert all(kinds["node.succeeded", node] == 1 for node in mixed("")["nodes"])
    else:
        assert execution["outputs"]["end"] in ("done", "unclear")
        verdict.unclear_writes += execution["outputs"]["end"] == "unclear"


def _judge_parts(client: httpx.Client, verdict: Verdict) -> None:
    """Of what others called: one a caller, and none that goes on after it."""
    parts = list(everything(client, workflow="part"))
    assert all(row["status"] in ("succeeded", "cancelled") for row in parts), parts
    assert verdict.steered <= len(parts) <= verdict.accepted


def _lost_attempts(events: list[dict[str, Any]]) -> int:
    """Attempts that began and have no end of their own: the server died in them."""
    running: set[str] = set()
    lost = 0
    for event in events:
        node = event.get("node")
        if event["kind"] == "node.started":
            lost += node in running
            running.add(node)
        elif event["kind"] in ("node.succeeded", "node.failed", "node.retrying", "node.waiting", "node.cancelled"):
            running.discard(node)
    return lost


def _judge_sink(sink: Sink, verdict: Verdict) -> None:
    assert all(len(keys) == 1 for keys in sink.keys.values()), "every attempt at a piece of work has the same key"
    work = Counter((body["execution"], body["node"]) for body in sink.effects.values())
    assert max(work.values()) == 1
    assert sum(node in steered.WRITES for _, node in work) >= verdict.steered * len(steered.WRITES)
    assert not sink.unsafe or max(sink.unsafe.values()) == 1, "a write that may not be repeated was"
    verdict.effects, verdict.calls = len(sink.effects), sum(sink.calls.values())


def _resume_all(client: httpx.Client) -> None:
    """A pause whose resume was lost with a server is no stuck execution: somebody asked for it."""
    for row in everything(client, status="paused"):
        client.post(f"/api/v1/executions/{row['id']}/resume")


def everything(client: httpx.Client, **filters: str) -> Iterator[dict[str, Any]]:
    """All executions, newest first."""
    before: str | None = ""
    while before is not None:
        query = {"limit": "500", **filters, **({"before": before} if before else {})}
        page = client.get("/api/v1/executions", params=query).raise_for_status().json()
        yield from page["items"]
        before = page["next"]


def _history(client: httpx.Client, id_: str) -> list[dict[str, Any]]:
    return client.get(f"/api/v1/executions/{id_}/events?limit=1000").raise_for_status().json()["items"]


def ended(client: httpx.Client, id_: str) -> dict[str, Any]:
    """Wait for the end of an execution; one that was left paused is resumed."""
    after, deadline, execution = 0, time.monotonic() + END_SECONDS, dict[str, Any]()
    while time.monotonic() < deadline:
        execution = client.get(f"/api/v1/executions/{id_}").raise_for_status().json()
        if execution["status"] in FINAL:
            return execution
        steered.approve_all(client)
        if execution["status"] == "paused":
            client.post(f"/api/v1/executions/{id_}/resume")
        after = client.get(f"/api/v1/executions/{id_}/events", params={"after": after, "wait": 5}).json()["next"]
    raise AssertionError(f"stuck: {execution}")
