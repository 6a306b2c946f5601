"""200 status events a second on the page of a run of 1,000 nodes: what renders, and what the main thread does.

The run is real and waits at its first node; the events come over the page's own WebSocket, made after one that the
server had told, so that their rate is known and the server's own work does not count.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
from playwright.sync_api import Browser, WebSocketRoute

from benchmarks.web import graphs
from benchmarks.web.pages import Measured
from benchmarks.web.verdicts import Verdicts

COUNT, RATE, SECONDS, ROUNDS = 1_000, 200, 5, 3
# The server sends at most so often a second, with all that came meanwhile.
FRAMES = 20


def measure(verdicts: Verdicts, browser: Browser, url: str, token: str, login: str) -> None:
    """Fill in the rows about events."""
    client = httpx.Client(
        base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    )
    page = Measured(browser, login)
    sockets: list[WebSocketRoute] = []

    def on_socket(route: WebSocketRoute) -> None:
        route.connect_to_server()
        sockets.append(route)

    page.page.route_web_socket("**/api/v1/stream", on_socket)
    execution, template = _waiting_run(client)
    page.open(f"{url}/runs/{execution}", COUNT)
    page.page.wait_for_load_state("networkidle")
    page.page.evaluate("() => window.__bench.watching = true")
    seq = int(client.get(f"/executions/{execution}").json()["seq"])
    for number in range(ROUNDS):
        near = number > 0
        if number == 1:
            page.zoom_to(0.8)
            # The cards that came into sight are there before anything is counted.
            page.page.wait_for_timeout(1_000)
        seq = _round(verdicts, page, sockets[-1], (execution, template, seq), near=near)
    for where in ("far", "near"):
        verdicts.below(f"{RATE} events/s, {where}: main thread", 10)
    verdicts.below(f"{RATE} events/s: nodes rendered that no event was about", 0)
    page.close()
    client.post(f"/executions/{execution}/cancel")


def _waiting_run(client: httpx.Client) -> tuple[str, dict[str, Any]]:
    document = graphs.workflow("waits", COUNT)
    document["nodes"]["gate"] = {"type": "flow.wait@1", "config": {"duration": "1h"}}
    document["edges"] += [f"gate -> n{number}" for number in range(graphs.ROWS)]
    document["layout"]["gate"] = [-graphs.COLUMN, 0]
    client.post("/workflows", json=document).raise_for_status()
    execution = str(client.post("/workflows/waits/executions", json={}).raise_for_status().json()["id"])
    for _ in range(100):
        events = client.get(f"/executions/{execution}/events").raise_for_status().json()["items"]
        found = next((event for event in events if event.get("node")), None)
        if found is not None:
            return execution, found
        time.sleep(0.1)
    raise RuntimeError("the run does not start")


def _round(
    verdicts: Verdicts, page: Measured, socket: WebSocketRoute, run: tuple[str, dict[str, Any], int], *, near: bool
) -> int:
    """Events for some seconds; returns the last number in the run's sequence."""
    execution, template, seq = run
    page.page.evaluate("() => { window.__bench.renders = {} }")
    told: set[str] = set()
    before, began = page.metric("TaskDuration"), time.perf_counter()
    for frame in range(FRAMES * SECONDS):
        events: list[dict[str, Any]] = []
        for number in range(frame * RATE // FRAMES, (frame + 1) * RATE // FRAMES):
            node = f"n{number * 7 % COUNT}"
            told.add(node)
            seq += 1
            at = datetime.now(UTC).isoformat()
            events.append({**template, "kind": "node.started", "data": {}, "seq": seq, "node": node, "at": at})
        socket.send(json.dumps({"topic": f"execution:{execution}", "events": events}))
        page.page.wait_for_timeout(max(0.0, (began + (frame + 1) / FRAMES - time.perf_counter()) * 1e3))
    lasted = time.perf_counter() - began
    where = "near" if near else "far"
    verdicts.note(f"{RATE} events/s, {where}: main thread", (page.metric("TaskDuration") - before) / lasted * 100, "%")
    rendered: dict[str, int] = page.page.evaluate("() => window.__bench.renders")
    verdicts.note(f"{RATE} events/s: nodes rendered", len(rendered), "nodes")
    verdicts.note(f"{RATE} events/s: nodes rendered that no event was about", len(set(rendered) - told), "nodes")
    return seq
