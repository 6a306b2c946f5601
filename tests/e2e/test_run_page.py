"""The page of a run: timeline, nodes, logs, events, lineage, why, called runs, loop items."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from run_page import RunPage, publish, shop, start, write_nodes

from server_process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.browser]

WAIT = {"type": "flow.wait", "config": {"duration": "2h"}}


@pytest.fixture
def shop_server(server: ServerProcess) -> ServerProcess:
    """A server with the shop's node types and workflow."""
    write_nodes(server)
    shop(server, seconds=0.3)
    return server


def test_the_timeline_tells_attempts_apart_and_shows_the_critical_path(page: Page, shop_server: ServerProcess) -> None:
    run = RunPage.open(page, start(shop_server, "shop"))
    run.expect_status("Succeeded")
    expect(run.bar("send", 1)).to_contain_text("The gateway said 503 to attempt 1")
    expect(run.bar("send", 3)).to_be_visible()
    expect(run.bar("send").locator('[data-kind="retrying"]')).to_have_count(2)
    page.get_by_label("Attempts apart").uncheck(force=True)
    expect(run.bar("send", 1)).to_have_count(0)
    page.get_by_label("Critical path").check(force=True)
    expect(run.bar("load")).to_have_attribute("data-critical", "true")
    expect(run.bar("share")).to_have_attribute("data-off", "true")
    expect(page.get_by_role("tabpanel", name="Timeline")).to_contain_text("3 nodes")


def test_the_timeline_is_moved_sorted_and_walked_by_keys(page: Page, shop_server: ServerProcess) -> None:
    run = RunPage.open(page, start(shop_server, "shop"), "node=load")
    bars = page.get_by_role("listbox", name="Timeline of the nodes")
    expect(page.get_by_role("button", name="Show the whole run")).to_be_disabled()
    width = run.bar("load").locator("[data-kind]").bounding_box()
    bars.press("+")
    expect(page.get_by_role("button", name="Show the whole run")).to_be_enabled()
    zoomed = run.bar("load").locator("[data-kind]").bounding_box()
    assert width is not None
    assert zoomed is not None
    assert zoomed["width"] != width["width"]
    bars.press("0")
    expect(page.get_by_role("button", name="Show the whole run")).to_be_disabled()
    bars.press("End")
    expect(page).to_have_url(re.compile(r"node=report"))
    expect(run.node("report")).to_have_attribute("data-selected", "true")
    bars.press("Home")
    expect(page).to_have_url(re.compile(r"node=load"))
    page.get_by_role("combobox", name="Sort by").click()
    page.get_by_role("option", name="Name").click()
    expect(page.locator('[data-testid^="bar-"]').first).to_have_attribute("data-testid", "bar-big")
    run.bar("load").locator("[data-kind]").hover()
    expect(page.get_by_role("tabpanel", name="Timeline")).to_contain_text("Running · Attempt 1")


def test_a_run_that_goes_on_grows_in_the_timeline(page: Page, server: ServerProcess) -> None:
    publish(server, "waits", nodes={"w": WAIT, "ask": {"type": "flow.approve", "config": {"title": "Go on?"}}})
    run = RunPage.open(page, start(server, "waits", wait=1))
    expect(run.bar("w").locator('[data-kind="time"][data-live]')).to_be_visible()
    expect(run.bar("ask").locator('[data-kind="people"][data-live]')).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Timeline")).to_contain_text("Now")


def test_the_table_of_nodes_is_sorted_searched_and_walked(page: Page, shop_server: ServerProcess) -> None:
    run = RunPage.open(page, start(shop_server, "shop"), "view=nodes")
    grid = page.get_by_role("grid", name="Nodes of this run")
    expect(grid.get_by_role("row")).to_have_count(7)
    send = run.row("send")
    expect(send.locator('[data-column="attempts"]')).to_have_text("3")
    expect(send.locator('[data-column="waited"]')).not_to_have_text("–")
    expect(run.row("load").locator('[data-column="logs"]')).to_have_text("7")
    expect(run.row("alarm")).to_contain_text("Skipped")
    head = grid.get_by_role("columnheader", name="Attempts")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(grid.get_by_role("row").nth(1)).to_contain_text("Send")
    grid.press("Home")
    expect(page).to_have_url(re.compile(r"node=send"))
    grid.press("ArrowDown")
    expect(page).not_to_have_url(re.compile(r"node=send"))
    page.get_by_label("Find a node").fill("alarm")
    expect(grid.get_by_role("row")).to_have_count(2)


