"""The mixed workload of the crash campaign, and the customer who orders it while servers are being killed."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Sequence
from typing import Any

import httpx

from chaos.steered import approve_all, send
from factories import document
from server_process import ServerProcess

DESKS = 4
# Of five in a row; five and the four desks have no common divisor, so each desk orders all of them.
KINDS = ("mixed", "unsafe", "mixed", "isolated", "mixed")
ALL_KINDS = ("mixed", "unsafe", "steered", "isolated", "steered")
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
        # Computed as one with those around it.
        "more": {"type": "table.derive", "config": {"columns": {"thousands": "people // 1000"}}},
        "large": {"type": "table.filter", "config": {"condition": "people > 1000"}},
        "save": {"type": "file.write", "config": {"path": "out/{{ execution.id }}.parquet"}},
        "end": {"type": "data.set", "config": {"value": "{{ nodes.set + nodes.large.rows + nodes.look.body.price }}"}},
    }
    edges = [
        *("set -> look", "look -> first", "first -> wait", "wait -> second", "second -> end"),
        *("set -> read", "read -> more", "more -> large", "large -> save", "save -> end"),
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


def isolated(sink_url: str) -> dict[str, Any]:
    """Code in a child process between two writes: children die with their server, and are made again."""
    body = {"execution": "{{ execution.id }}", "n": "{{ inputs.n }}"}
    post = {"method": "POST", "url": f"{sink_url}/count"}
    code = "def main(input, n):\n    print('computing', n)\n    return n * 2\n"
    nodes: dict[str, dict[str, Any]] = {
        "before": {
            "type": "http.request",
            "config": {**post, "body": {**body, "node": "before"}},
            "policy": {"retry": RETRY},
        },
        "compute": {
            "type": "python.code",
            "config": {"code": code, "arguments": {"n": "{{ inputs.n }}"}, "effect": "none"},
            "policy": {"retry": RETRY},
        },
        "after": {
            "type": "http.request",
            "config": {**post, "body": {**body, "node": "after"}},
            "policy": {"retry": RETRY},
        },
    }
    outputs = {"double": "{{ nodes.compute }}"}
    edges = ["before -> compute", "compute -> after"]
    return document("isolated", inputs={"n": {"type": "integer"}}, nodes=nodes, edges=edges, outputs=outputs)


class Customer:
    """Orders executions at several desks, repeats each request with its key until it is answered, and remembers what
    was accepted. Some it pauses and resumes, some it cancels; those it remembers as well."""

    def __init__(self, seed: int, *, kinds: Sequence[str] = KINDS, pause_seconds: float = 0.02) -> None:
        self._kinds = kinds
        self.accepted: dict[str, tuple[str, str]] = {}
        self.cancelled: set[str] = set()
        self.wrong: list[str] = []
        self._servers: list[ServerProcess] = []
        self._pause_seconds = pause_seconds
        self._over = threading.Event()
        self._posts = [0] * DESKS
        self._desks = [
            threading.Thread(target=self._work, args=(desk, random.Random(seed + desk)), daemon=True)
            for desk in range(DESKS)
        ]

    @property
    def posts(self) -> int:
        """Orders sent, repeats included."""
        return sum(self._posts)

    def start(self) -> None:
        """Begin, in threads."""
        for desk in self._desks:
            desk.start()

    def serve(self, *servers: ServerProcess) -> None:
        """Who answers now."""
        self._servers = list(servers)

    def wait_for(self, orders: int, *, seconds: float) -> None:
        """Until so many more were accepted, or the time is over."""
        wanted, until = len(self.accepted) + orders, time.monotonic() + seconds
        while len(self.accepted) < wanted and time.monotonic() < until:
            self._over.wait(0.01)

    def finish(self) -> None:
        """Get an answer to the last requests too, then stop."""
        self._over.set()
        for desk in self._desks:
            desk.join(60)
            assert not desk.is_alive(), "the customer did not get an answer"

    def _work(self, desk: int, dice: random.Random) -> None:
        with httpx.Client(timeout=5, trust_env=False) as client:
            for number in itertools.count(desk, DESKS):
                if self._over.is_set() or self.wrong:
                    break
                key, workflow = f"key-{number}", self._kinds[number % len(self._kinds)]
                while key not in self.accepted and not self.wrong:
                    if self._servers:
                        self._posts[desk] += 1
                        self._order(client, dice.choice(self._servers), key, workflow, number)
                    # So many that some are always running, so few that a slow machine gets through.
                    self._over.wait(self._pause_seconds)
                self._decide(dice, self.accepted.get(key), number)
                self._steer(client, dice, self.accepted.get(key), number)

    def _order(self, client: httpx.Client, server: ServerProcess, key: str, workflow: str, number: int) -> None:
        url = f"{server.url}/api/v1/workflows/{workflow}/executions"
        try:
            answer = client.post(
                url, json={"inputs": {"n": number}}, headers={**server.headers, "Idempotency-Key": key}
            )
        except httpx.HTTPError:
            return
        if answer.status_code == 202:
            self.accepted[key] = (answer.json()["id"], workflow)
        elif answer.status_code != 503:
            self.wrong.append(f"{answer.status_code} {answer.text[:300]}")

    def _decide(self, dice: random.Random, found: tuple[str, str] | None, number: int) -> None:
        """Send the event that an execution waits for, however long it takes, and answer what is asked."""
        if found is None or found[1] != "steered":
            return
        arrived = False
        while not arrived and not self.wrong:
            if self._servers:
                with dice.choice(self._servers).client() as client:
                    arrived = send(client, found[0], number)
                    approve_all(client)
            self._over.wait(self._pause_seconds)

    def _steer(self, client: httpx.Client, dice: random.Random, found: tuple[str, str] | None, number: int) -> None:
        servers = self._servers
        if found is None or not servers or number % 10 not in (4, 8):
            return
        server = dice.choice(servers)
        url, headers = f"{server.url}/api/v1/executions/{found[0]}", server.headers
        try:
            if number % 10 == 4:
                if client.post(f"{url}/cancel", headers=headers).status_code == 202:
                    self.cancelled.add(found[0])
            else:
                client.post(f"{url}/pause", headers=headers)
                client.post(f"{url}/resume", headers=headers)
        except httpx.HTTPError:
            # Whether it arrived is not known.
            if number % 10 == 4:
                self.cancelled.add(found[0])
