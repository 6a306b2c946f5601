"""The part of the workload that others steer: loops, a sub-workflow, a lock, an event and a person's decision."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx

from factories import document

ITEMS = 4
ROUNDS = 2
RETRY = {"maximum_attempts": 10, "initial_interval": "50ms", "maximum_interval": "300ms"}
WRITES = {*(f"item {number}" for number in range(ITEMS)), *(f"round {number}" for number in range(ROUNDS)), "locked"}


def _post(sink_url: str, node: str) -> dict[str, Any]:
    body = {"execution": "{{ execution.id }}", "n": "{{ inputs.n }}", "node": node}
    return {
        "type": "http.request",
        "config": {"method": "POST", "url": f"{sink_url}/count", "body": body},
        "policy": {"retry": RETRY},
    }


def part(sink_url: str) -> dict[str, Any]:
    """What is called."""
    nodes = {"write": _post(sink_url, "part")}
    outputs = {"n": "{{ nodes.write.body.n }}"}
    return document("part", inputs={"n": {"type": "integer"}}, nodes=nodes, edges=[], outputs=outputs)


def steered(sink_url: str) -> dict[str, Any]:
    """Ends well, once the event has come and somebody has approved."""
    every_item = {"nodes": {"write": _post(sink_url, "item {{ index }}")}}
    nodes: dict[str, dict[str, Any]] = {
        "each": {
            "type": "flow.for_each",
            "config": {"items": list(range(ITEMS)), "concurrency": 2, "result": "{{ nodes.write.body.n + item }}"},
            "body": every_item,
        },
        "call": {"type": "flow.call", "config": {"workflow": "part", "inputs": {"n": "{{ inputs.n }}"}}},
        "wait": {"type": "flow.wait", "config": {"event": "go", "key": "{{ execution.id }}", "timeout": "1h"}},
        "ask": {"type": "flow.approve", "config": {"title": "Go on with {{ inputs.n }}?"}},
        "rounds": {
            "type": "flow.until",
            "config": {"condition": f"{{{{ index == {ROUNDS - 1} }}}}", "maximum": 5, "result": "{{ index }}"},
            "body": {
                "nodes": {
                    "pause": {"type": "flow.wait", "config": {"duration": "50ms"}},
                    "write": _post(sink_url, "round {{ index }}"),
                },
                "edges": ["pause -> write"],
            },
        },
        "lock": {
            "type": "flow.lock",
            "config": {"name": "desk-{{ inputs.n % 3 }}"},
            "body": {"nodes": {"write": _post(sink_url, "locked")}},
        },
        "end": {"type": "data.set", "config": {"value": "{{ nodes.call.n + nodes.wait.n }}"}},
    }
    edges = ["each -> call", "call -> wait", "wait -> ask", "ask.approved -> rounds", "rounds -> lock", "lock -> end"]
    outputs = {"sum": "{{ nodes.end }}", "items": "{{ nodes.each }}", "last": "{{ nodes.rounds }}"}
    return document("steered", inputs={"n": {"type": "integer"}}, nodes=nodes, edges=edges, outputs=outputs)


def outputs(number: int) -> dict[str, Any]:
    """What comes out of `steered`."""
    return {"sum": 2 * number, "items": [number + item for item in range(ITEMS)], "last": ROUNDS - 1}


def send(client: httpx.Client, execution_id: str, number: int) -> bool:
    """Send the event; whether it is known to have arrived. Sent again it is the same one."""
    with contextlib.suppress(httpx.HTTPError):
        body = {"key": execution_id, "data": {"n": number}}
        headers = {"Idempotency-Key": f"go-{execution_id}"}
        return client.post("/api/v1/events/go", json=body, headers=headers).status_code == 202
    return False


def approve_all(client: httpx.Client) -> None:
    """Answer every open question; that another was faster does not matter."""
    with contextlib.suppress(httpx.HTTPError):
        for question in client.get("/api/v1/approvals", params={"limit": "200"}).json().get("items", ()):
            client.post(f"/api/v1/approvals/{question['id']}", json={"decision": "approved"})
