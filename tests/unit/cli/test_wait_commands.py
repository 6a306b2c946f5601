"""`approvals list | show | approve | reject` and `events send`, against a server whose executions wait."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from factories import document
from server_process import Command, ServerProcess, server_process

pytestmark = pytest.mark.server

ASK = {
    "ask": {
        "type": "flow.approve",
        "config": {
            "title": "Publish the numbers?",
            "instructions": "Look at the totals first.",
            "assignees": ["ann", "bob"],
            "due": "2d",
            "when_due": "reject",
            "form": {
                "copies": {"type": "integer", "minimum": 1, "title": "Copies"},
                "paper": {"type": "string", "enum": ["plain", "glossy"], "default": "plain"},
            },
        },
    },
    "told": {"type": "data.set", "config": {"value": "{{ input.data }}"}},
}
LISTEN = {"listen": {"type": "flow.wait", "config": {"event": "stock", "key": "{{ inputs.key }}"}}}


@pytest.fixture
def server(workspace: Path) -> Generator[ServerProcess]:
    with server_process(workspace) as running:
        yield running


@pytest.fixture
def client(server: ServerProcess) -> Generator[httpx.Client]:
    with server.client() as made:
        ask = document(
            "ask", inputs={}, nodes=ASK, edges=["ask.approved -> told"], outputs={"told": "{{ nodes.told }}"}
        )
        listen = document(
            "listen",
            inputs={"key": {"type": "string", "default": ""}},
            nodes=LISTEN,
            edges=[],
            outputs={"heard": "{{ nodes.listen }}"},
        )
        for body in (ask, listen):
            made.post("/api/v1/workflows", json=body).raise_for_status()
        yield made


def start(client: httpx.Client, name: str, status: str, **inputs: Any) -> str:
    """Start one and wait until it has the status."""
    answer = client.post(f"/api/v1/workflows/{name}/executions", json={"inputs": inputs}).raise_for_status()
    id_: str = answer.json()["id"]
    until(client, id_, status)
    return id_


def until(client: httpx.Client, id_: str, status: str) -> dict[str, Any]:
    """Wait, event by event, until it has the status."""
    after, deadline = 0, time.monotonic() + 20
    while (shown := client.get(f"/api/v1/executions/{id_}").json())["status"] != status:
        assert time.monotonic() < deadline, f"never {status}: {shown}"
        page = client.get(f"/api/v1/executions/{id_}/events", params={"after": after, "wait": 1}).json()
        after = page["next"]
    return shown


def asked(command: Command, execution: str) -> str:
    """The id of the approval that an execution waits for."""
    done = command("approvals", "list", "--execution", execution, "--json")
    assert done.returncode == 0, done.stderr
    (item,) = json.loads(done.stdout)["items"]
    return item["id"]


def test_an_approval_is_listed_shown_and_answered_once(client: httpx.Client, command: Command) -> None:
    assert command("approvals", "list").stdout == "nobody is asked anything\n"
    execution = start(client, "ask", "waiting")
    id_ = asked(command, execution)
    listed = command("approvals", "list").stdout
    assert f"{str(client.base_url).rstrip('/')}/approvals?id={id_}\n" in listed
    assert id_ in listed
    assert "Publish the numbers?" in listed
    shown = command("approvals", "show", id_).stdout
    for text in (
        f"execution {execution}",
        "Look at the totals",
        "for ann, bob",
        "UTC, then it counts as rejected",
        "/approvals?id=",
    ):
        assert text in shown
    assert "-d copies=  Copies, integer" in shown
    assert "-d paper=  one of plain, glossy, default plain" in shown
    done = command("approvals", "approve", id_, "-d", "copies=3", "--comment", "go ahead")
    assert (done.returncode, f"{id_}: approved" in done.stdout, execution in done.stdout) == (0, True, True)
    assert until(client, execution, "succeeded")["outputs"] == {"told": {"copies": 3, "paper": "plain"}}
    assert "go ahead" in command("approvals", "show", id_).stdout
    again = command("approvals", "reject", id_)
    assert (again.returncode, "already" in again.stderr) == (1, True)
    assert command("approvals", "list").stdout == "nobody is asked anything\n"
    every = command("approvals", "list", "--status", "all").stdout
    assert "✓ approved" in every
    assert "/approvals?id=" not in every


def test_a_form_that_is_not_filled_in_is_refused_with_the_place(client: httpx.Client, command: Command) -> None:
    id_ = asked(command, start(client, "ask", "waiting"))
    for words, problem in (
        ((), "/data/copies"),
        (("-d", "copies=many"), "'many' is not of type integer"),
        (("-d", "copies=0"), "/data/copies"),
        (("-d", "copies"), "-d copies: write it as name=value"),
        (("-d", "copies=1", "-d", "colour=red"), "the form has no field 'colour'"),
    ):
        done = command("approvals", "approve", id_, *words)
        assert (done.returncode, problem in done.stderr) == (2, True), done.stderr


def test_a_rejection_needs_no_form(client: httpx.Client, command: Command) -> None:
    execution = start(client, "ask", "waiting")
    assert command("approvals", "reject", asked(command, execution), "--comment", "not yet").returncode == 0
    assert until(client, execution, "succeeded")["outputs"] == {"told": None}


def test_what_does_not_exist_is_told(client: httpx.Client, command: Command) -> None:
    unknown = command("approvals", "show", "nobody")
    assert (unknown.returncode, "nobody" in unknown.stderr) == (1, True)
    wrong = command("approvals", "list", "--status", "maybe")
    assert (wrong.returncode, "/status" in wrong.stderr) == (2, True), wrong.stderr


def test_an_event_reaches_those_that_wait_for_its_key(client: httpx.Client, command: Command) -> None:
    first, second = start(client, "listen", "waiting", key="a"), start(client, "listen", "waiting", key="b")
    done = command("events", "send", "stock", "--key", "a", "--data", '{"pieces": 7}')
    assert (done.returncode, done.stdout) == (0, "stock: sent; 1 wait has got it\n")
    assert until(client, first, "succeeded")["outputs"] == {"heard": {"pieces": 7}}
    # It is kept for those that come later.
    assert until(client, start(client, "listen", "succeeded", key="a"), "succeeded")["outputs"] == {
        "heard": {"pieces": 7}
    }
    gone = command("events", "send", "stock", "--key", "c", "--keep", "0s", "--json")
    assert json.loads(gone.stdout) == {"id": json.loads(gone.stdout)["id"], "delivered": 0, "new": True}
    assert client.get(f"/api/v1/executions/{second}").json()["status"] == "waiting"


def test_an_event_that_cannot_be_sent_says_why(client: httpx.Client, command: Command) -> None:
    wrong = command("events", "send", "stock", "--data", "yes")
    assert (wrong.returncode, "--data is not JSON" in wrong.stderr) == (2, True)
    long = command("events", "send", "stock", "--keep", "soon")
    assert (long.returncode, "keep" in long.stderr) == (1, True)


def test_what_nobody_answered_in_time_says_what_followed(client: httpx.Client, command: Command) -> None:
    config = {"title": "Now?", "due": "20ms", "when_due": "reject"}
    nodes = {"ask": {"type": "flow.approve", "config": config}}
    body = document("late", inputs={}, nodes=nodes, edges=[], outputs={})
    client.post("/api/v1/workflows", json=body).raise_for_status()
    execution = start(client, "late", "succeeded")
    (item,) = client.get("/api/v1/approvals", params={"execution": execution, "status": "all"}).json()["items"]
    shown = command("approvals", "show", item["id"]).stdout
    assert "Nobody answered by " in shown
    assert " UTC: counted as rejected" in shown
    assert "then it counts" not in shown
