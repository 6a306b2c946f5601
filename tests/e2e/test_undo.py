"""What undoes a node, and what a backfill has started, in the browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from editor_page import EditorPage
from playwright.sync_api import Locator, Page, expect

from factories import document
from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]

SOLD_OUT = {"type": "flow.fail", "config": {"message": "The show is sold out"}}


def save(server: ServerProcess, name: str, *, publish: bool = True, **parts: Any) -> None:
    with server.client() as client:
        body = document(name, **{"inputs": {}, "outputs": {}, "edges": [], **parts})
        client.post(f"/api/v1/workflows?publish={publish}", json=body).raise_for_status()


def wire(page: Page, node_id: str) -> Locator:
    return page.get_by_test_id(f"undo-{node_id}")


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_test_id("inspector").get_by_label(field, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).click()


def test_what_undoes_a_node_is_chosen_drawn_and_taken_away(page: Page, server: ServerProcess) -> None:
    nodes = {
        "flight": {"type": "data.set", "config": {"value": {"ticket": "F-7"}}},
        "show": SOLD_OUT,
        # It needs a table on a port, which no wire gives it.
        "give_back": {"type": "table.sort", "config": {"by": ["n"]}},
    }
    save(server, "trip", publish=False, nodes=nodes, edges=["flight -> show"])
    page.goto("/workflows/trip")
    editor = EditorPage(page)
    expect(page.get_by_role("button", name=re.compile("^Problems 1"))).to_be_visible()
    editor.node("flight").click()
    inspector = page.get_by_test_id("inspector")
    inspector.get_by_role("tab", name="Reliability").click()
    choose(page, "Undone by", "Give back")
    expect(wire(page, "flight")).to_contain_text("undo")
    expect(editor.node("give_back")).to_contain_text("undo")
    # It is not unconnected; that nothing is ever undone is another matter.
    expect(editor.node("give_back").get_by_title(re.compile("needs an input|no edge"))).to_have_count(0)
    expect(inspector).to_contain_text("nothing is undone unless")

    page.get_by_test_id("canvas").click(position={"x": 20, "y": 20})
    inspector.get_by_role("group", name="After a failure").get_by_role("button", name="Add").click()
    choose(page, "Item 1", "Undo what succeeded")
    expect(page.get_by_role("button", name=re.compile("^Problems$"))).to_be_visible()

    # A wire to it is refused, and the dotted one leads to the node whose setting it is.
    editor.wire("show", "give_back")
    expect(page.get_by_test_id("canvas").locator(".react-flow__edge")).to_have_count(2)
    wire(page, "flight").locator("text").dispatch_event("click")
    expect(editor.node("flight")).to_have_attribute("data-selected", "true")
    page.get_by_test_id("canvas").press("Shift+Alt+T")
    editor.publish()
    editor.expect_saved("published")
    with server.client() as client:
        saved = client.get("/api/v1/workflows/trip").json()["document"]
    assert saved["policy"] == {"on_failure": "compensate"}
    assert saved["nodes"]["flight"]["policy"] == {"undo": "give_back"}
    (left, top), (below_left, below_top) = saved["layout"]["flight"], saved["layout"]["give_back"]
    assert (below_left, below_top > top) == (left, True)

    editor.node("flight").click()
    inspector.get_by_label("Clear", exact=True).last.click()
    expect(wire(page, "flight")).to_have_count(0)


def test_a_run_shows_what_was_undone(page: Page, server: ServerProcess) -> None:
    nodes = {
        "flight": {"type": "data.set", "config": {"value": {"ticket": "F-7"}}, "policy": {"undo": "give_back"}},
        "hotel": {"type": "data.set", "config": {"value": 1}, "policy": {"undo": "leave"}},
        "show": SOLD_OUT,
        "give_back": {"type": "data.template", "config": {"template": "gave back {{ input.ticket }}"}},
        "leave": {"type": "data.template", "config": {"template": "left {{ input }}"}},
    }
    save(server, "trip", nodes=nodes, edges=["flight -> hotel", "hotel -> show"], policy={"on_failure": "compensate"})
    with server.client() as client:
        run = client.post("/api/v1/workflows/trip/executions?wait=20", json={}).json()
    page.goto(f"/runs/{run['id']}")
    expect(wire(page, "flight")).to_have_attribute("data-state", "taken")
    wire(page, "flight").locator("text").dispatch_event("click")
    expect(page.get_by_role("region", name="flight", exact=False)).to_be_visible()
    # In the document what undoes the first node stands first; the last one was undone first.
    bars = page.get_by_role("tabpanel", name="Timeline").get_by_role("option")
    expect(bars).to_have_text(
        [re.compile(name) for name in ("Flight", "Hotel", "Show", "undoes Hotel", "undoes Flight")]
    )
    bars.last.click()
    expect(page.get_by_role("region", name="Give back", exact=False)).to_contain_text("UndoesFlight")


def test_the_failed_runs_of_one_backfill_are_found_by_it(page: Page, server: ServerProcess) -> None:
    trigger = {
        "type": "schedule",
        "config": {"cron": "0 6 * * *"},
        "inputs": {"day": "{{ trigger.scheduled_at.day }}"},
    }
    share = {"a": {"type": "data.set", "config": {"value": "{{ 1 / (inputs.day - 3) }}"}}}
    save(server, "shares", nodes=share, inputs={"day": {"type": "integer", "default": 1}}, triggers={"daily": trigger})
    order = {"workflow": "shares", "trigger": "daily", "concurrency": 4}
    with server.client() as client:
        for month in (1, 2):
            span = {"from": f"2026-0{month}-01", "to": f"2026-0{month}-06"}
            client.post("/api/v1/backfills", json={**order, **span}).raise_for_status()
    page.goto("/triggers?view=backfills")
    row = page.get_by_role("row").filter(has_text="Jan 1, 2026")
    expect(row).to_contain_text("5 of 5", timeout=20_000)
    row.get_by_role("link", name="1 failed").click()
    expect(page).to_have_url(re.compile(r"backfill=.+status=failed|status=failed.+backfill="))
    runs = page.get_by_role("row").filter(has_text="backfill · for")
    expect(runs).to_have_count(1)
    expect(runs).to_contain_text("for 2026-01-03 06:00 UTC")
    page.reload()
    expect(runs).to_have_count(1)
    page.get_by_role("button", name="Act on all that match").click()
    page.get_by_role("menuitem", name=re.compile("^Retry")).click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("1 run")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("Backfill")).click()
    expect(runs).to_have_count(2)

    page.goto("/triggers?view=backfills")
    page.get_by_role("row").filter(has_text="Feb 1, 2026").get_by_role("link", name="shares · daily").click()
    expect(runs).to_have_count(5)


def test_an_empty_range_says_what_is_wrong(page: Page, server: ServerProcess) -> None:
    trigger = {"type": "schedule", "config": {"cron": "0 6 1 1 *"}}
    save(server, "yearly", nodes={"a": {"type": "data.set", "config": {"value": 1}}}, triggers={"new_year": trigger})
    page.goto("/triggers")
    page.get_by_role("button", name="Actions of new_year").click()
    page.get_by_role("menuitem", name="Backfill…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("From").fill("2026-03-01T00:00")
    dialog.get_by_label("Until").fill("2026-03-08T00:00")
    expect(dialog.get_by_role("status")).to_contain_text("no time in this range")
    expect(dialog.get_by_role("button", name="Start runs")).to_be_disabled()
    dialog.get_by_label("Until").fill("2026-02-01T00:00")
    expect(dialog.get_by_role("status")).to_contain_text("Until must lie after From")
    dialog.get_by_label("From").fill("2025-12-01T00:00")
    expect(dialog.get_by_role("button", name="Start 1 run", exact=True)).to_be_enabled()
