"""The list of runs: filters, selection, views, the picture above it, and a very long one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from runs_page import RunsPage
from seeded_runs import seed

from server_process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.browser]

NAMES = ["orders", "prices"]
SET = {"type": "data.set", "config": {"value": 1}}
WAIT = {"type": "flow.wait", "config": {"duration": "2h"}}
# Scrolls as fast as frames come, and measures for how long nothing but ground was in the middle of the list.
SCROLL = """async ([list, frames, step]) => {
  const box = list.getBoundingClientRect()
  const filled = () => {
    const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
    return at?.closest('tr[data-index], button, [role=alert]') !== null
  }
  let since = null, worst = 0, last = performance.now(), slowest = 0
  for (let frame = 0; frame < frames; frame += 1) {
    list.scrollTop += step
    await new Promise(requestAnimationFrame)
    const now = performance.now()
    slowest = Math.max(slowest, now - last)
    last = now
    if (filled()) since = null
    else since ??= now
    if (since !== null) worst = Math.max(worst, now - since)
  }
  const rows = [...list.querySelectorAll('tr[data-index]')]
  return {worst, slowest, inPage: rows.length, reached: Number(rows.at(-1)?.dataset.index)}
}"""


def document(name: str, node: dict[str, Any] = SET) -> dict[str, Any]:
    return {"concertmaster": 1, "name": name, "nodes": {"a": node}}


def publish(server: ServerProcess, *names: str, node: dict[str, Any] = SET) -> None:
    with server.client() as client:
        for name in names:
            client.post("/api/v1/workflows", json=document(name, node)).raise_for_status()


def start(server: ServerProcess, name: str, wait: int = 10) -> str:
    with server.client() as client:
        answer = client.post(f"/api/v1/workflows/{name}/executions?wait={wait}", json={})
        return answer.raise_for_status().json()["id"]


def fill(server: ServerProcess, count: int, hours: int = 20) -> None:
    """Many ended runs of two workflows, the newest a moment ago."""
    publish(server, *NAMES)
    seed(server.workspace, start(server, NAMES[0]), count, workflows=NAMES, span=timedelta(hours=hours))


def test_filters_are_chips_in_the_address(page: Page, server: ServerProcess) -> None:
    fill(server, 400)
    runs = RunsPage.open(page)
    runs.status("Failed")
    runs.status("Interrupted")
    runs.expect_query("failed%2Cinterrupted")
    expect(runs.rows.first).to_contain_text(re.compile("Failed|Interrupted"))
    expect(runs.rows.filter(has_text="Succeeded")).to_have_count(0)
    runs.time("Last 7 days")
    runs.more(text_of_the_error="answered 503", took_at_least="0.1")
    runs.expect_query("last=7d", "error=answered+503", "min=0.1")
    expect(runs.pills).to_have_text(["Error has “answered 503”", "Took 100 ms or longer"])
    expect(runs.rows.filter(has_not_text="503")).to_have_count(0)
    shown = runs.rows.count()
    assert shown > 0

    page.reload()
    expect(runs.pills).to_have_count(2)
    expect(runs.rows).to_have_count(shown)
    runs.remove("Error has “answered 503”")
    expect(page).not_to_have_url(re.compile("error="))
    expect(runs.rows.filter(has_text="Permission denied").first).to_be_visible()
    runs.clear()
    expect(runs.rows.filter(has_text="Succeeded").first).to_be_visible()
    expect(runs.pills).to_have_count(0)


def test_the_picture_chooses_a_time_by_dragging_and_as_a_table(page: Page, server: ServerProcess) -> None:
    fill(server, 300)
    runs = RunsPage.open(page)
    picture = page.get_by_role("region", name="Runs over time")
    expect(picture).to_contain_text("301 runs")
    runs.drag_over_chart(0.3, 0.6)
    runs.expect_query("since=", "until=")
    expect(page.get_by_role("button", name=re.compile(r"^Time: .* – "))).to_be_visible()
    expect(picture).not_to_contain_text("301 runs")
    runs.clear()
    expect(picture).to_contain_text("301 runs")
    picture.get_by_role("button", name="Show as a table").click()
    picture.get_by_role("button", name=re.compile("^Show only these")).first.click()
    runs.expect_query("since=", "until=")
    expect(runs.rows.nth(30)).to_have_count(0)
    assert runs.rows.count() > 0


def test_selected_runs_are_run_again(page: Page, server: ServerProcess) -> None:
    publish(server, "orders")
    for _ in range(4):
        start(server, "orders")
    runs = RunsPage.open(page)
    expect(runs.rows).to_have_count(4)
    runs.tick(1, 2)
    expect(page.get_by_role("button", name="Act on 2 selected")).to_be_visible()
    runs.act("Run them again", "Run again")
    expect(page.get_by_text("2 of 2 runs started anew")).to_be_visible()
    page.get_by_role("button", name="2 new runs").click()
    expect(runs.rows).to_have_count(6)
    expect(page.get_by_role("button", name="Act on all that match")).to_be_visible()


def test_the_keyboard_moves_through_the_list_and_opens_a_run(page: Page, server: ServerProcess) -> None:
    fill(server, 400)
    runs = RunsPage.open(page)
    runs.rows.first.get_by_role("link").first.focus()
    focused = page.locator("tr:focus-within")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_attribute("data-index", "1")
    page.keyboard.press("PageDown")
    assert int(focused.get_attribute("data-index") or "") > 8
    page.keyboard.press("End")
    # Of what was loaded; going there loads more.
    expect(focused).to_have_attribute("data-index", re.compile(r"^\d{2,}$"))
    assert int(focused.get_attribute("data-index") or "") >= 99
    expect(focused).to_be_in_viewport()
    # The row with the focus is scrolled away and taken out of the page; the keys go on from it.
    at = int(focused.get_attribute("data-index") or "")
    runs.list.evaluate("list => { list.scrollTop = 0 }")
    expect(runs.rows.first).to_have_attribute("data-index", "0")
    page.keyboard.press("ArrowUp")
    expect(focused).to_have_attribute("data-index", str(at - 1))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Act on 1 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Act on all that match")).to_be_visible()
    page.keyboard.press("Home")
    expect(focused).to_have_attribute("data-index", "0")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}"))


def test_views_columns_and_density_are_kept(page: Page, server: ServerProcess) -> None:
    fill(server, 60)
    runs = RunsPage.open(page, "status=failed&workflow=prices")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Save this view").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Bad prices")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Columns and density").click()
    page.get_by_text("Compact", exact=True).click()
    page.get_by_label("Error code").check()
    page.get_by_label("Version").uncheck()
    page.goto("/runs")
    heads = page.get_by_role("table", name="Runs", exact=True).get_by_role("columnheader")
    expect(heads.filter(has_text="Error code")).to_have_count(1)
    expect(heads.filter(has_text="Version")).to_have_count(0)
    assert runs.rows.first.evaluate("row => row.getBoundingClientRect().height") == 30
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Bad prices", exact=True).click()
    runs.expect_query("status=failed", "workflow=prices")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Delete the view Bad prices").click()
    expect(page.get_by_role("menuitem", name="Bad prices")).to_have_count(0)


def test_a_row_that_fits_no_longer_stays_and_says_so(page: Page, server: ServerProcess) -> None:
    publish(server, "waits", node=WAIT)
    first, second = (start(server, "waits", wait=1) for _ in range(2))
    runs = RunsPage.open(page, "status=waiting")
    expect(runs.rows).to_have_count(2)
    with server.client() as client:
        client.post(f"/api/v1/executions/{first}/cancel").raise_for_status()
    row = runs.rows.filter(has_text="Cancelled")
    expect(row).to_have_attribute("title", re.compile("No longer matches"))
    expect(runs.rows.filter(has=page.locator(f'a[href="/runs/{second}"]'))).not_to_have_attribute(
        "title", re.compile("")
    )
    page.reload()
    expect(runs.rows).to_have_count(1)


def test_a_page_that_does_not_come_says_so_and_is_asked_for_again(page: Page, server: ServerProcess) -> None:
    fill(server, 300)

    def refuse(route: Route) -> None:
        route.fulfill(status=400, content_type="application/problem+json", body='{"detail": "Not today"}')

    page.route(re.compile(r"/executions\?.*before="), refuse)
    runs = RunsPage.open(page)
    runs.list.evaluate("list => { list.scrollTop = 1e6 }")
    alert = runs.list.get_by_role("alert")
    expect(alert).to_contain_text("Not today")
    page.unroute_all()
    alert.get_by_role("button", name="Try again").click()
    expect(alert).to_have_count(0)
    runs.list.evaluate("list => { list.scrollTop = 1e6 }")
    expect(runs.list).to_contain_text("301 runs, that is all")


def test_a_hundred_thousand_runs_scroll_without_blank_frames(page: Page, server: ServerProcess) -> None:
    fill(server, 100_000)
    runs = RunsPage.open(page)
    expect(runs.rows.first).to_be_visible()
    found = page.evaluate(SCROLL, [runs.list.element_handle(), 60, 3000])
    assert found["worst"] < 100
    assert found["inPage"] < 150
    assert found["reached"] > 3_000
