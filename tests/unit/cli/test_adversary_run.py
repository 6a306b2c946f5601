"""`run` against the grain: impatience, and folders in which nothing can be made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from factories import document
from server_process import COMMAND, environment, run_command

pytestmark = pytest.mark.server

STUBBORN = '''
import threading

from concertmaster import Context, node


@node(id="testing.stubborn", effect="none")
def stubborn(context: Context) -> int:
    """Never end, whatever is asked."""
    context.progress(1, 1)
    threading.Event().wait()
    return 1
'''


def test_the_second_ctrl_c_ends_the_command_at_once_and_leaves_the_execution(workspace: Path) -> None:
    (workspace / "nodes" / "stubborn.py").write_text(STUBBORN)
    nodes = {"first": {"type": "data.set"}, "never": {"type": "testing.stubborn"}}
    body = document("never", inputs={}, nodes=nodes, edges=["first -> never"], outputs={})
    (workspace / "never.yaml").write_text(yaml.safe_dump(body))
    process = subprocess.Popen(
        [*COMMAND, "run", "never.yaml"],
        cwd=workspace,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    while "first" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert "once more" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=8)
    assert (process.returncode, "Traceback" in stderr) == (130, False), stderr
    listed = json.loads(run_command(workspace, "executions", "list", "--json").stdout)["items"]
    assert [item["status"] for item in listed] == ["running"]
    assert not (workspace / ".concertmaster" / "server.json").exists()


@pytest.mark.parametrize("name", [".concertmaster", ".concertmaster/concertmaster.db", ".concertmaster/artifacts/tmp"])
def test_what_cannot_be_written_is_named_with_a_remedy(workspace: Path, name: str) -> None:
    assert run_command(workspace, "run", "hello.yaml").returncode == 0
    place = workspace / name
    mode = place.stat().st_mode
    place.chmod(0o500 if place.is_dir() else 0o400)
    if os.access(place, os.W_OK):
        pytest.skip("root may write everywhere")
    try:
        done = run_command(workspace, "run", "cities.yaml")
    finally:
        place.chmod(mode)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "--data-dir" in done.stdout + done.stderr
    assert ".concertmaster" in done.stdout + done.stderr
