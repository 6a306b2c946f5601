"""Adding nodes: palette, quick-add, at a port, into a wire."""

from __future__ import annotations

import pytest
from canvas_documents import chain
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


def test_the_palette_remembers_what_was_used_and_what_is_a_favourite(page: Page) -> None:
    editor = EditorPage.new(page, "Remembered")
    editor.drag_from_palette("table.sort", x=300, y=200)
    recent = page.get_by_test_id("palette").get_by_role("region", name="Recently used")
    expect(recent.get_by_test_id("palette-own-table.sort")).to_be_visible()
    page.get_by_test_id("palette-item-table.filter").hover()
    page.get_by_test_id("palette").get_by_role("button", name="Add Filter rows to the favourites").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    favourites = page.get_by_test_id("palette").get_by_role("region", name="Favourites")
    expect(favourites.get_by_test_id("palette-own-table.filter")).to_be_visible()
    expect(recent.get_by_test_id("palette-own-table.sort")).to_be_visible()
    favourites.get_by_role("button", name="Remove Filter rows from the favourites").click()
    expect(favourites).to_have_count(0)


def test_the_quick_add_list_begins_with_the_last_used(page: Page) -> None:
    editor = EditorPage.new(page, "Quick")
    editor.press("Tab")
    editor.quick_add("sort")
    editor.press("Escape")
    editor.press("Tab")
    first = page.get_by_role("listbox", name="Add a node").get_by_role("option").first
    expect(first).to_contain_text("Sort")
    expect(page.get_by_role("group", name="Recently used")).to_contain_text("Sort")


def test_plus_at_a_free_port_offers_what_fits(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("ports"))
    editor.node("sort").hover()
    page.get_by_role("button", name="Add a node after out").click()
    options = page.get_by_role("listbox", name="Add a node")
    expect(page.get_by_text("Nodes that can follow Sort")).to_be_visible()
    expect(options.get_by_test_id("quick-add-table.filter")).to_have_count(1)
    editor.quick_add("filter")
    editor.expect_edges("read -> keep", "keep -> sort", "sort -> filter")
    # An input that nothing leads to is offered what can feed it.
    editor.press("Escape")
    canvas = page.get_by_test_id("canvas").bounding_box()
    assert canvas
    page.mouse.move(canvas["x"] + 350, canvas["y"] + 650)  # where nothing stands
    editor.press("Tab")
    editor.quick_add("join")
    page.get_by_role("button", name="Add a node before right").click()
    expect(page.get_by_text("Nodes that can feed Join")).to_be_visible()
    expect(page.get_by_test_id("quick-add-http.request")).to_have_count(0)
    editor.quick_add("read")
    expect(page.locator('.react-flow__edge[data-id="read_2 -> join.right"]')).to_have_count(1)


def test_keys_alone_add_before_and_after_and_into_a_wire(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("keys"))
    editor.press("ArrowRight")  # the first node
    editor.press("n")
    editor.quick_add("dedupe")
    editor.expect_edges("read -> keep", "keep -> sort", "read -> dedupe")
    editor.press("Control+z")
    editor.press("ArrowRight")
    editor.press("w")
    expect(editor.edge("read", "keep").locator("[data-selected]")).to_have_count(1)
    editor.press("i")
    expect(page.get_by_text("Nodes that fit between Read and Keep cities")).to_be_visible()
    editor.quick_add("dedupe")
    editor.expect_edges("keep -> sort", "read -> dedupe", "dedupe -> keep")
    editor.press("Control+z")
    editor.expect_edges("read -> keep", "keep -> sort")


def test_a_palette_item_dropped_on_a_wire_stands_in_it(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("dropped", gap=400))
    x, y = editor.middle_of_edge("read", "keep")
    item = page.get_by_test_id("palette-item-table.dedupe")
    item.hover()
    page.mouse.down()
    page.mouse.move(x - 60, y - 120, steps=6)
    page.mouse.move(x, y, steps=6)
    page.mouse.move(x, y + 1)
    expect(editor.edge("read", "keep").locator("[data-aimed]")).to_have_count(1)
    page.mouse.up()
    editor.expect_edges("keep -> sort", "read -> dedupe", "dedupe -> keep")
    editor.undo()
    editor.expect_edges("read -> keep", "keep -> sort")


def test_a_free_node_dropped_on_a_wire_stands_in_it_and_others_make_room(page: Page, server: ServerProcess) -> None:
    document = chain("moved")
    document["nodes"]["dedupe"] = {"type": "table.dedupe@1"}
    document["layout"]["dedupe"] = [100, 300]
    editor = EditorPage.of(page, server, document)
    before = editor.place("keep")
    editor.drag(editor.place("dedupe"), editor.middle_of_edge("read", "keep"), drop=False)
    expect(editor.edge("read", "keep").locator("[data-aimed]")).to_have_count(1)
    page.mouse.up()
    editor.expect_edges("keep -> sort", "read -> dedupe", "dedupe -> keep")
    editor.wait_until(lambda: editor.place("keep")[0] > before[0] + 100)
    left, right = editor.node("dedupe").bounding_box(), editor.node("keep").bounding_box()
    assert left
    assert right
    assert left["x"] + left["width"] < right["x"]
    editor.undo()
    editor.expect_edges("read -> keep", "keep -> sort")
    # What has wires of its own only moves.
    editor.drag(editor.place("sort"), editor.middle_of_edge("read", "keep"))
    editor.expect_edges("read -> keep", "keep -> sort")
