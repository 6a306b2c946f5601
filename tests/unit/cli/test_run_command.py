"""`run`, `validate`, `executions`, `connection`, `nodes`, `doctor` as processes: exit codes, messages, output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from factories import document
from server_process import COMMAND, Command, environment, run_command, server_process

pytestmark = pytest.mark.server


def test_run_shows_nodes_rows_the_last_table_and_the_outputs_without_colours(workspace: Path) -> None:
    done = run_command(workspace, "run", "cities.yaml")
    assert done.returncode == 0, done.stderr
    assert "✓ read" in done.stdout
    assert "3 rows" in done.stdout
    assert "large (3 rows)" in done.stdout
    assert "rows: 3" in done.stdout
    assert "cities succeeded" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_run_json_prints_one_object_and_the_next_command_finds_it_again(workspace: Path, command: Command) -> None:
    done = command("run", "hello.yaml", "-i", "n=5", "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert (printed["status"], printed["outputs"]) == ("succeeded", {"double": 12})
    assert set(printed) == {"id", "status", "outputs", "nodes"}
    shown = command("executions", "show", printed["id"], "--json")
    assert json.loads(shown.stdout)["outputs"] == {"double": 12}
    listed = command("executions", "list", "--status", "succeeded", "--json")
    assert [item["id"] for item in json.loads(listed.stdout)["items"]] == [printed["id"]]


def test_run_of_a_failing_workflow_exits_with_1_and_names_the_node(workspace: Path, command: Command) -> None:
    nodes = {"bang": {"type": "testing.explode", "config": {"text": "no more tea"}}}
    body = document("bang", inputs={}, nodes=nodes, edges=[], outputs={})
    (workspace / "bang.json").write_text(json.dumps(body))
    done = command("run", "bang.json")
    assert done.returncode == 1
    assert "✗ bang" in done.stdout
    assert "no more tea" in done.stdout


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("concertmaster: 1\nname: x\nnodez: {}\n", "bad.yaml:3: /nodez"),
        ("concertmaster: 1\nname: x\nnodes:\n  a: {type: data.sett}\n", "bad.yaml:4: /nodes/a/type"),
        ("concertmaster: 1\nname: x\nnodes: {}\nedges:\n  - a -> b\n", "bad.yaml:5: /edges/0"),
        ("concertmaster: 1\nname: [\n", "bad.yaml:"),
        ("", "bad.yaml:1: "),
    ],
)
def test_a_bad_document_exits_with_2_and_file_line_and_pointer(
    workspace: Path, command: Command, text: str, place: str
) -> None:
    (workspace / "bad.yaml").write_text(text)
    checked = command("validate", "bad.yaml")
    ran = command("run", "bad.yaml")
    assert (checked.returncode, ran.returncode) == (2, 2)
    assert place in checked.stderr
    assert place in ran.stderr
    assert "Traceback" not in checked.stderr + ran.stderr


def test_validate_writes_nothing_and_prints_json(workspace: Path, command: Command) -> None:
    (workspace / "bad.yaml").write_text("concertmaster: 1\nname: x\nnodez: {}\n")
    done = command("validate", "hello.yaml", "bad.yaml", "--json")
    assert done.returncode == 2
    items = json.loads(done.stdout)["items"]
    assert [(item["file"], item["pointer"]) for item in items if item["severity"] == "error"] == [
        ("bad.yaml", "/nodez")
    ]
    assert not (workspace / ".concertmaster").exists()
    assert command("validate", "hello.yaml").stdout == "hello.yaml: ok\n"


@pytest.mark.parametrize("words", [("-i", "n=x"), ("-i", "m=1"), ("-i", "n=-4"), ("-i", "n")])
def test_bad_inputs_exit_with_2_and_start_nothing(workspace: Path, command: Command, words: tuple[str, ...]) -> None:
    done = command("run", "hello.yaml", *words)
    assert done.returncode == 2
    assert "/inputs" in done.stderr
    assert json.loads(command("executions", "list", "--json").stdout)["items"] == []


def test_a_missing_file_exits_with_2(workspace: Path, command: Command) -> None:
    for words in (("run", "none.yaml"), ("validate", "none.yaml"), ("run", "hello.yaml", "--inputs", "none.json")):
        done = command(*words)
        assert done.returncode == 2
        assert "No such file" in done.stderr


def test_ctrl_c_cancels_the_execution_cleanly(workspace: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "run", "pausing.yaml"],
        cwd=workspace,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    # The node before the waiting one has ended, so the run is under way.
    while "first" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 1, stderr
    assert "pausing cancelled" in stdout
    listed = json.loads(run_command(workspace, "executions", "list", "--json").stdout)["items"]
    assert [item["status"] for item in listed] == ["cancelled"]


def test_connections_are_added_by_prompt_and_never_shown(workspace: Path) -> None:
    added = run_command(
        workspace,
        "connection",
        "add",
        "shop",
        "-v",
        "token",
        "-v",
        "base_url=https://shop.example",
        input_text="s3cr3t\n",
    )
    assert added.returncode == 0, added.stderr
    listed = run_command(workspace, "connection", "list")
    shown = added.stdout + added.stderr + listed.stdout
    assert "s3cr3t" not in shown
    assert "base_url, token" in listed.stdout
    again = run_command(workspace, "connection", "add", "shop", "-v", "token=x")
    assert (again.returncode, "already" in again.stderr) == (1, True)
    assert "--replace" in again.stderr
    assert run_command(workspace, "connection", "add", "shop", "-v", "token=x", "--replace").returncode == 0
    assert run_command(workspace, "connection", "remove", "shop").returncode == 0
    assert run_command(workspace, "connection", "remove", "shop").returncode == 1
    assert run_command(workspace, "connection", "add", "shop").returncode == 2


def test_commands_go_through_a_server_that_has_the_folder(workspace: Path) -> None:
    with server_process(workspace) as server:
        done = run_command(workspace, "run", "cities.yaml")
        assert done.returncode == 0, done.stderr
        assert "large (3 rows)" in done.stdout
        with server.client() as client:
            [execution] = client.get("/api/v1/executions").json()["items"]
            [workflow] = client.get("/api/v1/workflows").json()["items"]
        assert execution["status"] == "succeeded"
        # `run` stores the file, but what triggers use stays the choice of whoever publishes.
        assert workflow["published"] is None
        assert run_command(workspace, "validate", "cities.yaml").returncode == 0
        doctor = json.loads(run_command(workspace, "doctor", "--json").stdout)["items"]
        assert [item["ok"] for item in doctor if item["name"] == "server"] == [True]


def test_nodes_and_settings_and_doctor_tell_what_is_there(workspace: Path, command: Command) -> None:
    assert "testing.pause@1" in command("nodes", "list").stdout
    assert "Wait without blocking" in command("nodes", "show", "testing.pause").stdout
    unknown = command("nodes", "show", "table.sqll")
    assert (unknown.returncode, "table.sql" in unknown.stderr) == (1, True)
    (workspace / "nodes" / "broken.py").write_text("def x(:\n")
    broken = command("nodes", "list")
    assert (broken.returncode, "broken.py:1" in broken.stderr) == (1, True)
    doctor = command("doctor")
    assert doctor.returncode == 1
    assert "broken.py:1" in doctor.stdout
    settings = json.loads(command("config", "show", "--json").stdout)["items"]
    assert {item["name"]: item["value"] for item in settings}["CONCERTMASTER_PORT"] == "8000"


def test_settings_name_themselves_their_value_and_the_remedy(workspace: Path, command: Command) -> None:
    (workspace / "concertmaster.toml").write_text('port = "eighty"\nprot = 1\n')
    done = command("config", "show")
    assert done.returncode == 2
    assert "PORT" in done.stderr
    assert "'eighty'" in done.stderr
    assert "'prot'" in done.stderr
    (workspace / "concertmaster.toml").write_text("port = \n")
    assert "concertmaster.toml" in command("config", "show").stderr
    (workspace / "concertmaster.toml").write_text("port = 81\n")
    assert "81" in command("config", "show").stdout


def test_output_into_a_closed_pipe_ends_quietly(workspace: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            [*COMMAND, "openapi"],
            cwd=workspace,
            env=environment(),
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    assert "Traceback" not in done.stderr


def test_a_result_is_reused_unless_the_command_says_otherwise(workspace: Path, command: Command) -> None:
    text = (workspace / "cities.yaml").read_text()
    (workspace / "cities.yaml").write_text(f"{text}policy: {{cache: true}}\n")

    def reused(*words: str) -> dict[str, str | None]:
        done = command("run", "cities.yaml", "--json", *words)
        assert done.returncode == 0, done.stderr
        nodes = json.loads(done.stdout)["nodes"]
        return {name: (nodes[name]["reused"] or {}).get("execution") for name in ("read", "large")}

    assert reused() == {"read": None, "large": None}
    first = json.loads(command("executions", "list", "--json").stdout)["items"][0]["id"]
    assert reused() == {"read": None, "large": first}, "what reads looks again"
    second = json.loads(command("executions", "list", "--json").stdout)["items"][0]["id"]
    assert f"reused from large of {first}" in command("executions", "show", second).stdout
    assert reused("--no-cache") == {"read": None, "large": None}
    told = command("run", "cities.yaml", "--cache").stdout.splitlines()
    lines = {line.split()[1]: line for line in told if line.startswith("✓")}
    assert lines["large"].endswith("reused")
    assert "reused" not in lines["read"]


def test_a_fault_of_the_text_has_one_place(workspace: Path, command: Command) -> None:
    (workspace / "bad.yaml").write_text("concertmaster: 1\nname: bad\nnodes:\n  a: {type: data.set\nedges: []\n")
    told = command("validate", "bad.yaml").stderr
    assert told.startswith("bad.yaml:5:6: /nodes/a: did not find expected ',' or '}' while")


def test_a_wish_to_reuse_without_the_policy_is_answered(workspace: Path, command: Command) -> None:
    note = "nothing is reused: neither the workflow nor a node of it has `policy: {cache: true}`\n"
    assert command("run", "cities.yaml", "--cache").stderr == note
    assert command("run", "cities.yaml").stderr == ""
    text = (workspace / "cities.yaml").read_text()
    (workspace / "cities.yaml").write_text(f"{text}policy: {{cache: true}}\n")
    assert command("run", "cities.yaml", "--cache").stderr == ""
