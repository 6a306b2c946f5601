"""Finding and commanding: the list of nodes, the command palette, menus, keys, titles on cards."""

from __future__ import annotations

from typing import Any

import pytest
from canvas_documents import chain, scattered
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


def with_loop(name: str) -> dict[str, Any]:
    document = chain(name)
    document["nodes"]["each"] = {
        "type": "flow.for_each@1",
        "title": "For every city",
        "body": {"nodes": {"greet": {"type": "data.set@1", "config": {"value": "hello Lima"}}}},
    }
    document["layout"]["each"] = [0, 200]
    return document


def test_find_goes_from_match_to_match_and_into_loops(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, with_loop("found"))
    editor.press("Control+f")
    panel = page.get_by_test_id("find-panel")
    box = panel.get_by_role("combobox")
    expect(box).to_be_focused()
    expect(panel.get_by_role("status")).to_have_text("5 nodes")
    box.fill("cit")
    # By its title first, then by what stands in its settings.
    expect(panel.get_by_role("option")).to_contain_text(["Keep cities", "For every city", "Read"])
    box.press("Enter")
    expect(editor.node("keep")).to_have_attribute("data-selected", "true")
    expect(panel.get_by_role("status")).to_have_text("1 of 3")
    box.press("ArrowDown")
    expect(editor.node("each")).to_have_attribute("data-selected", "true")
    box.press("Shift+Enter")
    expect(editor.node("keep")).to_have_attribute("data-selected", "true")
    box.fill("hello")
    box.press("Enter")
    expect(editor.node("each/greet")).to_have_attribute("data-selected", "true")
    expect(panel.get_by_test_id("find-each/greet")).to_contain_text("in For every city")
    box.press("Escape")
    expect(panel).to_have_count(0)
    box = page.get_by_role("combobox")
    editor.press("ArrowLeft")  # the keys of the canvas work again
    editor.press("Control+f")
    page.get_by_test_id("find-panel").get_by_role("combobox").fill("nothing like it")
    expect(page.get_by_test_id("find-panel")).to_contain_text("No node matches")


def test_the_command_palette_has_the_editors_actions_and_nodes(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, with_loop("commands"))
    editor.command("greet")
    expect(editor.node("each/greet")).to_have_attribute("data-selected", "true")
    editor.command("disable or en")
    expect(editor.node("each/greet")).to_have_attribute("data-disabled", "true")
    editor.command("add sort rows")
    expect(editor.node("each/sort_2")).to_be_visible()
    # Elsewhere nothing of it is offered.
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/runs")
    expect(page.get_by_role("heading").first).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Go to a workflow").fill("disable or en")
    expect(page.get_by_text("Disable or enable")).to_have_count(0)


def test_menus_of_node_wire_selection_and_canvas_open_with_keys(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("menus"))
    editor.press("Shift+F10")
    expect(editor.menu_item("Add a node…")).to_be_focused()
    editor.press("Escape")
    editor.press("ArrowRight")
    editor.press("ContextMenu")
    expect(editor.menu_item("Open in inspector")).to_be_focused()
    editor.press("ArrowDown")
    expect(editor.menu_item("Add a node after…")).to_be_focused()
    editor.press("Enter")
    expect(page.get_by_text("Nodes that can follow Read")).to_be_visible()
    editor.press("Escape")
    editor.press("w")
    editor.press("Shift+F10")
    editor.menu_item("Insert a node here…").click()
    expect(page.get_by_text("Nodes that fit between Read and Keep cities")).to_be_visible()
    editor.press("Escape")
    editor.press("Control+a")
    editor.press("Shift+F10")
    expect(editor.menu_item("Arrange")).to_be_visible()
    editor.press("Escape")
    page.get_by_role("menu").wait_for(state="detached")
    page.get_by_role("button", name="Fit to screen").click()
    page.wait_for_timeout(300)  # the view glides
    page.mouse.click(*editor.middle_of_edge("keep", "sort"), button="right")
    expect(editor.menu_item("Insert a node here…")).to_be_visible()


