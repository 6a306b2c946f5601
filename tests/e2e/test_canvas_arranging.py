"""Wires by their ends, and cards in order: drag with guides, align, distribute, nudge, tidy."""

from __future__ import annotations

import re

import pytest
from canvas_documents import chain, scattered
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


def test_an_end_of_a_wire_moves_to_another_node_and_keeps_to_what_fits(page: Page, server: ServerProcess) -> None:
    document = chain("ends")
    document["nodes"]["other"] = {"type": "table.sort@1"}
    document["layout"]["other"] = [560, 200]
    editor = EditorPage.of(page, server, document)
    end = editor.edge("keep", "sort").locator(".react-flow__edgeupdater-target").bounding_box()
    assert end
    start = (end["x"] + end["width"] / 2 - 6, end["y"] + end["height"] / 2)
    editor.drag(start, editor.place("other"))
    editor.expect_edges("read -> keep", "keep -> other")
    editor.undo()
    editor.expect_edges("read -> keep", "keep -> sort")
    # Into the open: the wire stays as it was. Against the direction: refused.
    editor.drag(start, (start[0] + 40, start[1] + 300))
    editor.drag(start, editor.place("read"))
    editor.expect_edges("read -> keep", "keep -> sort")
    expect(page.get_by_role("dialog", name="Add a node")).to_have_count(0)


def test_align_and_distribute_from_the_menu_of_the_selection(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, scattered("rows"))
    editor.select("a", "b", "c")
    editor.press("Shift+F10")
    editor.menu_item("Arrange").hover()
    editor.menu_item("Align top edges").click()
    for node in ("b", "c"):
        editor.wait_until(lambda node=node: abs(editor.place(node)[1] - editor.place("a")[1]) < 0.5)
    editor.press("Shift+F10")
    editor.menu_item("Arrange").hover()
    editor.menu_item("Distribute horizontally").click()
    editor.wait_until(
        lambda: abs(editor.place("a")[0] + editor.place("c")[0] - 2 * editor.place("b")[0]) < 1.5,
    )
    editor.undo()
    editor.undo()
    assert editor.document(server, "rows")["layout"] == scattered("rows")["layout"]


def test_arrows_nudge_by_the_grid_and_further_with_shift(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, scattered("nudged"))
    editor.select("a")
    editor.press("Control+ArrowRight")
    editor.press("Control+Shift+ArrowDown")
    assert editor.document(server, "nudged")["layout"]["a"] == [8, 64]


def test_a_dragged_card_keeps_to_lines_and_grid_until_that_is_switched_off(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, scattered("lines"))
    page.mouse.move(*editor.place("d"))
    zoom_before = editor.node("d").bounding_box()
    assert zoom_before
    scale = zoom_before["width"] / 208
    start = editor.place("d")
    # Almost in line with the card at the left top: 117 of the 120 px between them.
    editor.drag(start, (start[0] - 115 * scale, start[1] - 101 * scale), drop=False)
    expect(page.get_by_test_id("guides").locator("line")).not_to_have_count(0)
    assert abs(editor.place("d")[0] - editor.place("a")[0]) < 0.5
    page.mouse.up()
    expect(page.get_by_test_id("guides")).to_have_count(0)
    layout = editor.document(server, "lines")["layout"]
    assert layout["d"][0] == 0
    assert layout["d"][1] % 8 == 0

    page.get_by_role("button", name="More actions").click()
    editor.menu_item("Editor settings").click()
    page.get_by_role("switch", name=re.compile("Snap to the grid")).locator("..").click()
    page.get_by_role("switch", name=re.compile("alignment guides")).locator("..").click()
    page.get_by_role("button", name="Done").click()
    editor.press("Escape")
    editor.press("Escape")
    start = editor.place("d")
    editor.drag(start, (start[0] + 13 * scale, start[1] + 3), drop=False)
    expect(page.get_by_test_id("guides")).to_have_count(0)
    page.mouse.up()
    assert editor.document(server, "lines")["layout"]["d"][0] not in (0, 8, 16)


def test_tidy_moves_all_or_only_what_is_chosen(page: Page, server: ServerProcess) -> None:
    document = chain("tidied")
    document["layout"] = {"read": [0, 400], "keep": [30, 0], "sort": [600, 200]}
    editor = EditorPage.of(page, server, document)
    editor.select("read", "keep")
    editor.press("Shift+Alt+T")
    layout = editor.document(server, "tidied")["layout"]
    assert layout["sort"] == [600, 200]
    assert layout["read"][0] < layout["keep"][0]
    assert (min(layout["read"][0], layout["keep"][0]), layout["read"][1]) == (0, layout["keep"][1])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Tidy up").click()
    layout = editor.document(server, "tidied")["layout"]
    assert layout["read"][1] == layout["keep"][1] == layout["sort"][1]


def test_tidy_with_fewest_crossings_untangles_and_glides(page: Page, server: ServerProcess) -> None:
    # Two chains whose ends are crossed over.
    document = chain("crossed")
    document["nodes"]["more"] = {"type": "file.read@1", "config": {"path": "cities.csv"}}
    document["nodes"]["less"] = {"type": "table.filter@1", "config": {"condition": "people > 2"}}
    document["edges"] += ["more -> less"]
    document["layout"] |= {"more": [0, 120], "less": [280, -120]}
    editor = EditorPage.of(page, server, document)
    page.evaluate("""() => {
        window.seen = new Set()
        const card = document.querySelector('.react-flow__node[data-id="less"]')
        new MutationObserver(() => window.seen.add(card.style.transform)).observe(card, {attributes: true})
    }""")
    editor.press("Escape")
    editor.press("Control+Shift+Alt+T")
    page.wait_for_function("() => window.seen.size > 2", timeout=20_000)
    layout = editor.document(server, "crossed")["layout"]
    rows = {node: place[1] for node, place in layout.items()}
    assert (rows["read"] - rows["more"]) * (rows["keep"] - rows["less"]) > 0
    editor.undo()
    assert editor.document(server, "crossed")["layout"] == document["layout"]


def test_tidy_stands_still_for_whom_motion_is_too_much(page: Page, server: ServerProcess) -> None:
    document = chain("still")
    document["layout"] = {"read": [0, 0], "keep": [300, 300], "sort": [600, 0]}
    page.emulate_media(reduced_motion="reduce")
    editor = EditorPage.of(page, server, document)
    page.evaluate("""() => {
        window.seen = []
        const card = document.querySelector('.react-flow__node[data-id="keep"]')
        new MutationObserver(() => window.seen.push(card.style.transform)).observe(card, {attributeFilter: ['style']})
    }""")
    page.get_by_role("button", name="Tidy up").click()
    page.wait_for_function("() => window.seen.length > 0")
    assert editor.document(server, "still")["layout"]["keep"][1] == 0
    assert len(set(page.evaluate("window.seen"))) == 1
