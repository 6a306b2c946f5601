"""`concertmaster triggers` and `backfills` against a server."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from factories import document
from server_process import Command, ServerProcess, server_process

pytestmark = pytest.mark.server
YEARLY = {"type": "schedule", "config": {"cron": "0 6 1 1 *"}}
HOOK = {"type": "webhook", "config": {"path": "orders"}}
OTHERS = {
    "order": {"type": "event", "config": {"name": "orders.created", "key": "eu"}},
    "file": {"type": "file", "config": {"path": "incoming/*.csv"}},
    "after": {"type": "workflow", "config": {"workflow": "nightly", "statuses": ["failed", "cancelled"]}},
}


@pytest.fixture
def server(workspace: Path) -> Generator[ServerProcess]:
    with server_process(workspace) as running:
        with running.client() as client:
            body = document(triggers={"yearly": YEARLY, "hook": HOOK})
            client.post("/api/v1/workflows", json=body).raise_for_status()
        yield running


def test_list_show_and_switch(server: ServerProcess, command: Command) -> None:
    listed = command("triggers", "list").stdout
    assert "yearly" in listed
    assert "-01-01 06:00:00" in listed
    assert [item["name"] for item in json.loads(command("triggers", "list", "--json").stdout)["items"]] == [
        "hook",
        "yearly",
    ]
    assert "hello/yearly: disabled" in command("triggers", "disable", "hello", "yearly").stdout
    assert "disabled" in command("triggers", "show", "hello", "yearly").stdout
    assert "next: " in command("triggers", "enable", "hello", "yearly").stdout
    shown = command("triggers", "show", "hello", "yearly").stdout
    assert "cron: 0 6 1 1 *" in shown
    assert shown.count("next ") == 5
    missing = command("triggers", "show", "hello", "none")
    assert (missing.returncode, "triggers list" in missing.stderr) == (1, True)


def test_what_they_listen_to(server: ServerProcess, command: Command) -> None:
    with server.client() as client:
        client.post("/api/v1/workflows", json=document("other", triggers=OTHERS)).raise_for_status()
    listed = command("triggers", "list").stdout
    told = ("0 6 1 1 *", "/hooks/orders", "orders.created (eu)", "incoming/*.csv", "nightly failed or cancelled")
    for text in told:
        assert text in listed


def test_try_one_out(server: ServerProcess, command: Command) -> None:
    done = command("triggers", "test", "hello", "yearly")
    assert done.returncode == 0
    assert "started by hello/yearly" in done.stdout


def test_a_token_is_all_on_standard_output(server: ServerProcess, command: Command) -> None:
    done = command("triggers", "token", "hello", "hook")
    with server.client() as client:
        answer = client.post("/hooks/orders", headers={"Authorization": f"Bearer {done.stdout.strip()}"})
    assert answer.status_code == 202
    assert "not shown again" in done.stderr


def test_backfills(server: ServerProcess, command: Command) -> None:
    span = ("hello", "yearly", "--from", "2020-01-01", "--to", "2025-01-01")
    assert "5 times, from 2020-01-01 06:00:00" in command("backfills", "start", *span, "--dry-run").stdout
    id_ = command("backfills", "start", *span, "--concurrency", "2").stdout.partition(":")[0]
    assert id_ in command("backfills", "list").stdout
    assert "hello/yearly" in command("backfills", "show", id_).stdout
    assert command("backfills", "pause", "none").returncode == 1
    wrong = command("backfills", "start", "hello", "yearly", "--from", "yesterday", "--to", "2025-01-01")
    assert (wrong.returncode, "2026-01-01" in wrong.stderr) == (1, True)


def test_a_list_of_backfills_says_that_there_are_more(server: ServerProcess, command: Command) -> None:
    order = {"workflow": "hello", "trigger": "yearly", "from": "2020-02-01T00:00:00Z", "to": "2020-03-01T00:00:00Z"}
    with server.client() as client:
        for _ in range(100):
            client.post("/api/v1/backfills", json=order).raise_for_status()
        assert "there are more" not in command("backfills", "list").stderr
        client.post("/api/v1/backfills", json=order).raise_for_status()
    assert "there are more" in command("backfills", "list").stderr
