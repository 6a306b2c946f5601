"""What `up` and `doctor` warn of: limits of what does not exist, servers on one database with too little in common."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from concertmaster.storage.migrate import upgrade
from postgres_server import PostgresServer
from server_process import Command, server_process

pytestmark = pytest.mark.server


def test_limits_of_unknown_names_are_told_at_the_start_and_by_doctor(
    command: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = "node_type:http.requst=2,node_type:table.sql=3,connection:warehouse=1/s"
    with server_process(workspace, env={"CONCERTMASTER_LIMITS": limits}):
        log = (workspace / "server.log").read_text()
    assert "LIMITS names node_type:http.requst, but there is no node type http.requst" in log
    assert "http.request" in log
    assert "there is no connection warehouse" in log
    assert "table.sql" not in log
    monkeypatch.setenv("CONCERTMASTER_LIMITS", limits)
    items = json.loads(command("doctor", "--json").stdout)["items"]
    assert [item["ok"] for item in items if item["name"] == "limits"] == [None, None]
    monkeypatch.setenv("CONCERTMASTER_LIMITS", "nothing")
    items = json.loads(command("doctor", "--json").stdout)["items"]
    assert [item["ok"] for item in items if item["name"] == "limits"] == [False]


def test_a_second_server_without_what_is_common_is_warned(
    command: Command, workspace: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.make_database(upgrade)
    env = {"CONCERTMASTER_DATABASE_URL": url, "CONCERTMASTER_SECRET_KEY": "a key that is the same"}
    other = workspace / "other"
    other.mkdir()
    with server_process(workspace, env=env):
        assert "is not set" not in (workspace / "server.log").read_text()
        monkeypatch.setenv("CONCERTMASTER_DATABASE_URL", url)
        # The one that has this data folder is no other.
        assert "another server lives" not in command("doctor").stdout
        with server_process(other, env=env):
            log = (other / "server.log").read_text()
            assert (
                "ARTIFACTS_DIR (or CONCERTMASTER_ARTIFACTS_URL) is not set, but another server lives on this database"
                in log
            )
            assert "SECRET_KEY" not in log
            told = command("doctor")
            assert (told.returncode, "SECRET_KEY is not set, but another server lives" in told.stdout) == (1, True)
    postgres.drop_database(url)
