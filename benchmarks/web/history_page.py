"""The list of 100,000 executions: scrolled without showing nothing."""

from __future__ import annotations

import json
import time

from benchmarks.engine import linear
from benchmarks.history_lists import fill as fill_executions
from benchmarks.web.pages import Measured
from benchmarks.web.verdicts import Verdicts
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.storage.data_folder import hold_data_folder

TURNS = 250


async def fill(settings: Settings, executions: int) -> None:
    """Write them into the database of a server that does not run yet."""
    with hold_data_folder(settings):
        async with build(settings, recover=False) as runtime:
            await runtime.workflows.save(LOCAL_ADMIN, json.dumps(linear(10)).encode(), publish=True)
        fill_executions(settings.resolved_database_url, executions)
        async with build(settings, recover=False) as runtime:
            while await runtime.history.count_missing():
                pass


def measure(verdicts: Verdicts, measured: Measured, url: str, executions: int) -> None:
    """Turn the wheel down the list for some seconds; more of it is fetched on the way."""
    page = measured.page
    page.goto(f"{url}/runs")
    page.locator("tbody tr, [role=row]").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate("() => window.__bench.watchRows('main')")
    page.mouse.move(700, 500)
    for _ in range(TURNS):
        page.mouse.wheel(0, 600)
        time.sleep(0.016)
    page.wait_for_timeout(300)
    blank = page.evaluate("() => window.__bench.blank")
    verdicts.note(f"list of {executions:,} executions: longest blank", blank, "ms")
    verdicts.below(f"list of {executions:,} executions: longest blank", 100)
