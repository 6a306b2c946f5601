"""The mixed workload of the crash campaign, and the customer who orders it while servers are being killed."""

from __future__ import annotations

import random
import threading
from typing import Any

import httpx

from factories import document

RETRY = {"maximum_attempts": 10, "initial_interval": "50ms", "maximum_interval": "300ms"}


def mixed(sink_url: str) -> dict[str, Any]:
    """None, read and write nodes, a wait, retries, a table, a file; ends well whatever happens to the server."""
    post = {"method": "POST", "url": f"{sink_url}/count"}
    who = {"execution": "{{ execution.id }}", "n": "{{ inputs.n }}"}
    nodes: dict[str, dict[str, Any]] = {
        "set": {"type": "data.set", "config": {"value": "{{ inputs.n }}"}},
        "look": {"type": "http.request", "config": {"url": f"{sink_url}/price"}, "policy": {"retry": RETRY}},
        "first": {
            "type": "http.request",
            "config": {**post, "body": {**who, "node": "first"}},
            "policy": {"retry": RETRY},
        },
        "wait": {"type": "flow.wait", "config": {"duration": "150ms"}},
        "second": {
            "type": "http.request",
            "config": {**post, "body": {**who, "node": "second"}},
            "policy": {"retry": RETRY},
        },
        "read": {"type": "file.read", "config": {"path": "cities.csv"}},
        "large": {"type": "table.filter", "config": {"condition": "people > 1000"}},
        "save": {"type": "file.write", "config": {"path": "out/{{ execution.id }}.parquet"}},
        "end": {"type": "data.set", "config": {"value": "{{ nodes.set + nodes.large.rows + nodes.look.body.price }}"}},
    }
    edges = [
        *("set -> look", "look -> first", "first -> wait", "wait -> second", "second -> end"),
        *("set -> read", "read -> large", "large -> save", "save -> end"),
    ]
    inputs = {"n": {"type": "integer"}}
    return document("mixed", inputs=inputs, nodes=nodes, edges=edges, outputs={"sum": "{{ nodes.end }}"})


def unsafe(sink_url: str) -> dict[str, Any]:
    """A write that must never be made twice: when the server dies in it, the error branch is taken."""
    body = {"execution": "{{ execution.id }}", "n": "{{ inputs.n }}", "node": "once"}
    nodes: dict[str, dict[str, Any]] = {
        "set": {"type": "data.set", "config": {"value": "{{ inputs.n }}"}},
        "once": {
            "type": "http.request",
            "config": {"method": "POST", "url": f"{sink_url}/count", "body": body},
            "policy": {"idempotent": False, "on_interrupt": "fail"},
        },
        "done": {"type": "data.set", "config": {"value": "done"}},
        "unclear": {"type": "data.set", "config": {"value": "unclear"}},
    }
    edges = ["set -> once", "once -> done", "once.error -> unclear"]
    outputs = {"end": "{{ nodes.done or nodes.unclear }}"}
    return document("unsafe", inputs={"n": {"type": "integer"}}, nodes=nodes, edges=edges, outputs=outputs)


class Customer:
    """Orders executions one after the other, repeats each request with its key until it is answered, and remembers
    what was accepted. Some it pauses and resumes, some it cancels; those it remembers as well."""

    def __init__(self, seed: int, *, pause_seconds: float = 0.01) -> None:
        self.accepted: dict[str, tuple[str, str]] = {}
        self.cancelled: set[str] = set()
        self.wrong: list[str] = []
        self.posts = 0
        self._urls: list[str] = []
        self._dice = random.Random(seed)
        self._pause_seconds = pause_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def serve(self, *urls: str) -> None:
        """Where servers answer now."""
        self._urls = list(urls)

    def finish(self) -> None:
        """Get an answer to the last request too, then stop."""
        self._over.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "the customer did not get an answer"

    def _work(self) -> None:
        with httpx.Client(timeout=5, trust_env=False) as client:
            while not self._over.is_set() and not self.wrong:
                number = len(self.accepted)
                key, workflow = f"key-{number}", "unsafe" if number % 4 == 3 else "mixed"
                while key not in self.accepted and not self.wrong:
                    self._order(client, key, workflow, number)
                    # So many that some are always running, so few that a slow machine gets through.
                    self._over.wait(self._pause_seconds)
                self._steer(client, self.accepted.get(key), number)

    def _order(self, client: httpx.Client, key: str, workflow: str, number: int) -> None:
        if not self._urls:
            return
        url = f"{self._dice.choice(self._urls)}/api/v1/workflows/{workflow}/executions"
        self.posts += 1
        try:
            answer = client.post(url, json={"inputs": {"n": number}}, headers={"Idempotency-Key": key})
        except httpx.HTTPError:
            return
        if answer.status_code == 202:
            self.accepted[key] = (answer.json()["id"], workflow)
        elif answer.status_code != 503:
            self.wrong.append(f"{answer.status_code} {answer.text[:300]}")

    def _steer(self, client: httpx.Client, found: tuple[str, str] | None, number: int) -> None:
        if found is None or not self._urls or number % 10 not in (4, 8):
            return
        url = f"{self._dice.choice(self._urls)}/api/v1/executions/{found[0]}"
        try:
            if number % 10 == 4:
                if client.post(f"{url}/cancel").status_code == 202:
                    self.cancelled.add(found[0])
            else:
                client.post(f"{url}/pause")
                client.post(f"{url}/resume")
        except httpx.HTTPError:
            # Whether it arrived is not known.
            if number % 10 == 4:
                self.cancelled.add(found[0])
