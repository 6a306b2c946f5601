"""`connection add`: an empty value is refused, what looks misspelt is told."""

from __future__ import annotations

from pathlib import Path

from server_process import Command, run_command


def test_an_empty_standard_input_stores_nothing(workspace: Path) -> None:
    done = run_command(workspace, "connection", "add", "shop", "-v", "token", input_text="")
    assert (done.returncode, "/values/token" in done.stderr, "-v token=VALUE" in done.stderr) == (2, True, True)
    assert not (workspace / ".concertmaster").exists()


def test_a_misspelt_type_is_told_and_stored(command: Command) -> None:
    done = command("connection", "add", "shop", "--type", "htpp", "-v", "token=x")
    assert (done.returncode, "Did you mean `http`?" in done.stderr) == (0, True)
    assert command("connection", "add", "third", "-v", "token=x", "-v", "base_url=https://a.example").stderr == ""


def test_a_misspelt_field_is_refused_with_the_near_miss(workspace: Path) -> None:
    done = run_command(workspace, "connection", "add", "other", "-v", "tokn=x")
    assert (done.returncode, "/values/tokn" in done.stderr, "Did you mean `token`?" in done.stderr) == (2, True, True)


def test_webhooks_take_connections_of_their_own_type(command: Command) -> None:
    assert command("connection", "add", "signed", "--type", "webhook", "-v", "secret=x").stderr == ""


def test_own_node_types_make_their_connection_types_known(command: Command, workspace: Path) -> None:
    (workspace / "nodes" / "mine.py").write_text(
        "from typing import Literal\nfrom concertmaster import Connection, node\n\n\n"
        "@node(effect='read')\ndef look(shelf: Connection[Literal['shelf']]) -> int:\n"
        '    """Look."""\n    return 1\n'
    )
    assert command("connection", "add", "mine", "--type", "shelf", "-v", "anything=x").stderr == ""


def test_one_is_changed_tested_and_wrapped_anew(command: Command, workspace: Path) -> None:
    (workspace / "shop.db").write_bytes(b"")
    assert command("connection", "add", "shop", "--type", "sqlite", "-v", "path=none.db").returncode == 0
    failed = run_command(workspace, "connection", "test", "shop")
    assert (failed.returncode, "There is no file none.db" in failed.stderr) == (1, True)
    changed = command("connection", "update", "shop", "-v", "path=shop.db")
    assert changed.stdout == "connection shop (sqlite) changed: path\n"
    tested = command("connection", "test", "shop")
    assert (tested.returncode, "A SQLite file with 0 tables" in tested.stdout) == (0, True)
    rotated = command("connection", "rotate-key")
    assert (rotated.returncode, "1 connection wrapped anew" in rotated.stdout) == (0, True)
    assert command("connection", "test", "shop").returncode == 0
    shown = command("connection", "show", "shop")
    assert ("shop (sqlite): path" in shown.stdout, "used by no workflow" in shown.stdout) == (True, True)
    assert "password*" in command("connection", "types").stdout
