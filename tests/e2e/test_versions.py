"""Versions in pictures: differences drawn on the canvas, a page for each version; and other people on the cards."""

from __future__ import annotations

import pytest
from canvas_documents import chain
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


def test_differences_to_a_version_are_drawn_and_walked(page: Page, server: ServerProcess) -> None:
    first = chain("drawn")
    with server.client() as client:
        client.post("/api/v1/workflows?publish=false", json=first).raise_for_status()
    second = chain("drawn")
    second["nodes"]["keep"]["config"]["condition"] = "people > 7"
    second["nodes"]["last"] = {"type": "table.limit@1"}
    del second["nodes"]["sort"]
    second["edges"] = ["read -> keep", "keep -> last"]
    second["layout"] = {"read": [0, 0], "keep": [280, 0], "last": [560, 120]}
    editor = EditorPage.of(page, server, second)
    page.goto("/workflows/drawn/versions/1")
    expect(page.get_by_role("heading", name="drawn, version 1")).to_be_visible()
    editor.node("sort").click()
    expect(page.get_by_role("complementary", name="Settings of the node")).to_contain_text("table.sort@1")
    page.get_by_role("link", name="Compare with the draft").click()

    strip = page.get_by_test_id("comparison-strip")
    expect(strip).to_contain_text("From v1 to the draft")
    for kind in ("1 added", "1 changed", "1 removed", "1 wire added", "1 wire removed"):
        expect(strip).to_contain_text(kind)
    for node, word in (("keep", "changed"), ("last", "added"), ("sort", "removed")):
        expect(editor.node(node).get_by_test_id("node-change")).to_have_text(word)
    expect(editor.node("read").get_by_test_id("node-change")).to_have_count(0)
    told = editor.node("keep").get_by_test_id("node-change").get_attribute("title")
    assert told == "condition: people > 1 → people > 7"
    editor.press("F7")
    expect(editor.node("keep")).to_have_attribute("data-selected", "true")
    editor.press("F7")
    expect(editor.node("sort")).to_have_attribute("data-selected", "true")
    # It is a picture: what was removed is no part of the draft, and comes back with nothing.
    editor.press("Escape")
    editor.press("Escape")
    expect(strip).to_have_count(0)
    expect(editor.node("sort")).to_have_count(0)
    assert list(editor.document(server, "drawn")["nodes"]) == ["read", "keep", "last"]

    # One version with another.
    page.get_by_role("button", name="Versions", exact=True).click()
    page.get_by_test_id("version-2").get_by_role("button", name="Compare with draft").click()
    page.get_by_role("combobox", name="with").click()
    page.get_by_role("option", name="v1", exact=True).click()
    page.get_by_role("button", name="Show on the canvas").click()
    expect(strip).to_contain_text("From v2 to v1")
    expect(editor.node("sort").get_by_test_id("node-change")).to_have_text("added")


def test_others_are_seen_on_the_card_they_have_chosen(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("together"))
    other = page.context.new_page()
    theirs = EditorPage.open(other, "together")
    theirs.node("keep").click()
    mark = editor.node("keep").get_by_test_id("node-visitors")
    expect(mark).to_be_visible()
    told = mark.get_attribute("aria-label") or ""
    assert told.endswith("has this node open")
    editor.node("keep").click()
    expect(editor.inspector).to_contain_text(told)
    theirs.select("sort")
    page.get_by_role("button", name="Fit to screen").click()
    expect(mark).to_have_count(0)
    expect(editor.node("sort").get_by_test_id("node-visitors")).to_be_visible()
    other.close()
    # Closed: forgotten at once.
    expect(editor.node("sort").get_by_test_id("node-visitors")).to_have_count(0, timeout=15_000)
