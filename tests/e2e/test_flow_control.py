"""Loops, approvals and triggers in the browser: drawn, watched, answered, switched."""

from __future__ import annotations

import re
from typing import Any

import pytest
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from factories import document
from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]

ASK = {"title": "Publish the numbers?", "form": {"limit": {"type": "integer", "minimum": 1, "title": "Limit"}}}


def publish(server: ServerProcess, name: str, **parts: Any) -> None:
    with server.client() as client:
        body = document(name, **{"inputs": {}, "outputs": {}, "edges": [], **parts})
        client.post("/api/v1/workflows", json=body).raise_for_status()


def start(server: ServerProcess, workflow: str, *, wait: int = 0) -> str:
    with server.client() as client:
        answer = client.post(f"/api/v1/workflows/{workflow}/executions?wait={wait}", json={})
        return answer.raise_for_status().json()["id"]


def get(server: ServerProcess, path: str) -> Any:
    with server.client() as client:
        return client.get(f"/api/v1{path}").raise_for_status().json()


def test_what_is_inside_of_a_loop_is_drawn_undone_saved_and_run(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.new(page, "Squares")
    editor.drag_from_palette("data.set", x=120, y=200)
    editor.configure("set", "Value", "[1, 2, 3]")
    editor.drag_from_palette("flow.for_each", x=420, y=200)
    editor.wire("set", "for_each")
    editor.node("for_each").dblclick()
    trail = page.get_by_test_id("body-trail")
    expect(trail).to_contain_text("For each")
    expect(editor.node("set")).to_have_count(0)

    editor.drag_from_palette("flow.wait", x=120, y=240)
    editor.configure("wait", "Duration", "10ms")
    editor.drag_from_palette("data.template", x=420, y=240)
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(editor.node("template")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Redo")).click()
    editor.configure("template", "Template", "is {{ item * item }}")
    editor.wire("wait", "template")
    trail.get_by_role("button").first.click()
    expect(editor.node("for_each")).to_contain_text("2 nodes inside")
    editor.publish()
    editor.expect_saved("published")
    saved = get(server, "/workflows/squares")["document"]
    assert saved["nodes"]["for_each"]["body"]["edges"] == ["wait -> template"]
    assert {"for_each/wait", "for_each/template"} <= saved["layout"].keys()

    editor.run()
    editor.expect_status("for_each", "succeeded")
    expect(editor.node("for_each")).to_contain_text("3/3")
    page.reload()
    editor.node("for_each").dblclick()
    expect(editor.node("template")).to_contain_text("item * item")


def test_a_problem_inside_of_a_loop_leads_there(page: Page, server: ServerProcess) -> None:
    body = {"nodes": {"calc": {"type": "data.set", "config": {"value": "{{ nodes.gone }}"}}}}
    loop = {"type": "flow.for_each", "config": {"items": [1]}, "body": body}
    with server.client() as client:
        draft = document("loop", inputs={}, outputs={}, edges=[], nodes={"each": loop})
        client.post("/api/v1/workflows?publish=false", json=draft).raise_for_status()
    page.goto("/workflows/loop")
    page.get_by_role("button", name=re.compile("^Problems")).click()
    page.get_by_test_id("problems-panel").get_by_role("button").filter(has_text="gone").first.click()
    expect(EditorPage(page).node("each")).to_have_attribute("data-open", "true")
    expect(EditorPage(page).node("each/calc")).to_have_attribute("data-selected", "true")
    expect(page.get_by_test_id("inspector")).to_contain_text("gone")


def test_a_loop_shows_its_items_and_each_of_them(page: Page, server: ServerProcess) -> None:
    nodes = {
        "half": {"type": "data.set", "config": {"value": "{{ 10 / item }}"}},
        "more": {"type": "data.set", "config": {"value": "{{ input + 1 }}"}},
    }
    loop = {
        "type": "flow.for_each",
        "config": {"items": [5, 0, 2], "on_error": "continue"},
        "body": {"nodes": nodes, "edges": ["half -> more"]},
    }
    publish(server, "halves", nodes={"each": loop})
    id_ = start(server, "halves", wait=20)
    page.goto(f"/runs/{id_}?node=each")
    panel = page.get_by_role("region", name="each", exact=False)
    expect(panel).to_contain_text("3 of 3 done, 1 failed")
    expect(panel).to_contain_text("1 of 3 failed")
    loop = page.get_by_test_id("node-each")
    expect(loop).to_have_attribute("data-status", "succeeded")
    expect(loop).to_contain_text("1 of 3 failed")
    expect(loop.get_by_role("img", name=re.compile("1 of 3 items failed"))).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Timeline")).to_contain_text("1 of 3 failed")
    items = panel.get_by_role("list", name="Items of this container").get_by_role("link")
    expect(items).to_have_count(3)
    items.nth(1).click()
    expect(page.get_by_test_id("node-half")).to_have_attribute("data-status", "failed")
    expect(page.get_by_role("region", name="half", exact=False)).to_contain_text("This node failed")
    page.get_by_role("button", name="Next item").click()
    expect(page.get_by_test_id("node-more")).to_have_attribute("data-status", "succeeded")
    page.get_by_test_id("node-more").click()
    expect(page.get_by_role("region", name="more", exact=False)).to_contain_text("6")
    page.reload()
    expect(page.get_by_test_id("node-more")).to_have_attribute("data-status", "succeeded")


def test_a_called_run_and_its_caller_lead_to_each_other(page: Page, server: ServerProcess) -> None:
    publish(server, "callee", nodes={"a": {"type": "data.set", "config": {"value": 1}}})
    publish(server, "caller", nodes={"call": {"type": "flow.call", "config": {"workflow": "callee"}}})
    id_ = start(server, "caller", wait=20)
    page.goto(f"/runs/{id_}?node=call")
    page.get_by_text("Called run").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("callee")
    page.locator("header").get_by_role("link", name=id_[-8:]).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("caller")

    page.goto("/runs")
    rows = page.get_by_role("table", name="Runs").locator("tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="More filters").click()
    page.get_by_role("switch", name="Without called runs").click()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"called=false"))
    expect(rows).to_have_count(1)
    # A new one is counted, and what it calls is not.
    start(server, "caller", wait=20)
    page.get_by_role("button", name="1 new run", exact=True).click()
    expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="callee")).to_have_count(0)
    page.get_by_role("button", name="Act on all that match").click()
    page.get_by_role("menuitem", name=re.compile("^Retry")).click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("No run that matches")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filters").click()
    expect(rows).to_have_count(4)


