"""`concertmaster token` and `user`: with and without a server, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from server_process import Command, ServerProcess, server_process


@pytest.fixture
def server(workspace: Path) -> Generator[ServerProcess]:
    with server_process(workspace) as running:
        yield running


def test_a_token_is_printed_alone_once_and_listed_without_its_secret(command: Command) -> None:
    made = command("token", "create", "ci", "--scope", "run", "--expires", "90d")
    assert made.returncode == 0
    assert made.stdout.startswith("cm_")
    assert made.stdout.count("\n") == 1
    assert "not shown again" in made.stderr
    listed = command("token", "list")
    assert "ci" in listed.stdout
    assert "until " in listed.stdout
    assert made.stdout.strip() not in listed.stdout
    assert command("token", "revoke", "ci").returncode == 0
    [item] = json.loads(command("token", "list", "--json").stdout)["items"]
    assert (item["scopes"], item["revoked_at"] is not None) == (["run"], True)
    # Its name is free again.
    assert command("token", "create", "ci").returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("create", "ci", "--scope", "root"), 2, "read, run, admin"),
        (("create", "ci", "--expires", "soon"), 2, "90d"),
        (("create", "ci", "--expires", "0s"), 2, "expired"),
        (("create", "local"), 2, "audit"),
        (("revoke", "nothing"), 1, "concertmaster token list"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(
    command: Command, words: tuple[str, ...], code: int, text: str
) -> None:
    command("token", "create", "first")
    done = command("token", *words)
    assert (done.returncode, text in done.stderr) == (code, True), done.stderr
    assert done.stdout == ""


def test_without_a_server_there_is_nothing_to_log_in_to(command: Command) -> None:
    done = command("user", "login-link")
    assert (done.returncode, "concertmaster up" in done.stderr) == (1, True)


@pytest.mark.server
def test_a_running_server_makes_links_and_tokens(command: Command, server: ServerProcess) -> None:
    link = command("user", "login-link").stdout.strip()
    assert link.startswith(f"{server.url}/login#")
    secret = link.partition("#")[2]
    with server.client(headers={}) as nobody:
        assert nobody.post("/api/v1/login", json={"token": secret}).json()["name"] == "owner"
    told = json.loads(command("user", "login-link", "--json").stdout)
    assert told.keys() == {"url", "expires_at"}
    token = command("token", "create", "ci").stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{server.url}/api/v1/me", headers=headers, trust_env=False)
    assert answer.json()["name"] == "ci"


@pytest.mark.server
def test_a_token_file_that_is_gone_or_wrong_is_named(command: Command, server: ServerProcess) -> None:
    file = server.workspace / ".concertmaster" / "local-token"
    file.write_text("another")
    wrong = command("executions", "list")
    assert (wrong.returncode, "Log in first" in wrong.stderr) == (1, True)
    file.unlink()
    gone = command("executions", "list")
    assert (gone.returncode, "local-token" in gone.stderr) == (1, True)
