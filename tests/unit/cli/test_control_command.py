"""`executions cancel | pause | resume | retry | replay | show` against a server: what is asked, what only counted."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from factories import document
from server_process import Command, ServerProcess, run_command, server_process

pytestmark = pytest.mark.server

LONG = {"first": {"type": "data.set", "config": {"value": 1}}, "w": {"type": "flow.wait", "config": {"duration": "2h"}}}
DIVIDE = {
    "a": {"type": "data.set", "config": {"value": 3}},
    "b": {"type": "data.set", "config": {"value": "{{ nodes.a / inputs.by }}"}},
}


class Runs:
    """Executions on the server of the test."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def publish(self, body: dict[str, Any]) -> None:
        self._client.post("/api/v1/workflows", json=body).raise_for_status()

    def start(self, name: str, status: str, **inputs: Any) -> str:
        """Start one and wait until it has the status."""
        answer = self._client.post(f"/api/v1/workflows/{name}/executions", json={"inputs": inputs})
        id_: str = answer.raise_for_status().json()["id"]
        self.until(id_, status)
        return id_

    def show(self, id_: str) -> dict[str, Any]:
        return self._client.get(f"/api/v1/executions/{id_}").raise_for_status().json()

    def until(self, id_: str, status: str) -> dict[str, Any]:
        """Wait, event by event, until it has the status."""
        after, deadline = 0, time.monotonic() + 20
        while (shown := self.show(id_))["status"] != status:
            assert time.monotonic() < deadline, f"never {status}: {shown}"
            page = self._client.get(f"/api/v1/executions/{id_}/events", params={"after": after, "wait": 1}).json()
            after = page["next"]
        return shown


@pytest.fixture
def server(workspace: Path) -> Generator[ServerProcess]:
    with server_process(workspace) as running:
        yield running


@pytest.fixture
def runs(server: ServerProcess) -> Generator[Runs]:
    with server.client() as client:
        made = Runs(client)
        made.publish(document("later", inputs={}, outputs={}, nodes=LONG, edges=["first -> w"]))
        made.publish(
            document(
                "divide",
                inputs={"by": {"type": "integer"}, "note": {"type": "string", "default": ""}},
                nodes=DIVIDE,
                edges=["a -> b"],
                outputs={"b": "{{ nodes.b }}"},
            )
        )
        yield made


def test_several_are_paused_resumed_and_cancelled_by_their_ids(runs: Runs, command: Command) -> None:
    ids = [runs.start("later", "waiting") for _ in range(2)]
    paused = command("executions", "pause", *ids, "--reason", "lunch")
    assert (paused.returncode, paused.stdout.count("asked to pause")) == (0, 2)
    assert "lunch" in runs.until(ids[0], "paused")["waiting"]["message"]
    runs.until(ids[1], "paused")
    assert command("executions", "resume", *ids).returncode == 0
    for id_ in ids:
        runs.until(id_, "waiting")
    cancelled = command("executions", "cancel", *ids)
    assert cancelled.stdout.splitlines() == [f"{id_}: cancelled" for id_ in ids]
    again = command("executions", "cancel", ids[0])
    assert (again.returncode, "nothing left to cancel" in again.stderr) == (1, True)


def test_one_that_cannot_be_asked_does_not_keep_the_others_from_it(runs: Runs, command: Command) -> None:
    id_ = runs.start("later", "waiting")
    done = command("executions", "pause", "nobody", id_)
    assert done.returncode == 1
    assert "There is no execution nobody" in done.stderr
    runs.until(id_, "paused")


@pytest.mark.parametrize("kind", ["cancel", "pause"])
def test_a_dry_run_only_counts_whether_they_are_named_or_chosen(runs: Runs, command: Command, kind: str) -> None:
    id_ = runs.start("later", "waiting")
    named = command("executions", kind, id_, "--dry-run")
    assert (named.returncode, named.stdout) == (0, f"1 of 1 execution can be asked to {kind}\n")
    chosen = command("executions", kind, "--workflow", "later", "--dry-run")
    assert (chosen.returncode, chosen.stdout) == (0, "1 execution matches\n")
    assert runs.show(id_)["status"] == "waiting"


def test_a_dry_run_of_a_retry_only_counts(runs: Runs, command: Command) -> None:
    failed, good = runs.start("divide", "failed", by=0), runs.start("divide", "succeeded", by=1)
    for words, can in (((failed,), 1), ((good,), 0), ((good, "--from", "a"), 1)):
        done = command("executions", "retry", *words, "--dry-run")
        assert (done.returncode, done.stdout) == (0, f"{can} of 1 execution can be asked to retry\n")
    assert [runs.show(id_)["generation"] for id_ in (failed, good)] == [1, 1]


def test_many_are_chosen_by_a_filter_and_confirmed_first(runs: Runs, command: Command, workspace: Path) -> None:
    ids = [runs.start("later", "waiting") for _ in range(3)]
    runs.start("divide", "succeeded", by=1)
    words = ("executions", "cancel", "--workflow", "later", "--status", "waiting")
    # Nobody is there to ask, so nothing is done.
    refused = run_command(workspace, *words)
    assert (refused.returncode, "3 executions would be asked; say --yes" in refused.stderr) == (1, True)
    assert runs.show(ids[0])["status"] == "waiting"
    done = command(*words, "--yes")
    assert (done.returncode, done.stdout) == (0, "3 of 3 executions cancelled\n")
    for id_ in ids:
        runs.until(id_, "cancelled")
    assert command(*words, "--yes").stdout == "0 executions match\n"


