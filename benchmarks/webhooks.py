"""A real server process and its webhooks: how soon the first node runs, when few come and when 500 a second do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.report import Report
from benchmarks.server import Server, start

REQUESTS, A_SECOND = 5_000, 500
FEW, FEW_A_SECOND = 500, 25
CONNECTIONS = 16
SAMPLE = 1_000
END_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was answered; `execution` is what it started, if anything."""

    sent_at: datetime
    seconds: float
    status: int
    execution: str | None


def hooked() -> dict[str, Any]:
    """Two quick nodes behind a webhook."""
    config = {"path": "bench", "auth": "none"}
    return {
        "concertmaster": 1,
        "name": "hooked",
        "inputs": {"n": {"type": "integer"}},
        "nodes": {
            "first": {"type": "data.set", "config": {"value": "{{ inputs.n }}"}},
            "second": {"type": "data.set", "config": {"value": "{{ input + 1 }}"}},
        },
        "edges": ["first -> second"],
        "triggers": {"hook": {"type": "webhook", "config": config, "inputs": {"n": "{{ trigger.body.n }}"}}},
    }


def measure(report: Report, folder: Path) -> None:
    """Fill in the rows of webhooks; the callers are in this process, the server in its own."""
    folder.mkdir()
    server = start(folder)
    try:
        asyncio.run(_measure(report, server))
    finally:
        server.stop()


async def _measure(report: Report, server: Server) -> None:
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    headers = {"Authorization": f"Bearer {server.token}"}
    async with (
        httpx.AsyncClient(base_url=server.url, limits=limits, timeout=60, trust_env=False) as outside,
        httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60, trust_env=False) as owner,
    ):
        (await owner.post("/api/v1/workflows", json=hooked())).raise_for_status()
        calls = await _calls(outside, FEW_A_SECOND, FEW_A_SECOND)
        few = await _calls(outside, FEW, FEW_A_SECOND)
        report.set(f"webhook to first node, {FEW_A_SECOND} a second: p95", await _to_first_node(owner, few), "ms")
        begun = time.perf_counter()
        many = await _calls(outside, REQUESTS, A_SECOND)
        name = f"{REQUESTS:,} webhooks"
        report.set(f"{name}: all answered after", time.perf_counter() - begun, "s")
        report.set(f"{name}: answered with 2xx", sum(call.status // 100 == 2 for call in many), "")
        report.set(f"{name}: answered with 429", sum(call.status == 429 for call in many), "")
        report.set(f"{name}: answer p95", _p95([call.seconds for call in many]), "ms")
        report.set(f"{name}: webhook to first node p95", await _to_first_node(owner, many), "ms")
        report.set(f"{name}: lost, doubled or failed", await _wrong(owner, [*calls, *few, *many]), "")


async def _calls(client: httpx.AsyncClient, count: int, a_second: float) -> list[Call]:
    """Each at its time, whether the earlier ones have been answered or not."""
    begun, calls = time.perf_counter(), list[asyncio.Task[Call]]()
    # The client's own queue costs it more with every request in it.
    connections = asyncio.Semaphore(CONNECTIONS)
    for number in range(count):
        await asyncio.sleep(max(0.0, begun + number / a_second - time.perf_counter()))
        calls.append(asyncio.create_task(_call(client, number, connections)))
    return await asyncio.gather(*calls)


async def _call(client: httpx.AsyncClient, number: int, connections: asyncio.Semaphore) -> Call:
    sent_at, begun = datetime.now(UTC), time.perf_counter()
    async with connections:
        answer = await client.post("/hooks/bench", json={"n": number})
    seconds = time.perf_counter() - begun
    return Call(sent_at, seconds, answer.status_code, answer.json().get("execution"))


async def _to_first_node(client: httpx.AsyncClient, calls: Sequence[Call]) -> float:
    """p95 in ms from the sending of a request to the start of the first node, of a sample."""
    took: list[float] = []
    for call in calls[:: max(1, len(calls) // SAMPLE)]:
        if call.execution is not None:
            shown = (await client.get(f"/api/v1/executions/{call.execution}")).raise_for_status().json()
            took.append((datetime.fromisoformat(shown["nodes"]["first"]["started_at"]) - call.sent_at).total_seconds())
    return _p95(took)


async def _wrong(client: httpx.AsyncClient, calls: Sequence[Call]) -> int:
    """Executions that are missing, that nobody was told of, or that did not succeed."""
    told = [call.execution for call in calls if call.execution is not None]
    deadline = time.perf_counter() + END_SECONDS
    while True:
        there = {one["id"]: one["status"] for one in await _executions(client)}
        if time.perf_counter() > deadline or set(there.values()) == {"succeeded"}:
            break
        await asyncio.sleep(0.1)
    failed = sum(status != "succeeded" for status in there.values())
    return len(told) - len(set(told)) + len(there.keys() ^ set(told)) + failed


async def _executions(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: str | None = ""
    while before is not None:
        query = {"limit": "1000", **({"before": before} if before else {})}
        page = (await client.get("/api/v1/executions", params=query)).raise_for_status().json()
        found += page["items"]
        before = page["next"]
    return found


def _p95(seconds: Sequence[float]) -> float:
    """In ms."""
    return sorted(seconds)[int(len(seconds) * 0.95)] * 1e3
