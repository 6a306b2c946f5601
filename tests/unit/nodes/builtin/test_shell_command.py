"""shell.command: real programs; through the engine also their end."""

from __future__ import annotations

import asyncio
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from concertmaster import Connection, File, UserError
from concertmaster.config import Settings
from concertmaster.domain.document import parse
from concertmaster.domain.validation import validate
from concertmaster.executors.pool import ProcessSettings
from concertmaster.nodes.builtin.shell_command import shell_command
from concertmaster.registering.book import Book
from engine_harness import example_of, running_engine
from node_context import PlainContext
from node_tables import stored
from postgres_server import until

EXAMPLE = Path(__file__).parents[4] / "examples" / "sort-lines.yaml"


@pytest.fixture
def context(tmp_path: Path) -> PlainContext:
    return PlainContext(tmp_path, programs=("*",))


def run(context: PlainContext, *command: str, **config: Any) -> dict[str, Any]:
    folder = context.scratch() / "work"
    if folder.exists():
        folder.rename(folder.with_name(f"work-{len(list(folder.parent.iterdir()))}"))
    return shell_command(command=list(command), context=context, **config)


def refusal(context: PlainContext, *command: str, **config: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        run(context, *command, **config)
    return caught.value


def test_arguments_are_not_read_by_a_shell(context: PlainContext) -> None:
    text = "$(touch /tmp/never) ; `id` && * 'x' \"y\""
    found = run(context, "printf", "%s", text)
    assert found == {"ok": {"exit_code": 0, "stdout": text, "stderr": "", "truncated": False}}
    script = run(context, 'printf "%s" "$1" | tr a-z A-Z; echo err >&2', "a b; exit 3", shell=True)
    assert (script["ok"]["stdout"], script["ok"]["stderr"]) == ("A B; EXIT 3", "err\n")


def test_there_is_nothing_of_the_server_in_it(context: PlainContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCERTMASTER_SECRET_KEY", "the-key-of-the-server")
    known = Connection("shelf", "shelf", {"token": "t0ken"})
    found = run(context, "env", environment={"LANG": "de", "MONTH": "7"}, connection=known)
    variables = dict(line.split("=", 1) for line in found["ok"]["stdout"].splitlines())
    work = str(context.scratch() / "work")
    assert variables.pop("PATH").startswith("/usr/local/sbin:")
    assert variables == {"HOME": work, "TMPDIR": work, "LANG": "de", "MONTH": "7", "TOKEN": "t0ken"}
    # Descriptors: the three, and the one that ls reads the folder with.
    assert len(run(context, "ls", "/proc/self/fd")["ok"]["stdout"].split()) == 4
    assert run(context, "pwd")["ok"]["stdout"].strip() == work


def test_what_comes_in_is_stdin(context: PlainContext, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x00\xffraw")
    table = stored(tmp_path, {"a": [1, 2], "b": ["x", None]})
    for value, options, expected in (
        ("text", {}, "text"),
        ({"a": [1]}, {}, '{"a": [1]}'),
        (table, {}, "a,b\n1,x\n2,\n"),
        (None, {}, ""),
        ("text", {"stdin": "other"}, "other"),
        (File(tmp_path / "file"), {}, "\x00\ufffdraw"),
    ):
        assert run(context, "cat", value=value, **options)["ok"]["stdout"] == expected


def test_output_is_bounded(context: PlainContext, capfd: pytest.CaptureFixture[str]) -> None:
    found = run(context, "yes | head -c 3000000", shell=True, max_output_kb=1)
    assert (len(found["ok"]["stdout"]), found["ok"]["truncated"]) == (1024, True)
    shown = capfd.readouterr().out
    assert shown.startswith("y\ny\n")
    assert len(shown) < 1_300_000


def test_exit_codes_fail_or_lead_elsewhere(context: PlainContext) -> None:
    error = refusal(context, "echo out; echo why >&2; exit 3", shell=True)
    assert (error.code, error.details["exit_code"]) == ("shell.exit_code", 3)
    assert "exit code 3: why" in error.message
    assert "nonzero: outlet" in error.message
    elsewhere = run(context, "false", nonzero="outlet")
    assert list(elsewhere) == ["nonzero"]
    assert elsewhere["nonzero"]["exit_code"] == 1
    assert "signal 9" in refusal(context, "kill -9 $$", shell=True).message


def test_files_are_collected(context: PlainContext) -> None:
    one = run(context, "mkdir out; echo a > out/a.txt", shell=True, collect="out/*.txt")
    assert (one["file"].name, one["file"].read_text()) == ("a.txt", "a\n")
    script = "mkdir -p out/in; echo a > out/a.txt; echo b > out/in/b.txt; ln -s /etc/passwd out/p.txt; ln -s /etc out/e"
    several = run(context, script, shell=True, collect="out/**/*.txt")
    with zipfile.ZipFile(several["file"].path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "out/a.txt": b"a\n",
            "out/in/b.txt": b"b\n",
        }
    nothing = refusal(context, "true", collect="*.txt")
    assert (nothing.code, "relative path" in nothing.message) == ("shell.nothing_collected", True)


def test_what_is_left_running_ends(context: PlainContext) -> None:
    found = run(context, "sleep 1000 & echo $!", shell=True)
    left = int(found["ok"]["stdout"])
    state = Path(f"/proc/{left}/stat")
    # It was killed; the system takes a moment for it.
    deadline = time.monotonic() + 10
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.01)


def test_only_what_is_allowed_runs(tmp_path: Path) -> None:
    off = refusal(PlainContext(tmp_path), "true")
    assert (off.code, "SHELL_ALLOW" in off.message) == ("shell.off", True)
    few = PlainContext(tmp_path, programs=("sort", "/bin/true"))
    run(few, "/bin/true")
    run(few, "sort")
    for command, options in (("true", {}), ("/usr/bin/sort", {}), ("./sort", {}), ("sort", {"shell": True})):
        error = refusal(few, command, **options)
        assert (error.code, "sort, /bin/true" in error.message) == ("shell.not_allowed", True)
    missing = refusal(PlainContext(tmp_path, programs=("*",)), "no-such-program")
    assert (missing.code, "no-such-program" in missing.message) == ("shell.not_found", True)


@pytest.mark.parametrize(
    ("allowed", "config", "code", "pointer"),
    [
        ("", {"command": ["sort"]}, "node.off", "/nodes/a/type"),
        ("sort", {"command": ["tr"]}, "node.program", "/nodes/a/config/command/0"),
        ("sort", {"command": ["sort"], "shell": True}, "node.program", "/nodes/a/config/shell"),
        ("sort", {"command": ["sort"]}, None, None),
        ("sort", {"command": ["{{ inputs.program }}"]}, None, None),
        ("sort,*", {"command": ["sort"], "shell": True}, None, None),
    ],
)
def test_validation_says_what_is_not_allowed(
    allowed: str, config: dict[str, Any], code: str | None, pointer: str | None
) -> None:
    registry = Book(Settings(shell_allow=allowed).shell_allow).snapshot()
    document = {
        "concertmaster": 1,
        "name": "a",
        "inputs": {"program": {"type": "string"}},
        "nodes": {"a": {"type": "shell.command", "config": config}},
    }
    workflow = parse(json.dumps(document)).workflow
    assert workflow is not None
    found = [(problem.code, problem.pointer) for problem in validate(workflow, registry)]
    assert found == ([] if code is None else [(code, pointer)])
    assert all("SHELL_ALLOW" in (problem.fix or "") for problem in validate(workflow, registry))


async def test_the_example_sorts_and_a_cancel_ends_all(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("tea\nrice\ntea\n")
    processes = ProcessSettings(programs=("*",), temporary=tmp_path)
    script = "sleep 1000 & echo $! > {}; setsid sleep 1000 & echo $! >> {}; wait".replace("{}", str(tmp_path / "pids"))
    document = {
        "concertmaster": 1,
        "name": "endless",
        "nodes": {
            "a": {
                "type": "shell.command",
                "config": {"command": ["echo $TOKEN; " + script], "shell": True, "connection": "shelf"},
            }
        },
    }
    known = {"shelf": Connection("shelf", "shelf", {"token": "s3cr3t-t0ken"})}
    async with running_engine(tmp_path, processes=processes, connections=known) as harness:
        row, events = await harness.run(EXAMPLE.read_text())
        assert row.status == "succeeded", row.error
        assert events[-1].body.outputs == {"path": "out/sorted.txt", "exit_code": 0}
        assert (tmp_path / "out/sorted.txt").read_text() == "rice\ntea\n"
        assert await harness.outputs(example_of("shell.command")) == {"lines": "b\na\n"}
        id_ = await harness.start(json.dumps(document))
        await asyncio.to_thread(until, lambda: len(_lines(tmp_path / "pids")) == 2)
        await harness.cancel(id_)
        assert (await harness.end(id_)).status == "cancelled"
        assert [pid for pid in _lines(tmp_path / "pids") if _lives(int(pid))] == []


def _lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
