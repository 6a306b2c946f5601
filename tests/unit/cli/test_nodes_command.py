"""`nodes list | show`: what the running server has, else what the workspace has now."""

from __future__ import annotations

import json
from pathlib import Path

from server_process import Command, server_process

MINE = (
    'from concertmaster import node\n\n\n@node(effect="write")\ndef put(n: int) -> int:\n    """Put."""\n    return n\n'
)


def ids(command: Command) -> set[str]:
    return {item["id"] for item in json.loads(command("nodes", "list", "--json").stdout)["items"]}


def test_a_running_server_is_asked(command: Command, workspace: Path) -> None:
    with server_process(workspace):
        (workspace / "nodes" / "mine.py").write_text(MINE)
        reloaded = command("nodes", "reload")
        assert (reloaded.returncode, "dynamic" in reloaded.stdout) == (0, True), reloaded.stderr
        assert "mine.put" in ids(command)
        assert command("nodes", "show", "mine.put").returncode == 0
        (workspace / "nodes" / "mine.py").write_text("def f(:\n")
        reloaded = command("nodes", "reload")
        assert reloaded.returncode == 1
        assert "mine.py:1: could not be loaded; its last good version serves mine.put@1" in reloaded.stderr
        assert "mine.py:1" in command("nodes", "show", "mine.put").stderr
        assert command("nodes", "freeze").returncode == 1
    assert "mine.put" in ids(command), "the last good version is remembered"


def test_show_tells_whether_a_write_is_repeated(command: Command) -> None:
    assert "effect  write, not idempotent" in command("nodes", "show", "python.code").stdout
    assert "effect  write, idempotent" in command("nodes", "show", "file.write").stdout
    assert "effect  none\n" in command("nodes", "show", "table.sql").stdout
