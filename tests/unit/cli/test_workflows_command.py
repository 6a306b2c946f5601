"""`workflows list | push | pull | diff`: files become versions, versions become files, and what differs is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from factories import document
from server_process import Command, server_process


def test_push_stores_and_publishes_and_says_when_nothing_changed(command: Command, workspace: Path) -> None:
    first = command("workflows", "push", "hello.yaml", "cities.yaml")
    assert first.stdout.splitlines() == ["hello: version 1, published", "cities: version 1, published"]
    again = command("workflows", "push", "hello.yaml", "--json")
    assert json.loads(again.stdout)["items"] == [
        {"name": "hello", "version": 1, "published": True, "new": False, "file": "hello.yaml"}
    ]
    (workspace / "hello.yaml").write_text(yaml.safe_dump(document(title="Another"), sort_keys=False))
    held = command("workflows", "push", "hello.yaml", "--no-publish")
    assert (held.returncode, held.stdout) == (0, "hello: version 2, not published\n")
    listed = {item["name"]: item for item in json.loads(command("workflows", "list", "--json").stdout)["items"]}
    assert (listed["hello"]["version"], listed["hello"]["published"]) == (2, 1)
    shown = command("workflows", "list").stdout
    assert "cities" in shown
    assert "never" in shown


def test_push_stores_nothing_when_one_document_is_invalid(command: Command, workspace: Path) -> None:
    (workspace / "bad.yaml").write_text(yaml.safe_dump(document("bad", edges=["first -> nowhere"])))
    done = command("workflows", "push", "hello.yaml", "bad.yaml")
    assert done.returncode == 2
    assert "bad.yaml:" in done.stderr
    assert "nothing was stored" in done.stderr
    assert "no workflows yet" in command("workflows", "list").stdout


def save(workspace: Path, name: str, **parts: Any) -> None:
    (workspace / f"{name}.yaml").write_text(yaml.safe_dump(document(name, **parts), sort_keys=False))


def call(workflow: str, **inputs: Any) -> dict[str, Any]:
    return {"type": "flow.call", "config": {"workflow": workflow, "inputs": inputs}}


HOOK = {"hook": {"type": "webhook", "config": {"path": "orders", "auth": "none"}}}


def test_validate_says_what_push_says(command: Command, workspace: Path) -> None:
    calls = {"one": call("helo"), "two": call("hello", m=1), "three": call("hello", n=-1)}
    save(workspace, "caller", nodes=calls, edges=[], outputs={})
    save(workspace, "other", triggers=HOOK)
    # Nothing is stored yet, and nothing comes to be by looking.
    unknown = command("validate", "caller.yaml")
    assert (unknown.returncode, unknown.stderr.count("there is no workflow")) == (0, 3), unknown.stderr
    assert not (workspace / ".concertmaster").exists()

    save(workspace, "owner", triggers=HOOK)
    assert command("workflows", "push", "hello.yaml", "owner.yaml").returncode == 0
    checked, pushed = command("validate", "caller.yaml"), command("workflows", "push", "caller.yaml")
    assert (checked.returncode, checked.stderr) == (0, pushed.stderr)
    assert "Did you mean `hello`?" in checked.stderr
    assert "has no input 'm'" in checked.stderr
    assert "/nodes/three/config/inputs/n" in checked.stderr
    taken = command("validate", "other.yaml")
    assert (taken.returncode, "/triggers/hook/config/path" in taken.stderr) == (0, True), taken.stderr
    with server_process(workspace):
        assert command("validate", "caller.yaml").stderr == checked.stderr


def test_documents_of_one_push_know_each_other(command: Command, workspace: Path) -> None:
    save(workspace, "caller", nodes={"call": call("callee", m=1)}, edges=[], outputs={})
    save(workspace, "callee", inputs={"m": {"type": "integer"}}, nodes={"a": call("hello")}, edges=[], outputs={})
    files = ("caller.yaml", "callee.yaml", "hello.yaml")
    checked = command("validate", *files)
    assert (checked.stderr, checked.stdout.count(": ok")) == ("", 3)
    pushed = command("workflows", "push", *files)
    assert (pushed.returncode, pushed.stderr) == (0, "")
    # As it will be, and not as it is stored.
    save(workspace, "callee", inputs={"k": {"type": "integer"}}, nodes={"a": call("hello")}, edges=[], outputs={})
    again = command("workflows", "push", "caller.yaml", "callee.yaml")
    assert "callee has no input 'm'" in again.stderr, again.stderr


def test_push_of_a_path_of_another_workflow_says_so_once_and_stores_nothing(command: Command, workspace: Path) -> None:
    save(workspace, "owner", triggers=HOOK)
    save(workspace, "other", triggers=HOOK)
    command("workflows", "push", "owner.yaml")
    refused = command("workflows", "push", "hello.yaml", "other.yaml")
    assert refused.returncode == 2
    assert refused.stderr.count("orders") == 1, refused.stderr
    assert "warning" not in refused.stderr
    assert refused.stderr.endswith("nothing was stored\n")
    names = [item["name"] for item in json.loads(command("workflows", "list", "--json").stdout)["items"]]
    assert names == ["owner"]
    assert command("workflows", "push", "other.yaml", "--no-publish").returncode == 0
    # The one that has it gives it up in the same push.
    save(workspace, "owner")
    moved = command("workflows", "push", "owner.yaml", "other.yaml")
    assert moved.returncode == 0, moved.stderr


def test_problems_come_in_the_order_of_the_lines(command: Command, workspace: Path) -> None:
    nodes = {"a": {"type": "data.st"}, "b": {"type": "data.set", "config": {"value": "{{ nodes.nobody }}"}}}
    save(workspace, "bad", nodes=nodes, edges=["a -> c"], vars={"x": "{{ 1 + }}"}, triggers={"t": {"type": "no"}})
    told = command("validate", "bad.yaml").stderr.splitlines()
    lines = [int(line.split(":")[1]) for line in told]
    assert len(lines) > 3
    assert lines == sorted(lines), told


def test_who_only_looks_makes_no_data_folder(command: Command, workspace: Path) -> None:
    for words in (
        ("workflows", "list"),
        ("workflows", "diff", "hello.yaml"),
        ("executions", "list"),
        ("executions", "show", "x"),
        ("triggers", "list"),
        ("connection", "list"),
        ("token", "list"),
        ("approvals", "list"),
        ("backfills", "list"),
    ):
        done = command(*words)
        assert done.returncode == 1, words
        assert "There is no data folder" in done.stderr
        assert "--data-dir" in done.stderr
        assert not (workspace / ".concertmaster").exists()
    assert command("run", "hello.yaml").returncode == 0
    assert command("executions", "list").returncode == 0


def test_executions_are_listed_by_time_status_trigger_and_error(command: Command) -> None:
    assert command("run", "hello.yaml").returncode == 0

    def listed(*options: str) -> int:
        done = command("executions", "list", *options, "--json")
        assert done.returncode == 0, done.stderr
        return len(json.loads(done.stdout)["items"])

    assert listed("--since", "2h", "--status", "failed", "--status", "succeeded", "--trigger", "manual") == 1
    assert listed("--since", "2001-01-01") == 1
    assert listed("--since", "0s") == listed("--trigger", "webhook") == listed("--error", "no such") == 0
    told = command("executions", "list", "--since", "0s", "--status", "failed").stdout
    assert "--status failed --since 0s" in told
    for wrong in ("yesterday", "999999999d", "0001-01-01"):
        done = command("executions", "list", "--since", wrong)
        assert (done.returncode, done.stderr.count("is no time")) == (1, 1), done.stderr


def test_push_says_where_a_path_of_another_workflow_is_asked_for(command: Command, workspace: Path) -> None:
    triggers = {"hook": {"type": "webhook", "config": {"path": "orders", "auth": "none"}}}
    for name in ("first", "second"):
        (workspace / f"{name}.yaml").write_text(yaml.safe_dump(document(name, triggers=triggers), sort_keys=False))
    assert command("workflows", "push", "first.yaml").returncode == 0
    refused = command("workflows", "push", "second.yaml")
    assert (refused.returncode, "/triggers/hook/config/path" in refused.stderr) == (2, True), refused.stderr
    assert command("run", "second.yaml").returncode == 0


def test_push_refuses_two_files_of_one_name(command: Command, workspace: Path) -> None:
    (workspace / "copy.yaml").write_text((workspace / "hello.yaml").read_text())
    done = command("workflows", "push", "hello.yaml", "copy.yaml")
    assert done.returncode != 0
    assert "hello.yaml and copy.yaml are both named hello" in done.stderr


def test_pull_writes_the_canonical_form_and_overwrites_only_when_told(command: Command, workspace: Path) -> None:
    command("workflows", "push", "hello.yaml")
    written = command("workflows", "pull", "hello", "--to", "out/flows")
    assert (written.returncode, written.stdout) == (0, "out/flows/hello.yaml: version 1\n")
    file = workspace / "out" / "flows" / "hello.yaml"
    assert "type: data.set@1" in file.read_text()
    assert "already" in command("workflows", "pull", "hello", "--to", "out/flows").stdout
    file.write_text("mine")
    refused = command("workflows", "pull", "hello", "--to", "out/flows")
    assert (refused.returncode, "--replace" in refused.stderr, file.read_text()) == (1, True, "mine")
    assert command("workflows", "pull", "hello", "--to", "out/flows", "--replace").returncode == 0
    assert command("workflows", "diff", "out/flows/hello.yaml").returncode == 0


def test_pull_of_an_older_version_and_of_an_unknown_workflow(command: Command, workspace: Path) -> None:
    command("workflows", "push", "hello.yaml")
    (workspace / "hello.yaml").write_text(yaml.safe_dump(document(title="Another"), sort_keys=False))
    command("workflows", "push", "hello.yaml")
    command("workflows", "pull", "hello", "--version", "1", "--to", "old")
    assert "title" not in (workspace / "old" / "hello.yaml").read_text()
    missing = command("workflows", "pull", "helo")
    assert (missing.returncode, "helo" in missing.stderr) == (1, True)


def test_diff_tells_what_changed_and_nothing_else(command: Command, workspace: Path) -> None:
    command("workflows", "push", "cities.yaml")
    unknown = command("workflows", "diff", "hello.yaml")
    assert (unknown.returncode, "not stored yet" in unknown.stdout) == (1, True)
    command("workflows", "push", "hello.yaml")
    same = command("workflows", "diff", "hello.yaml")
    assert (same.returncode, same.stdout) == (0, "hello.yaml: the same as hello version 1\n")
    (workspace / "hello.yaml").write_text(yaml.safe_dump(document(title="Another"), sort_keys=False))
    changed = command("workflows", "diff", "hello.yaml")
    assert changed.returncode == 1
    lines = [line for line in changed.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert lines == ["+title: Another"]
    (workspace / "hello.yaml").write_text("name: [")
    assert command("workflows", "diff", "hello.yaml").returncode == 2


def test_push_goes_through_the_server_that_has_the_folder(command: Command, workspace: Path) -> None:
    with server_process(workspace):
        assert command("workflows", "push", "hello.yaml").returncode == 0
        assert [item["name"] for item in json.loads(command("workflows", "list", "--json").stdout)["items"]] == [
            "hello"
        ]
