"""Trying nodes out in a real browser: runs of a part with what they would do said before, and pinned outputs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PRICES: dict[str, Any] = {
    "concertmaster": 1,
    "name": "prices",
    "title": "Prices",
    "inputs": {"n": {"type": "integer", "default": 3}},
    "nodes": {
        "rate": {"type": "data.set", "title": "Rate", "config": {"value": "{{ inputs.n }}"}},
        "double": {"type": "data.set", "title": "Double", "config": {"value": "{{ input * 2 }}"}},
        "label": {"type": "data.set", "title": "Label", "config": {"value": "{{ input ~ ' EUR' }}"}},
        "cities": {"type": "file.read", "title": "Cities", "config": {"path": "cities.csv"}},
        "publish": {"type": "file.write", "title": "Publish", "config": {"path": "published.csv"}},
    },
    "edges": ["rate -> double", "double -> label", "cities -> publish"],
    # One below the other, so that the inspector covers none.
    "layout": {node: [0, 110 * row] for row, node in enumerate(("rate", "double", "label", "cities", "publish"))},
}


@pytest.fixture
def editor(page: Page, server: ServerProcess) -> EditorPage:
    with server.client() as client:
        made = client.post("/api/v1/workflows", json=PRICES)
    assert made.status_code == 201, made.text
    return EditorPage.open(page, "prices")


def select(editor: EditorPage, node: str) -> None:
    editor.node(node).click()
    expect(editor.page.get_by_test_id("inspector")).to_be_visible()


def run_whole(editor: EditorPage) -> None:
    """All of it, with the usual inputs."""
    editor.run()
    editor.page.get_by_role("button", name="Start test run").click()
    editor.expect_status("label", "succeeded")
    editor.expect_status("publish", "succeeded")


def more(editor: EditorPage, entry: str) -> None:
    """An entry of the menu beside the button that runs."""
    editor.page.get_by_role("button", name="More ways to run").click()
    editor.page.get_by_role("menuitem", name=re.compile(f"^{entry}")).click()


def executions(server: ServerProcess) -> list[dict[str, Any]]:
    with server.client() as client:
        return client.get("/api/v1/executions").json()["items"]


def shown(server: ServerProcess) -> dict[str, Any]:
    """The newest execution, as it is told."""
    with server.client() as client:
        return client.get(f"/api/v1/executions/{executions(server)[0]['id']}").json()


def test_a_node_without_data_offers_to_run_until_there(editor: EditorPage, server: ServerProcess) -> None:
    page, strip = editor.page, editor.page.get_by_test_id("plan-strip")
    select(editor, "double")
    page.keyboard.press("Shift+Enter")
    expect(strip).to_contain_text("Double cannot run yet")
    expect(editor.node("rate")).to_contain_text("no output yet")
    strip.get_by_role("button", name="Run until here").click()
    expect(strip).to_contain_text("2 nodes will run: Rate and Double")
    for node, mark in {"rate": "will run", "double": "will run", "label": "left out"}.items():
        expect(editor.node(node)).to_contain_text(mark)
    # The button has the focus.
    page.keyboard.press("Enter")
    editor.expect_status("double", "succeeded")
    editor.expect_status("label", "skipped")
    expect(strip).to_be_hidden()
    expect(editor.node("rate")).not_to_contain_text("will run")
    # Now there is data, and nothing else to ask: it runs at once.
    page.get_by_test_id("inspector").get_by_role("button", name="Run this node").click()
    page.get_by_role("menuitem", name="Run only this node").click()
    expect(editor.node("rate").get_by_role("img", name="Reused")).to_be_visible()
    assert len(executions(server)) == 2
    select(editor, "rate")
    editor.tab("Output")
    told = page.get_by_test_id("reused-from")
    expect(told).to_contain_text("Reused from run")
    expect(told.get_by_role("link")).to_have_attribute("href", re.compile(executions(server)[1]["id"]))


def test_what_writes_is_said_before_and_can_be_left(editor: EditorPage, server: ServerProcess, tmp_path: Path) -> None:
    page, strip = editor.page, editor.page.get_by_test_id("plan-strip")
    editor.node("publish").click(button="right")
    page.get_by_role("menuitem", name="Run until here").click()
    expect(strip).to_contain_text("Publish changes something outside")
    expect(editor.node("publish")).to_contain_text("will run, writes")
    page.keyboard.press("Escape")
    expect(strip).to_be_hidden()
    expect(editor.node("publish")).not_to_contain_text("writes")
    assert executions(server) == []
    editor.node("publish").click(button="right")
    page.get_by_role("menuitem", name="Run until here").click()
    strip.get_by_role("button", name="Run 2 nodes").click()
    editor.expect_status("publish", "succeeded")
    assert (tmp_path / "published.csv").exists()
    # It alone would run next, and is asked about all the same.
    page.keyboard.press("Shift+Enter")
    expect(strip).to_contain_text("1 output reused")
    expect(editor.node("cities")).to_contain_text("reused")


def test_a_plan_of_what_has_been_edited_since_is_asked_for_again(editor: EditorPage) -> None:
    page, strip = editor.page, editor.page.get_by_test_id("plan-strip")
    select(editor, "double")
    page.keyboard.press("Alt+Enter")
    expect(strip).to_contain_text("2 nodes will run")
    editor.node("rate").click()
    page.keyboard.press("d")
    strip.get_by_role("button", name="Run 2 nodes").click()
    expect(strip).to_contain_text("changed meanwhile")


def test_pins_are_used_in_test_runs_alone(editor: EditorPage, server: ServerProcess) -> None:
    page = editor.page
    run_whole(editor)
    select(editor, "double")
    page.keyboard.press("p")
    expect(editor.node("double")).to_contain_text("pinned")
    run_whole(editor)
    expect(editor.node("double").get_by_role("img", name="Pinned output")).to_be_visible()
    assert shown(server)["nodes"]["double"]["reused"]["pinned"]
    editor.tab("Output")
    expect(page.get_by_test_id("reused-from")).to_contain_text("Pinned from run")
    # Switched off, and in runs that are no tests, it runs.
    more(editor, "Use pinned outputs")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("pin-bar")).to_contain_text("switched off")
    before = len(executions(server))
    run_whole(editor)
    assert len(executions(server)) == before + 1
    assert shown(server)["nodes"]["double"]["reused"] is None
    with server.client() as client:
        plain = client.post("/api/v1/workflows/prices/executions", json={}, params={"wait": 30}).json()
    assert plain["nodes"]["double"]["reused"] is None
    # A change of what is before it makes it old; the list says so, and lets go of it.
    select(editor, "rate")
    editor.tab("Config")
    editor.configure("rate", "Value", "7")
    expect(editor.node("double")).to_contain_text("out of date")
    more(editor, "Pinned outputs")
    row = page.get_by_test_id("pin-double")
    expect(row).to_contain_text("What comes before it has changed since")
    row.get_by_role("button", name="Unpin Double").click()
    expect(page.get_by_text("Nothing is pinned")).to_be_visible()
    expect(editor.node("double")).not_to_contain_text("pinned")


def test_a_value_that_is_typed_stands_for_a_node(editor: EditorPage, server: ServerProcess) -> None:
    page = editor.page
    select(editor, "rate")
    editor.tab("Output")
    page.get_by_test_id("pin-bar").get_by_role("button", name="Type a value").click()
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_role("textbox", name="Value (JSON)")
    box.click()
    page.keyboard.type("50 EUR")
    expect(dialog).to_contain_text("Not JSON yet")
    page.keyboard.press("Control+a")
    page.keyboard.type("50")
    dialog.get_by_role("button", name="Pin value").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_test_id("pin-bar")).to_contain_text("typed by")
    expect(editor.node("rate")).to_contain_text("pinned")
    # No run is needed any more to try out what is behind it.
    select(editor, "double")
    page.keyboard.press("Shift+Enter")
    editor.expect_status("double", "succeeded")
    assert shown(server)["nodes"]["double"]["outputs"]["out"]["value"] == 100


def test_a_test_run_like_an_earlier_one(editor: EditorPage, server: ServerProcess) -> None:
    page = editor.page
    with server.client() as client:
        body = {"inputs": {"n": 11}}
        client.post("/api/v1/workflows/prices/executions", json=body, params={"wait": 30}).raise_for_status()
    page.reload()
    more(editor, "Test run with")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Start it like").click()
    page.get_by_role("option", name=re.compile("^manual")).click()
    expect(dialog.get_by_label("N", exact=True)).to_have_value("11")
    dialog.get_by_role("button", name="Start test run").click()
    editor.expect_status("label", "succeeded")
    assert shown(server)["inputs"] == {"n": 11}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(editor: EditorPage, scheme: str) -> None:
    page = editor.page
    # What is fading in has no contrast yet.
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # pyright: ignore[reportArgumentType]
    run_whole(editor)
    select(editor, "double")
    page.keyboard.press("p")
    expect(editor.node("double")).to_contain_text("pinned")
    editor.tab("Output")
    expect(page.get_by_test_id("pin-bar")).to_contain_text("of run")
    found = violations(page)
    select(editor, "publish")
    page.keyboard.press("Shift+p")
    expect(page.get_by_role("list", name="Pinned outputs")).to_be_visible()
    page.keyboard.press("Alt+Enter")
    expect(page.get_by_test_id("plan-strip")).to_be_visible()
    found += violations(page)
    page.get_by_role("button", name="More ways to run").click()
    expect(page.get_by_role("menuitem", name=re.compile("^Use pinned outputs ?, on"))).to_be_visible()
    page.wait_for_function("getComputedStyle(document.querySelector('[role=menu]')).opacity === '1'")
    assert found + violations(page) == []


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in ("serious", "critical")
    ]
