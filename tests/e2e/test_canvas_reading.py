"""Looking without changing, and graphs so large that the cards give way to a picture."""

from __future__ import annotations

import pytest
from canvas_documents import chain, wide
from editor_page import EditorPage
from playwright.sync_api import Browser, Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


def expect_nothing_changes(editor: EditorPage) -> None:
    page = editor.page
    expect(page.get_by_test_id("read-only")).to_be_visible()
    expect(page.get_by_test_id("palette")).to_have_count(0)
    expect(page.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    editor.node("keep").click()
    expect(editor.node("keep")).to_have_attribute("data-selected", "true")
    before = editor.place("keep")
    for keys in ("Delete", "d", "Tab", "n", "Control+d", "Control+ArrowDown", "F2", "Shift+Alt+T"):
        editor.press(keys)
    expect(page.get_by_role("dialog", name="Add a node")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Title of the node")).to_have_count(0)
    expect(editor.node("keep")).to_be_visible()
    expect(editor.node("keep_2")).to_have_count(0)
    editor.drag(editor.place("keep"), (before[0], before[1] + 90))
    assert page.evaluate("document.querySelectorAll('.react-flow__node.draggable').length") == 0


def test_a_viewer_looks_and_finds_but_changes_nothing(page: Page, browser: Browser, server: ServerProcess) -> None:
    EditorPage.of(page, server, chain("looked-at"))
    with server.client() as client:
        token = client.post("/api/v1/tokens", json={"name": "eyes", "scopes": ["read"]}).raise_for_status().json()
    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900})
    context.set_extra_http_headers({"Authorization": f"Bearer {token['token']}"})
    viewer = EditorPage(context.new_page())
    viewer.page.goto("/workflows/looked-at")
    expect(viewer.node("read")).to_be_visible()
    expect_nothing_changes(viewer)
    viewer.node("read").click()
    expect(viewer.page.get_by_test_id("inspector").get_by_label("Path", exact=True).first).to_have_attribute(
        "readonly", ""
    )
    viewer.press("Escape")
    viewer.press("Control+f")
    viewer.page.get_by_test_id("find-panel").get_by_role("combobox").fill("sort")
    viewer.press("Enter")
    expect(viewer.node("sort")).to_have_attribute("data-selected", "true")
    context.close()


def test_a_phone_looks_only(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("phone"))
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.get_by_test_id("read-only")).to_be_visible()
    expect(page.get_by_test_id("palette")).to_have_count(0)
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.get_by_test_id("read-only")).to_have_count(0)
    editor.press("Tab")
    expect(page.get_by_role("dialog", name="Add a node")).to_be_visible()


def test_above_the_limit_it_is_said_once_what_becomes_slower(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, wide("large", 40, columns=5))
    expect(page.get_by_test_id("large-note")).to_have_count(0)
    editor.command("editor settings")
    box = page.get_by_role("textbox", name="Warn above this number of nodes")
    box.fill("30")
    box.blur()
    page.get_by_role("button", name="Done").click()
    note = page.get_by_test_id("large-note")
    expect(note).to_contain_text("40 nodes are a lot for one canvas")
    expect(note).to_contain_text("workflows of their own")
    note.get_by_role("button", name="Understood").first.click()
    expect(note).to_have_count(0)
    page.reload()
    expect(editor.node("n0")).to_be_visible()
    expect(note).to_have_count(0)


def test_zoomed_out_a_box_selects_what_lies_in_it(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, wide("far", 1000))
    expect(page.locator(".react-flow__node")).to_have_count(0)
    canvas = page.get_by_test_id("canvas").bounding_box()
    assert canvas
    page.keyboard.down("Shift")
    editor.drag(
        (canvas["x"] + 4, canvas["y"] + canvas["height"] / 2),
        (canvas["x"] + canvas["width"] - 4, canvas["y"] + canvas["height"] - 60),
    )
    page.keyboard.up("Shift")
    inspector = page.get_by_test_id("inspector")
    page.get_by_role("button", name="Open inspector").click()
    expect(inspector).to_contain_text("nodes selected")
    count = int(inspector.get_by_role("heading", level=2).inner_text().split()[0])
    assert 300 <= count <= 600, count