def test_a_title_is_written_on_the_card(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("titles"))
    editor.node("keep").get_by_text("Keep cities").dblclick()
    box = page.get_by_role("textbox", name="Title of the node")
    expect(box).to_be_focused()
    page.keyboard.type("Large cities")
    page.keyboard.press("Enter")
    expect(editor.node("keep")).to_contain_text("Large cities")
    editor.press("F2")
    page.keyboard.type("Not this")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(editor.node("keep")).to_contain_text("Large cities")
    editor.undo()
    expect(editor.node("keep")).to_contain_text("Keep cities")
    editor.press("Shift+F2")
    dialog = page.get_by_role("dialog", name="Rename node")
    dialog.get_by_label("Id").fill("cities")
    dialog.get_by_role("button", name="Rename").click()
    editor.expect_edges("read -> cities", "cities -> sort")


def test_keys_of_view_selection_and_panels(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("view"))
    percent = page.get_by_text("%").first
    editor.press("Control+-")
    expect(percent).not_to_have_text("100 %")
    editor.press("0")
    expect(percent).to_have_text("100 %")
    editor.press("Control++")
    expect(percent).to_have_text("125 %")
    editor.press("Control+0")
    expect(percent).to_have_text("100 %")
    editor.press("1")
    editor.select("keep")
    editor.press("1")
    editor.press("Shift+ArrowRight")
    expect(editor.node("sort")).to_have_attribute("data-selected", "true")
    editor.press("Shift+ArrowLeft")
    expect(editor.node("read")).to_have_attribute("data-selected", "true")

    # Escape takes one thing away a time.
    page.get_by_role("button", name="Runs").last.click()
    drawer, inspector = page.get_by_role("button", name="Close panel"), page.get_by_test_id("inspector")
    editor.press("Control+f")
    page.get_by_test_id("find-panel").get_by_role("combobox").press("Escape")
    expect(inspector).to_contain_text("3 nodes selected")
    editor.press("Escape")
    expect(inspector).not_to_contain_text("3 nodes selected")
    expect(drawer).to_be_visible()
    editor.press("Escape")
    expect(drawer).to_have_count(0)
    expect(inspector).to_be_visible()
    editor.press("Escape")
    expect(inspector).to_have_count(0)

    editor.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    for name in ("Find nodes", "Zoom to 100 %", "Select everything upstream", "Put a node into a wire"):
        expect(help_).to_contain_text(name)


def test_areas_are_reached_with_one_key(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, scattered("areas"))
    editor.select("a")
    where = "document.activeElement.closest('[data-pane], [data-canvas]')?.dataset.pane ?? 'canvas'"
    seen: list[str] = []
    for _ in range(4):
        editor.press("F6")
        seen.append(page.evaluate(where))
    assert sorted(seen) == ["canvas", "drawer", "inspector", "palette"]
    editor.press("Shift+F6")
    assert page.evaluate(where) == seen[-2]


def test_two_fingers_move_the_view_when_that_is_set(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, scattered("fingers"))
    percent = page.get_by_text("%").first
    shown = percent.inner_text()
    editor.command("editor settings")
    page.get_by_text("Move the view (Ctrl zooms)").click()
    page.get_by_role("button", name="Done").click()
    before = editor.place("a")
    canvas = page.get_by_test_id("canvas").bounding_box()
    assert canvas
    page.mouse.move(canvas["x"] + 60, canvas["y"] + 400)
    page.mouse.wheel(0, 80)
    editor.wait_until(lambda: editor.place("a")[1] < before[1] - 40)
    expect(percent).to_have_text(shown)
    page.keyboard.down("Control")
    page.mouse.wheel(0, 240)
    page.keyboard.up("Control")
    expect(percent).not_to_have_text(shown)