def test_a_retry_goes_on_with_other_inputs_and_from_a_node(runs: Runs, command: Command, workspace: Path) -> None:
    id_ = runs.start("divide", "failed", by=0, note="kept")
    # The same inputs fail again, and in the second generation.
    assert command("executions", "retry", id_).returncode == 0
    assert runs.until(id_, "failed")["generation"] == 2
    bad = command("executions", "retry", id_, "-i", "by=x")
    assert (bad.returncode, "'x' is not of type integer" in bad.stderr) == (2, True)
    assert command("executions", "retry", id_, "-i", "by=2").returncode == 0
    shown = runs.until(id_, "succeeded")
    assert (shown["outputs"], shown["inputs"], shown["generation"]) == ({"b": 1.5}, {"by": 2, "note": "kept"}, 3)
    nothing = command("executions", "retry", id_)
    assert (nothing.returncode, "name the node to start from" in nothing.stderr) == (1, True)
    (workspace / "inputs.yaml").write_text("by: 6\n")
    done = command("executions", "retry", id_, "--from", "b", "--inputs", "inputs.yaml", "--reason", "wrong month")
    assert done.returncode == 0, done.stderr
    assert "executions show" in done.stdout
    assert runs.until(id_, "succeeded")["outputs"] == {"b": 0.5}


def test_what_is_about_one_execution_is_refused_for_many(runs: Runs, command: Command) -> None:
    id_ = runs.start("divide", "failed", by=0)
    for words in (("--from", "b"), ("-i", "by=1")):
        done = command("executions", "retry", "--workflow", "divide", "--status", "failed", "--yes", *words)
        assert (done.returncode, "name it by its id" in done.stderr) == (1, True)
    assert runs.show(id_)["generation"] == 1
    for words in ((), (id_, "--workflow", "divide")):
        done = command("executions", "retry", *words)
        assert (done.returncode, "Name executions by their ids" in done.stderr) == (1, True)
    wrong = command("executions", "retry", "--status", "lost", "--yes")
    assert (wrong.returncode, "/status/0" in wrong.stderr) == (2, True)


def test_a_replay_is_a_new_execution(runs: Runs, command: Command) -> None:
    id_ = runs.start("divide", "succeeded", by=2)
    done = command("executions", "replay", id_)
    assert done.returncode == 0
    other = done.stdout.partition(":")[0]
    assert other != id_
    assert runs.until(other, "succeeded")["outputs"] == {"b": 1.5}


def test_show_says_why_it_and_its_nodes_wait(runs: Runs, command: Command) -> None:
    policy = {"concurrency": {"limit": 1}}
    runs.publish(document("single", inputs={}, outputs={}, nodes=LONG, edges=["first -> w"], policy=policy))
    first, second = runs.start("single", "waiting"), runs.start("single", "queued")
    shown = command("executions", "show", first).stdout
    assert "until 20" in shown
    assert "waiting: Nothing runs; it waits for a point in time" in shown
    shown = command("executions", "show", second).stdout
    assert f"(held by {first})" in shown
    assert "The execution has not started yet" in shown
    assert command("executions", "pause", second).returncode == 0
    runs.until(second, "paused")
    assert "resume it to go on" in command("executions", "show", second).stdout


def test_run_starts_with_a_priority(runs: Runs, command: Command) -> None:
    done = command("run", "hello.yaml", "--priority", "7", "--json")
    assert done.returncode == 0, done.stderr
    assert runs.show(json.loads(done.stdout)["id"])["priority"] == 7


def test_what_is_asked_without_a_server_is_carried_out_at_the_next_start(workspace: Path) -> None:
    with server_process(workspace) as server, server.client() as client:
        there = Runs(client)
        there.publish(document("later", inputs={}, outputs={}, nodes=LONG, edges=["first -> w"]))
        paused, cancelled = there.start("later", "waiting"), there.start("later", "waiting")
        server.stop()
    assert run_command(workspace, "executions", "pause", paused).returncode == 0
    done = run_command(workspace, "executions", "cancel", cancelled)
    assert (done.returncode, done.stdout) == (0, f"{cancelled}: cancelled\n")
    with server_process(workspace) as server, server.client() as client:
        assert Runs(client).until(paused, "paused")["waiting"]["rule"] == "paused"


def test_pausing_what_succeeded_names_what_works(runs: Runs, command: Command) -> None:
    id_ = runs.start("divide", "succeeded", by=1)
    done = command("executions", "pause", id_)
    assert (done.returncode, "replay it" in done.stderr, "retry" in done.stderr) == (1, True, False)


def test_a_list_without_matches_names_its_filters(runs: Runs, command: Command) -> None:
    assert "no executions yet" in command("executions", "list").stdout
    runs.start("divide", "succeeded", by=1)
    none = command("executions", "list", "--status", "failed", "--workflow", "divide").stdout
    assert none.startswith("no executions with --workflow divide --status failed")


def test_a_retry_with_other_inputs_names_the_results_that_were_made_with_the_former(
    runs: Runs, command: Command
) -> None:
    id_ = runs.start("divide", "failed", by=0)
    same = command("executions", "retry", id_, "--from", "a", "-i", "by=0")
    assert (same.returncode, same.stderr) == (0, "")
    runs.until(id_, "failed")
    refused = command("executions", "retry", id_, "--from", "b", "-i", "by=1", "--reason", "x" * 20_000)
    assert (refused.returncode, refused.stdout, "warning: a keeps its result" in refused.stderr) == (2, "", True)
    mixed = command("executions", "retry", id_, "--from", "b", "-i", "by=1")
    assert (mixed.returncode, "warning: a keeps its result, made with the former inputs" in mixed.stderr) == (0, True)
    runs.until(id_, "succeeded")
    whole = command("executions", "retry", id_, "--from", "a", "-i", "by=3")
    assert (whole.returncode, whole.stderr) == (0, "")