def test_an_approval_is_counted_filled_in_and_answered(page: Page, server: ServerProcess) -> None:
    publish(server, "numbers", nodes={"ask": {"type": "flow.approve", "config": ASK}})
    first, second = start(server, "numbers", wait=1), start(server, "numbers", wait=1)
    page.goto("/approvals")
    navigation = page.get_by_role("navigation", name="Main navigation")
    expect(navigation.get_by_role("img", name="2 open approvals")).to_be_visible()
    page.get_by_role("button", name="Publish the numbers?").last.click()
    detail = page.get_by_role("complementary", name="Approval")
    detail.get_by_role("button", name="Approve").click()
    expect(detail).to_contain_text("required")
    detail.get_by_label("Limit", exact=False).first.fill("7")
    detail.get_by_label("Comment").fill("Looks right")
    detail.get_by_role("button", name="Approve").click()
    expect(detail).to_contain_text("Approved")
    expect(detail).to_contain_text("Looks right")
    expect(navigation.get_by_role("img", name="1 open approval", exact=True)).to_be_visible()

    # The other one where it waits.
    open_ = get(server, "/approvals")["items"][0]
    assert {open_["execution"]} < {first, second}
    page.goto(f"/runs/{open_['execution']}?node=ask")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_test_id("node-ask")).to_have_attribute("data-status", "succeeded")
    expect(page.get_by_test_id("approval")).to_contain_text("Rejected")
    expect(navigation.get_by_role("img", name=re.compile("open approval"))).to_have_count(0)
    page.goto("/approvals?status=all")
    expect(page.get_by_role("row").filter(has_text="Publish the numbers?")).to_have_count(2)


def test_triggers_are_written_switched_tried_out_and_made_up_for(page: Page, server: ServerProcess) -> None:
    publish(server, "nightly", nodes={"a": {"type": "data.set", "config": {"value": 1}}})
    page.goto("/workflows/nightly")
    page.get_by_role("button", name="Open inspector").click()
    inspector = page.get_by_test_id("inspector")
    inspector.get_by_role("button", name="Add trigger").click()
    page.get_by_role("menuitem", name=re.compile("^Schedule")).click()
    card = inspector.get_by_test_id("trigger-schedule")
    expect(card.get_by_role("region", name="Next times").get_by_role("listitem")).to_have_count(5)
    card.get_by_label("Cron expression").fill("0 25 * * *")
    expect(card.get_by_role("region", name="Next times")).to_have_count(0)
    expect(card).to_contain_text(re.compile("hour|25"))
    card.get_by_label("Cron expression").fill("30 4 * * *")
    card.get_by_label("Time zone").fill("Asia/Tokyo")
    EditorPage(page).publish()
    EditorPage(page).expect_saved("published")

    page.goto("/triggers")
    row = page.get_by_role("row").filter(has_text="At 04:30")
    expect(row).to_contain_text("Asia/Tokyo")
    row.get_by_label("Switch schedule on or off").click(force=True)
    expect(row).to_contain_text("off")
    assert get(server, "/triggers/nightly/schedule")["enabled"] is False
    row.get_by_label("Switch schedule on or off").click(force=True)
    expect(row).not_to_contain_text("off")

    row.get_by_role("button", name="Actions of schedule").click()
    page.get_by_role("menuitem", name="Backfill…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text("7 runs will be started")
    dialog.get_by_role("button", name="Start 7 runs").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Watch it under Backfills").click()
    expect(page.get_by_role("row").filter(has_text="nightly · schedule")).to_contain_text("7 of 7", timeout=20_000)
    page.goto("/runs")
    expect(page.get_by_role("row").nth(1)).to_contain_text("backfill · for ")

    page.goto("/triggers?workflow=nightly")
    page.get_by_role("button", name="Actions of schedule").click()
    page.get_by_role("menuitem", name="Run once now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("nightly")
    page.goto("/workflows/nightly")
    page.get_by_role("button", name="Triggers", exact=True).click()
    expect(page.get_by_role("table", name="Triggers")).to_contain_text("schedule")
