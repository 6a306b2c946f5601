"""`executions logs`: the lines of nodes, chosen and followed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import yaml

from factories import document
from server_process import COMMAND, Command, environment, run_command, server_process

TALK = {
    "first": {"type": "testing.burst", "config": {"count": 3}},
    "second": {"type": "testing.burst", "config": {"count": 2}},
}


def run_talk(command: Command, workspace: Path) -> str:
    body = document("talk", inputs={}, nodes=TALK, edges=["first -> second"], outputs={})
    (workspace / "talk.yaml").write_text(yaml.safe_dump(body))
    return json.loads(command("run", "talk.yaml", "--json").stdout)["id"]


def test_lines_are_printed_in_order_and_can_be_chosen(command: Command, workspace: Path) -> None:
    id_ = run_talk(command, workspace)
    every = command("executions", "logs", id_).stdout.splitlines()
    assert [line.rpartition("  ")[2].partition("line ")[2] for line in every] == ["0", "1", "2", "0", "1"]
    second = command("executions", "logs", id_, "--node", "second", "--json").stdout.splitlines()
    assert [json.loads(line)["text"] for line in second] == ["line 0", "line 1"]
    followed = command("executions", "logs", id_, "--follow")
    assert (followed.returncode, followed.stdout.splitlines()) == (0, every)


def test_nothing_to_print_and_unknown_names_are_told(command: Command, workspace: Path) -> None:
    id_ = run_talk(command, workspace)
    none = command("executions", "logs", id_, "--level", "error")
    assert (none.returncode, none.stdout, "no log lines like these" in none.stderr) == (0, "", True)
    typo = command("executions", "logs", id_, "--node", "secnd")
    assert (typo.returncode, "has no node secnd" in typo.stderr, "second" in typo.stderr) == (1, True, True)
    assert command("executions", "logs", "nobody").returncode == 1


def test_a_follower_gets_the_lines_while_the_run_goes_on(workspace: Path) -> None:
    with server_process(workspace) as server, server.client() as client:
        body = yaml.safe_load((workspace / "pausing.yaml").read_text())
        client.post("/api/v1/workflows", json=body).raise_for_status()
        id_ = client.post("/api/v1/workflows/pausing/executions", json={}).raise_for_status().json()["id"]
        with subprocess.Popen(
            [*COMMAND, "executions", "logs", id_, "-f"],
            cwd=workspace,
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as follower:
            assert follower.stdout is not None
            assert "waiting" in follower.stdout.readline()
            assert follower.poll() is None
            assert run_command(workspace, "executions", "cancel", id_).returncode == 0
            assert follower.wait(20) == 0