def test_the_log_is_searched_grouped_and_linked(page: Page, shop_server: ServerProcess) -> None:
    id_ = start(shop_server, "shop")
    run = RunPage.open(page, id_, "view=logs")
    log = run.log
    expect(log).to_contain_text("connected to the shop")
    expect(log.get_by_text("connected", exact=True)).to_have_attribute("data-ansi", "2")
    expect(log).to_contain_text("End of the log", timeout=10_000)
    page.get_by_label("Search the logs").fill("GATEWAY")
    expect(log.locator("[data-level]")).to_have_count(2)
    page.get_by_role("button", name="Regular expression").click()
    page.get_by_label("Search the logs").fill("order [13]$")
    expect(log.locator("[data-level]")).to_have_count(2)
    page.get_by_label("Search the logs").fill("(")
    expect(page.get_by_text("This is not a regular expression")).to_be_visible()
    page.get_by_label("Search the logs").fill("")
    page.get_by_role("combobox", name="Lowest level").click()
    page.get_by_role("option", name="error").click()
    expect(log.locator("[data-level]")).to_have_count(2)
    expect(log).not_to_contain_text("at frame 11")
    log.get_by_role("button", name=re.compile("more lines")).first.click()
    expect(log).to_contain_text("at frame 11")
    page.get_by_role("button", name="How to show the lines").click()
    page.get_by_label("By node and attempt").check(force=True)
    page.keyboard.press("Escape")
    group = log.get_by_role("button", name=re.compile("send · attempt 2"))
    group.click()
    expect(log.locator("[data-level]:not(button)")).to_have_count(1)


def test_a_link_leads_to_a_line_and_the_first_error_is_found(page: Page, shop_server: ServerProcess) -> None:
    shop(shop_server, name="many", rows=3_000)
    id_ = start(shop_server, "many")
    run = RunPage.open(page, id_, "view=logs&line=5")
    marked = run.log.locator("[data-marked]")
    expect(marked).to_contain_text("order 2")
    expect(run.log.get_by_role("note")).to_have_count(0)
    expect(marked).to_be_in_viewport()
    page.get_by_role("button", name="Go to the first error").click()
    expect(run.log.locator("[data-marked]")).to_contain_text("the gateway said 503")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    text = download.value.path().read_text()
    assert "order 2999" in text
    assert text.count("\n") > 3_000


def test_a_long_log_shows_its_end_first_and_where_lines_are_missing(page: Page, shop_server: ServerProcess) -> None:
    shop(shop_server, name="many", rows=3_000)
    id_ = start(shop_server, "many")
    run = RunPage.open(page, id_, "view=logs")
    expect(run.log).to_contain_text("sending, attempt 3")
    page.goto(f"/runs/{id_}?view=logs&line=5")
    expect(run.log.locator("[data-marked]")).to_be_in_viewport()
    gap = run.log.get_by_role("note")
    run.log.evaluate("element => element.scrollTo(0, 22 * 200)")
    expect(gap).to_contain_text("Lines are missing here")
    gap.get_by_role("button", name="Load them").click()
    expect(run.log).to_contain_text("order 202")


def test_events_are_filtered_and_shown_whole(page: Page, shop_server: ServerProcess) -> None:
    run = RunPage.open(page, start(shop_server, "shop"), "view=events")
    events = page.get_by_role("listbox", name="Events of this run")
    expect(events.get_by_role("option").first).to_contain_text("execution.created")
    page.get_by_label("Search the events").fill("503 to attempt 2")
    expect(events.get_by_role("option")).to_have_count(1)
    events.get_by_role("option").click()
    expect(page.get_by_role("region", name="JSON of the event")).to_contain_text('"node.retrying"')
    expect(run.node("send")).to_have_attribute("data-selected", "true")
    page.get_by_label("Search the events").fill("")
    page.get_by_role("combobox", name="Kinds").click()
    page.get_by_role("option", name="Of the run").click()
    page.keyboard.press("Escape")
    expect(events).not_to_contain_text("node.started")
    expect(events.get_by_role("option").last).to_contain_text("execution.succeeded")


def test_lineage_goes_both_ways(page: Page, shop_server: ServerProcess) -> None:
    run = RunPage.open(page, start(shop_server, "shop"), "view=lineage")
    lineage = page.get_by_role("region", name="Lineage of this run")
    lineage.get_by_role("button", name=re.compile("^Share")).click()
    expect(lineage.locator('[data-direction="up"]')).to_contain_text("Load orders")
    expect(lineage.locator('[data-direction="down"]')).to_contain_text("Report")
    lineage.get_by_role("button", name=re.compile("^Report")).click()
    expect(run.node("report")).to_have_attribute("data-selected", "true")
    expect(lineage.locator('[data-direction="up"]')).to_contain_text("Send")


