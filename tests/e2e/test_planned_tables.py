"""A run in the browser whose tables were not stored: it says so, and shows their rows to whoever opens them."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from engine_harness import running_engine
from factories import table_workflow
from planned_tables import left_behind, planned
from server_process import ServerProcess, server_process

pytestmark = [pytest.mark.browser, pytest.mark.server]
COLUMNS = ["city:string", "people:int64"]


def recorded(workspace: Path) -> str:
    """The id of a run in the data folder of which both tables are planned."""
    text = yaml.safe_dump(table_workflow() | {"outputs": {}}, sort_keys=False)
    text = text.replace("people > 1000", "people > 5")
    folder, found = workspace / ".concertmaster", list[str]()

    async def record() -> None:
        async with running_engine(folder, dispatch=False) as harness:
            tables = planned(text, {"read": COLUMNS, "large": COLUMNS}, workspace)
            found.append(await left_behind(harness, text, tables))

    folder.mkdir()
    # Playwright has the loop of this one.
    thread = threading.Thread(target=lambda: asyncio.run(record()))
    thread.start()
    thread.join()
    return found[0]


@pytest.fixture
def run(tmp_path: Path) -> str:
    (tmp_path / "cities.csv").write_text("city,people\nLima,11\nOslo,1\nTokyo,14\n")
    return recorded(tmp_path)


@pytest.fixture
def server(tmp_path: Path, run: str) -> Generator[ServerProcess]:
    del run
    with server_process(tmp_path) as running:
        yield running


def test_a_table_that_was_not_stored_says_so_and_is_shown(
    page: Page, server: ServerProcess, run: str, tmp_path: Path
) -> None:
    page.goto(f"{server.url}/runs/{run}")
    card = page.get_by_test_id("node-large")
    expect(card).to_contain_text("not stored")
    card.click()
    why = page.get_by_text("not counted").last
    expect(why).to_have_attribute("title", re.compile("straight on to the next node"))
    expect(page.get_by_role("gridcell", name="Tokyo")).to_be_visible()
    expect(page.get_by_text("2 rows")).to_be_visible()
    # What nobody has opened before needs the file as it was.
    (tmp_path / "cities.csv").write_text("city,people\nRome,3\n")
    page.get_by_test_id("node-read").click()
    expect(page.get_by_role("alert")).to_contain_text("cities.csv")
