"""`executions show`: why a run has not ended, or ended as it did, in the run's own line and those of its nodes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from factories import document
from server_process import Command, server_process

pytestmark = pytest.mark.server
PAY = """
import asyncio

from concertmaster import node


@node(id="testing.pay", effect="write", idempotent=False)
async def pay() -> int:
    \"\"\"Take for ever.\"\"\"
    await asyncio.sleep(3600)
    return 1
"""


def begin(client: httpx.Client, body: dict[str, Any]) -> str:
    client.post("/api/v1/workflows", json=body).raise_for_status()
    return client.post(f"/api/v1/workflows/{body['name']}/executions", json={}).raise_for_status().json()["id"]


def until(client: httpx.Client, id_: str, kind: str) -> None:
    after, deadline = 0, time.monotonic() + 20
    while time.monotonic() < deadline:
        page = client.get(f"/api/v1/executions/{id_}/events?after={after}&wait=2").raise_for_status().json()
        if any(event["kind"] == kind for event in page["items"]):
            return
        after = page["next"]
    raise AssertionError(f"no {kind}")


def test_an_interrupted_run_has_no_running_nodes(command: Command, workspace: Path) -> None:
    (workspace / "nodes" / "paying.py").write_text(PAY)
    body = document("pays", inputs={}, nodes={"p": {"type": "testing.pay"}}, edges=[], outputs={})
    with server_process(workspace) as server, server.client() as client:
        id_ = begin(client, body)
        until(client, id_, "node.started")
        server.kill()
    with server_process(workspace) as server, server.client() as client:
        until(client, id_, "execution.interrupted")
        shown = command("executions", "show", id_).stdout
    assert "! p  testing.pay@1  interrupted" in shown
    assert "running" not in shown


def test_a_run_whose_nodes_queue_says_for_what(command: Command, workspace: Path) -> None:
    body = yaml.safe_load((workspace / "pausing.yaml").read_text())
    env = {"CONCERTMASTER_LIMITS": "node_type:testing.pause=1"}
    with server_process(workspace, env=env) as server, server.client() as client:
        first = begin(client, body)
        until(client, first, "node.started")
        second = begin(client, body)
        until(client, second, "node.waiting")
        shown = command("executions", "show", second).stdout
    told = "running: Nothing runs: wait waits for a free place of node_type:testing.pause"
    assert f"{told} (held by {first}/wait)" in shown


def test_a_skipped_run_says_why(command: Command, workspace: Path) -> None:
    policy = {"concurrency": {"limit": 1, "when_full": "skip"}}
    body = {**yaml.safe_load((workspace / "pausing.yaml").read_text()), "policy": policy}
    (workspace / "pausing.yaml").write_text(yaml.safe_dump(body, sort_keys=False))
    with server_process(workspace) as server, server.client() as client:
        begin(client, body)
        done = command("run", "pausing.yaml")
    assert (done.returncode, "which is the limit, and its policy says skip" in done.stdout) == (1, True)


def test_the_failed_items_of_a_loop_are_counted_and_can_be_listed(command: Command, workspace: Path) -> None:
    check = {"check": {"type": "data.set", "config": {"value": "{{ 1 // (item - 137) }}"}}}
    config = {"items": list(range(150)), "on_error": "continue"}
    loop = {"type": "flow.for_each", "config": config, "body": {"nodes": check}}
    body = document("checks", inputs={}, nodes={"each": loop}, edges=[], outputs={})
    (workspace / "checks.yaml").write_text(yaml.safe_dump(body, sort_keys=False))
    ran = command("run", "checks.yaml")
    assert (ran.returncode, "⚠ 1 of 150 failed" in ran.stdout) == (0, True), ran.stdout
    told = " ".join(ran.stdout.split()).partition("concertmaster executions items ")[2]
    listed = command("executions", "items", *told.split(" "))
    assert [line.split()[:3] for line in listed.stdout.splitlines()] == [["✗", "137", "failed"]]
    assert "division by zero" in listed.stdout
    shown = command("executions", "show", told.split(" ")[0]).stdout
    assert any(line.startswith("✓ each") and line.endswith("⚠ 1 of 150 failed") for line in shown.splitlines()), shown


def test_nodes_that_undo_are_told_in_the_order_in_which_they_ran(command: Command, workspace: Path) -> None:
    def does(undo: str) -> dict[str, Any]:
        return {"type": "data.set", "config": {"value": 1}, "policy": {"undo": undo}}

    back = {"type": "data.template", "config": {"template": "gave back {{ input }}"}}
    nodes = {
        # The document has what undoes beside what it undoes, and first things first.
        **{"flight": does("no_flight"), "no_flight": back, "hotel": does("no_hotel"), "no_hotel": back},
        **{
            "car": does("no_car"),
            "no_car": back,
            "show": {"type": "flow.fail", "config": {"message": "sold out"}},
            "report": {"type": "data.set"},
        },
    }
    edges = ["flight -> hotel", "hotel -> show"]
    policy = {"on_failure": "compensate", "finally": ["report"]}
    trip = document("trip", inputs={}, nodes=nodes, edges=[*edges, "show -> car"], outputs={}, policy=policy)
    (workspace / "trip.yaml").write_text(yaml.safe_dump(trip, sort_keys=False))
    ran = command("run", "trip.yaml").stdout
    id_ = next(line for line in ran.splitlines() if "trip failed" in line).rpartition("  ")[2]
    shown = command("executions", "show", id_).stdout.splitlines()[2:10]
    assert [line.split()[1] for line in shown] == [
        *("flight", "hotel", "car", "show"),
        *("no_hotel", "no_flight", "no_car", "report"),
    ]
    assert ["undoes " in line and line.split("undoes ")[1].split()[0] for line in shown] == [
        *(False, False, False, False),
        *("hotel", "flight", "car", False),
    ]
    assert [line.split()[-1] for line in ran.splitlines() if line[0:1] == "✓" and "undoes " in line] == [
        "hotel",
        "flight",
    ]


def test_what_started_a_run_its_inputs_its_calls_and_who_won_are_told(command: Command, workspace: Path) -> None:
    branches = {"near": {"type": "data.set", "config": {"value": 1}}, "far": {"type": "flow.wait"}}
    branches["far"]["config"] = {"duration": "1h"}
    nodes = {
        "call": {"type": "flow.call", "config": {"workflow": "hello", "inputs": {"n": 4}}},
        "race": {"type": "flow.race", "body": {"nodes": branches}},
    }
    inputs = {"to": {"type": "string", "default": "all"}, "long": {"type": "string", "default": "x" * 500}}
    body = document("caller", inputs=inputs, nodes=nodes, edges=[], outputs={})
    (workspace / "caller.yaml").write_text(yaml.safe_dump(body, sort_keys=False))
    assert command("workflows", "push", "hello.yaml").returncode == 0
    id_ = json.loads(command("run", "caller.yaml", "--json").stdout)["id"]
    shown = command("executions", "show", id_).stdout
    lines = shown.splitlines()
    assert lines[0] == "caller version 1"
    assert lines[1].startswith("manual, started 20")
    assert lines[2] == '  to = "all"'
    assert "x" * 200 not in shown
    child = next(line for line in lines if line.startswith("✓ call")).partition("  runs ")[2]
    assert any(line.startswith("✓ race") and line.endswith("won by near") for line in lines), shown
    called = command("executions", "show", child).stdout.splitlines()
    assert called[0] == "hello version 1"
    assert called[1].startswith(f"called by {id_} at call, started 20")
    assert f"called by {id_} at call" in command("executions", "list").stdout
    for option, only in (("--called", child), ("--no-called", id_)):
        listed = command("executions", "list", option).stdout.splitlines()
        assert [line.split()[0] for line in listed[1:]] == [only]
        assert command("executions", "retry", id_, option).returncode == 1
    none = command("executions", "list", "--called", "--workflow", "caller").stdout
    assert none.startswith("no executions with --workflow caller --called;")
    counted = command("executions", "retry", "--status", "succeeded", "--no-called", "--dry-run").stdout
    assert counted == "0 executions match\n"


def test_the_last_signs_of_an_id_are_enough(command: Command, workspace: Path) -> None:
    body = document("many", inputs={}, nodes={"p": {"type": "data.set", "config": {"value": 1}}}, edges=[], outputs={})
    with server_process(workspace) as server, server.client() as client:
        first, *others = (begin(client, body) for _ in range(17))
        short = first[-8:]
        for words in (["show", short], ["logs", short], ["output", short, "p"], ["lineage", short]):
            done = command("executions", *words)
            assert done.returncode == 0, done.stderr
        assert first in command("executions", "lineage", short).stdout
        assert f"a replay of {first}" in command("executions", "replay", short).stdout
        # Of sixteen last signs, two of seventeen have the same.
        ends = [id_[-1] for id_ in (first, *others)]
        twice = next(end for end in ends if ends.count(end) > 1)
        told = command("executions", "show", twice)
        assert (told.returncode, "give more of the id" in told.stderr) == (1, True)
        none = command("executions", "show", "zzz")
        assert (none.returncode, none.stderr) == (
            1,
            "error: There is no execution zzz, and none of the 1,000 newest ends so\n",
        )
