"""`outputs clean`, by the settings of the workspace."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import pytest
import yaml

from engine_harness import running_engine
from factories import CITIES, document, table_workflow
from planned_tables import left_behind, planned
from server_process import Command

LARGE = {"nodes": {"a": {"type": "data.set", "config": {"value": "x" * 70_000}}}, "edges": [], "outputs": {}}


def artifacts(workspace: Path) -> list[Path]:
    return [path for path in (workspace / ".concertmaster" / "artifacts").glob("??/*") if path.is_file()]


def test_it_counts_and_removes_what_the_settings_do_not_keep(workspace: Path, command: Command) -> None:
    (workspace / "large.yaml").write_text(yaml.safe_dump(document("large", inputs={}, **LARGE)))
    assert command("run", "large.yaml").returncode == 0
    (made,) = artifacts(workspace)
    assert command("outputs", "clean").stdout == "removed: the data of 0 executions, 0 files of 0 bytes\n"
    (workspace / "concertmaster.toml").write_text('outputs_max_age = "1ms"\n')
    # A file is left alone for a day after somebody has made or reused it.
    os.utime(made, (0, time.time() - 90_000))
    counted = command("outputs", "clean", "--dry-run")
    assert counted.stdout == "would be removed: the data of 1 execution, 1 file of 70,002 bytes\n"
    assert artifacts(workspace) == [made]
    removed = json.loads(command("outputs", "clean", "--json").stdout)
    assert removed == {
        "status": "done",
        "executions": 1,
        "artifacts": 1,
        "size_bytes": 70_002,
        "dry_run": False,
        "message": None,
    }
    assert artifacts(workspace) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("outputs_max_age", "0s", "greater than 0"),
        ("outputs_max_age", "soon", "OUTPUTS_MAX_AGE"),
        ("outputs_max_count", "0", "greater than or equal to 1"),
        ("outputs_max_bytes", "12", "greater than or equal to"),
    ],
)
def test_bounds_that_mean_nothing_are_refused(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"CONCERTMASTER_{name.upper()}", value)
    done = command("outputs", "clean")
    assert done.returncode == 2
    assert told in done.stderr


def test_a_table_that_was_never_stored_is_made_for_who_asks_for_its_rows(workspace: Path, command: Command) -> None:
    (workspace / "cities.csv").write_text(CITIES)
    text = yaml.safe_dump(table_workflow(), sort_keys=False)
    columns = ["city:string", "people:int64"]

    async def record() -> str:
        async with running_engine(workspace / ".concertmaster", dispatch=False) as harness:
            return await left_behind(harness, text, planned(text, {"read": columns, "large": columns}, workspace))

    (workspace / ".concertmaster").mkdir(exist_ok=True)
    id_ = asyncio.run(record())
    told = command("executions", "lineage", id_, "large").stdout
    assert "large  table, never stored" in told
    assert "    from read (table, never stored)" in told
    assert "2 of 3 rows" in command("executions", "output", id_, "large", "--limit", "2").stdout
    assert command("executions", "output", id_, "large", "--stats").stdout.startswith("3 rows, ")
    (workspace / "cities.csv").write_text("city,people\n")
    refused = command("executions", "output", id_, "read")
    assert (refused.returncode, "cities.csv" in refused.stderr) == (1, True)


def test_what_a_node_gave_what_is_in_it_and_where_it_is_from(workspace: Path, command: Command) -> None:
    (workspace / "cities.csv").write_text(CITIES)
    (workspace / "cities.yaml").write_text(yaml.safe_dump(table_workflow()))
    id_ = json.loads(command("run", "cities.yaml", "--json").stdout)["id"]
    rows = command("executions", "output", id_, "large", "--limit", "2", "--sort", "-people").stdout
    assert ("2 of 3 rows" in rows, "9000" in rows, "1500" in rows, "--offset 2" in rows) == (True, True, False, True)
    assert "large (2 of 3 rows" in rows
    facts = command("executions", "output", id_, "read", "--stats", "--column", "people").stdout
    assert "~distinct" in facts.splitlines()[1]
    assert facts.splitlines()[-1].split() == ["people", "int64", "1", "4", "500", "9000"]
    told = command("executions", "lineage", id_, "large").stdout
    assert "large  table, 3 rows" in told
    assert "    from read (table, 5 rows" in told


def test_decimals_are_shown_without_the_zeros_of_their_type(workspace: Path, command: Command) -> None:
    query = "select 12.5::decimal(38, 18) as price, 100::decimal(38, 18) as whole, '1.50' as text"
    nodes = {"rows": {"type": "table.sql", "config": {"query": query}}}
    body = {"concertmaster": 1, "name": "prices", "nodes": nodes}
    (workspace / "prices.yaml").write_text(yaml.safe_dump(body))
    ran = command("run", "prices.yaml")
    assert ran.returncode == 0, ran.stderr
    assert ["12.5", "100", "1.50"] in [line.replace("│", " ").split() for line in ran.stdout.splitlines()]
