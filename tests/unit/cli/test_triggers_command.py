"""`concertmaster triggers` and `backfills` against a server."""

from __future__ import annotations

import json
import time
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


def test_what_was_refused_stands_where_it_happened(server: ServerProcess, command: Command) -> None:
    with server.client() as client:
        token = client.post("/api/v1/triggers/hello/hook/token").json()["token"]
        with server.client(headers={}) as caller:
            answers = [caller.post(f"/hooks/orders?token={given}", json={}).status_code for given in ("wrong", token)]
        assert answers == [401, 202]
        deadline = time.monotonic() + 20
        while len(fires := client.get("/api/v1/triggers/hello/hook").json()["last_fires"]) < 2:
            assert time.monotonic() < deadline, fires
    lines = command("triggers", "show", "hello", "hook").stdout.splitlines()
    assert [line.split()[4] for line in lines if line[:1] in "✓✗"] == ["started", "refused"]
    assert "a wrong token" in lines[-1]


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


def test_programs_get_json_of_what_was_started(server: ServerProcess, command: Command) -> None:
    with server.client() as client:
        started = json.loads(command("triggers", "test", "hello", "yearly", "--json").stdout)
        assert client.get(f"/api/v1/executions/{started['id']}").is_success
        token = json.loads(command("triggers", "token", "hello", "hook", "--json").stdout)["token"]
        assert client.post("/hooks/orders", headers={"Authorization": f"Bearer {token}"}).status_code == 202
        span = ("hello", "yearly", "--from", "2020-01-01", "--to", "2025-01-01", "--json")
        counted = json.loads(command("backfills", "start", *span, "--dry-run").stdout)
        assert counted["total"] == 5
        ordered = json.loads(command("backfills", "start", *span).stdout)
        assert client.get(f"/api/v1/backfills/{ordered['id']}").json()["total"] == 5


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
    assert (wrong.returncode, "2026-01-01" in wrong.stderr) == (2, True)
    reversed_ = command("backfills", "start", "hello", "yearly", "--from", "2025-01-01", "--to", "2020-01-01")
    assert (reversed_.returncode, "--to must be later than --from" in reversed_.stderr) == (2, True)


def test_times_are_read_and_shown_in_the_zone_of_the_schedule(server: ServerProcess, command: Command) -> None:
    zoned = {"type": "schedule", "config": {"cron": "15 0 * * *", "timezone": "Europe/Rome"}}
    with server.client() as client:
        client.post("/api/v1/workflows", json=document("rome", triggers={"daily": zoned})).raise_for_status()
    assert command("triggers", "show", "rome", "daily").stdout.count(" 00:15:00 Europe/Rome") == 5
    assert " 00:15:00 Europe/Rome" in command("triggers", "enable", "rome", "daily").stdout
    span = ("rome", "daily", "--from", "2025-10-01", "--to", "2025-10-03")
    dry = command("backfills", "start", *span, "--dry-run").stdout
    assert "2 times, from 2025-10-01 00:15:00 Europe/Rome to 2025-10-02 00:15:00 Europe/Rome" in dry
    id_ = command("backfills", "start", *span).stdout.partition(":")[0]
    shown = command("backfills", "show", id_).stdout
    assert "from 2025-10-01 00:00:00 Europe/Rome to 2025-10-03 00:00:00 Europe/Rome" in shown
    future = command("backfills", "start", "rome", "daily", "--from", "2025-10-01", "--to", "2999-01-01", "--dry-run")
    assert (future.returncode, "the range ends now" in future.stderr) == (0, True)


def test_executions_say_what_time_they_are_for(server: ServerProcess, command: Command) -> None:
    span = ("hello", "yearly", "--from", "2020-01-01", "--to", "2021-01-01")
    command("backfills", "start", *span)
    tried = command("triggers", "test", "hello", "yearly").stdout.partition(":")[0]
    with server.client() as client:
        items: list[dict[str, str]] = []
        while len(items) < 2:
            items = client.get("/api/v1/executions").json()["items"]
    (made_up,) = (item["id"] for item in items if item["id"] != tried)
    listed = command("executions", "list").stdout
    assert "2020-01-01 06:00 UTC, backfill" in listed
    assert "UTC, test" in listed
    assert "for 2020-01-01 06:00 UTC, backfill" in command("executions", "show", made_up).stdout
    assert ", test" in command("executions", "show", tried).stdout


def test_what_a_backfill_has_started_is_listed_and_retried(server: ServerProcess, command: Command) -> None:
    share = {"a": {"type": "data.set", "config": {"value": "{{ 1 / (inputs.year - 2021) }}"}}}
    trigger = {**YEARLY, "inputs": {"year": "{{ trigger.scheduled_at.year }}"}}
    body = document("shares", nodes=share, edges=[], outputs={}, triggers={"yearly": trigger})
    body["inputs"] = {"year": {"type": "integer", "default": 1}}
    with server.client() as client:
        client.post("/api/v1/workflows", json=body).raise_for_status()
        span = ("shares", "yearly", "--from", "2020-01-01", "--to", "2024-01-01")
        first, second = (command("backfills", "start", *span).stdout.partition(":")[0] for _ in range(2))
        for id_ in (first, second):
            while client.get(f"/api/v1/backfills/{id_}").json()["status"] != "finished":
                pass
    assert f"executions list --backfill {first} --status failed" in command("backfills", "show", first).stdout
    assert len(json.loads(command("executions", "list", "--backfill", first, "--json").stdout)["items"]) == 4
    failed = command("executions", "list", "--backfill", first, "--status", "failed").stdout
    assert failed.count("shares") == 1
    assert "2021-01-01 06:00 UTC, backfill" in failed
    assert "--backfill none" in command("executions", "list", "--backfill", "none").stdout
    retried = command("executions", "retry", "--backfill", second, "--dry-run").stdout
    assert "1 execution matches" in retried


def test_a_wrong_status_is_told_once(server: ServerProcess, command: Command) -> None:
    done = command("executions", "list", "--status", "bogus")
    assert (done.returncode, done.stderr.count("queued")) == (2, 1)


def test_a_list_of_backfills_says_that_there_are_more(server: ServerProcess, command: Command) -> None:
    order = {"workflow": "hello", "trigger": "yearly", "from": "2020-02-01T00:00:00Z", "to": "2020-03-01T00:00:00Z"}
    with server.client() as client:
        for _ in range(100):
            client.post("/api/v1/backfills", json=order).raise_for_status()
        assert "there are more" not in command("backfills", "list").stderr
        client.post("/api/v1/backfills", json=order).raise_for_status()
    assert "there are more" in command("backfills", "list").stderr
