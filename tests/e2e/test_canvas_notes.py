"""Sticky notes and groups on the canvas: written, moved, painted, grouped, copied, found, undone; with keys too."""

from __future__ import annotations

import pytest
from canvas_documents import scattered
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


def test_a_note_is_written_moved_sized_painted_and_found(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, scattered("noted"))
    editor.press("Shift+S")
    page.keyboard.type("# Mind\nOnly **late** flights count")
    page.keyboard.press("Control+Enter")
    note = page.get_by_test_id("note-note")
    expect(note.locator("strong")).to_have_text("late")
    first = editor.document(server, "noted")["notes"]["note"]
    assert first["text"] == "# Mind\nOnly **late** flights count"

    # Moved and sized, each one step; its keys are those of a card.
    editor.press("Control+ArrowRight")
    box = note.bounding_box()
    assert box
    corner = (box["x"] + box["width"], box["y"] + box["height"])
    editor.drag(corner, (corner[0] + 60, corner[1] + 40))
    sized = editor.document(server, "noted")["notes"]["note"]
    assert sized["at"] == [first["at"][0] + 8, first["at"][1]]
    assert sized["size"][0] > 230
    assert sized["size"][1] > 150
    editor.undo()
    assert editor.document(server, "noted")["notes"]["note"]["size"] == [208, 136]

    editor.press("Shift+F10")
    editor.menu_item("Colour").hover()
    editor.menu_item("Colour: green").click()
    assert editor.document(server, "noted")["notes"]["note"]["color"] == "green"

    # Found by a word of it, and written again with Enter.
    editor.press("Escape")
    editor.press("Control+f")
    expect(page.get_by_test_id("find-panel").get_by_role("combobox")).to_be_focused()
    page.keyboard.type("flights count")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    editor.press("Enter")
    page.get_by_role("textbox", name="Text of the note").fill("short")
    page.keyboard.press("Escape")
    expect(note).to_have_text("short")
    page.reload()
    expect(note).to_have_text("short")
    note.click()
    editor.press("Delete")
    assert not editor.document(server, "noted").get("notes")


def test_a_group_takes_its_nodes_along_and_is_copied_with_them(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, scattered("grouped"))
    before = scattered("grouped")["layout"]
    editor.select("a", "b")
    editor.press("Control+g")
    page.keyboard.type("Reading")
    page.keyboard.press("Enter")
    frame = page.get_by_test_id("group-group")
    expect(frame).to_contain_text("Reading")
    editor.press("Escape")

    title = frame.get_by_text("Reading").bounding_box()
    assert title
    at = (title["x"] + title["width"] / 2, title["y"] + title["height"] / 2)
    editor.drag(at, (at[0] + 90, at[1] + 70))
    moved = editor.document(server, "grouped")["layout"]
    for node in ("a", "b"):
        assert moved[node][0] > before[node][0] + 40, "it went along"
    assert moved["c"] == before["c"]

    editor.press("Control+d")
    copied = editor.document(server, "grouped")["groups"]
    assert copied["group_2"] == {"title": "Reading", "color": "grey", "nodes": ["a_2", "b_2"]}
    editor.press("Control+Shift+g")
    assert list(editor.document(server, "grouped")["groups"]) == ["group"]
    editor.undo()
    editor.undo()
    assert list(editor.document(server, "grouped")["groups"]) == ["group"]
    editor.select("b")
    editor.press("Delete")
    assert editor.document(server, "grouped")["groups"]["group"]["nodes"] == ["a"]