def test_why_a_node_was_skipped_survives_a_reload(page: Page, shop_server: ServerProcess) -> None:
    run = RunPage.open(page, start(shop_server, "shop"), "node=alarm")
    why = run.inspector.get_by_role("region", name="Why")
    expect(why).to_contain_text("Reason:")
    said = why.inner_text()
    page.reload()
    expect(why).to_contain_text(said.splitlines()[0])
    why.get_by_role("button", name=re.compile("Is it big")).click()
    expect(run.node("big")).to_have_attribute("data-selected", "true")


def test_a_slow_node_says_what_is_usual_and_where_its_time_went(page: Page, shop_server: ServerProcess) -> None:
    for _ in range(4):
        start(shop_server, "shop")
    shop(shop_server, seconds=2.5)
    run = RunPage.open(page, start(shop_server, "shop"), "node=load")
    why = run.inspector.get_by_role("region", name="Why")
    expect(why).to_contain_text("times as long as usual")
    expect(why).to_contain_text("running (100 %)")
    expect(why).to_contain_text("On the critical path")
    expect(run.header).to_contain_text("times as long as usual")
    run.view("Nodes")
    expect(run.row("load")).to_contain_text("×")


def test_called_runs_are_a_tree_with_one_status_for_all(page: Page, server: ServerProcess) -> None:
    publish(server, "deep", nodes={"bad": {"type": "data.set", "config": {"value": "{{ 1 / 0 }}"}}})
    call = {"type": "flow.call", "config": {"workflow": "deep"}, "policy": {"on_error": "continue"}}
    publish(server, "middle", nodes={"inner": call})
    publish(server, "outer", nodes={"call": {"type": "flow.call", "config": {"workflow": "middle"}}})
    RunPage.open(page, start(server, "outer"), "view=called")
    tree = page.get_by_role("treegrid", name="Runs called by this run")
    expect(tree.get_by_role("row")).to_have_count(2)
    expect(tree.get_by_role("row").first).to_contain_text("Failed")
    expect(tree.get_by_role("row").nth(1)).to_contain_text("division by zero")
    tree.get_by_role("button", name="Show what middle called").click()
    expect(tree.get_by_role("row")).to_have_count(1)
    tree.get_by_role("link", name="middle").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("middle v1 succeeded")


def test_an_item_of_a_loop_has_its_own_timeline_log_and_events(page: Page, server: ServerProcess) -> None:
    write_nodes(server)
    body = {
        "nodes": {
            "half": {"type": "data.set", "config": {"value": "{{ 10 / item }}"}},
            "say": {"type": "shop.load", "config": {"rows": 2}},
        },
        "edges": ["half -> say"],
    }
    publish(server, "loop", nodes={"each": {"type": "flow.for_each", "config": {"items": [1, 2, 4]}, "body": body}})
    run = RunPage.open(page, start(server, "loop"), "in=each.1&node=half")
    expect(run.bar("half")).to_be_visible()
    expect(run.bar("say")).to_be_visible()
    run.view("Logs")
    expect(run.log).to_contain_text("say[1]")
    expect(run.log).not_to_contain_text("say[0]")
    expect(run.log.locator("[data-level]")).to_have_count(4)
    run.view("Events")
    events = page.get_by_role("listbox", name="Events of this run")
    expect(events.get_by_role("option").first).to_contain_text("node.")
    expect(events).not_to_contain_text("execution.created")
    run.view("Nodes")
    expect(page.get_by_role("grid", name="Nodes of this run").get_by_role("row")).to_have_count(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_of_a_run_is_accessible(
    page: Page, shop_server: ServerProcess, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    good = start(shop_server, "shop")
    bad = start(shop_server, "shop", divisor=0)
    axe = (Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
    views = [f"/runs/{good}?node=send&view={view}" for view in ("timeline", "nodes", "logs", "events", "lineage")]
    found: list[str] = []
    for path in (*views, f"/runs/{good}?at=9", f"/runs/{bad}", f"/runs/{bad}/compare?with={good}"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.evaluate(axe)
        told = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{path}: {violation['id']}: {violation['nodes'][0]['html'][:160]}"
            for violation in told["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
    assert found == []
