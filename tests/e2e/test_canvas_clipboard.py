"""Nodes as text: copied as YAML, pasted from YAML, JSON and whole workflows, with and without a permission."""

from __future__ import annotations

import json

import pytest
import yaml
from canvas_documents import chain
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]

PUT = "text => navigator.clipboard.writeText(text)"


def paste(editor: EditorPage, text: str) -> None:
    editor.page.evaluate(PUT, text)
    editor.press("Control+v")


def test_copied_nodes_are_yaml_and_paste_into_another_workflow(page: Page, server: ServerProcess) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor = EditorPage.of(page, server, chain("source"))
    editor.select("read", "keep")
    editor.press("Control+c")
    editor.wait_until(lambda: "nodes:" in page.evaluate("navigator.clipboard.readText()"))
    copied = yaml.safe_load(page.evaluate("navigator.clipboard.readText()"))
    assert copied["nodes"]["keep"] == chain("source")["nodes"]["keep"]
    assert copied["edges"] == ["read -> keep"]
    assert copied["layout"] == {"read": [0, 0], "keep": [280, 0]}

    other = EditorPage.of(page, server, chain("target"))
    other.press("Control+v")
    expect(other.node("keep_2")).to_contain_text("Keep cities")
    other.expect_edges("read -> keep", "keep -> sort", "read_2 -> keep_2")
    expect(page.get_by_text("2 nodes pasted")).to_be_visible()
    other.undo()
    other.expect_edges("read -> keep", "keep -> sort")


def test_pastes_what_was_written_in_an_editor(page: Page, server: ServerProcess) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor = EditorPage.of(page, server, {"concertmaster": 1, "name": "written", "nodes": {}})
    paste(editor, "a: {type: data.set@1, config: {value: 1}}\nb:\n  type: data.set@1\n")
    expect(editor.node("b")).to_be_visible()
    paste(editor, json.dumps(chain("whole")))
    editor.expect_edges("read -> keep", "keep -> sort")
    paste(editor, "just words")
    expect(page.get_by_text("The clipboard holds no nodes")).to_be_visible()
    assert set(editor.document(server, "written")["nodes"]) == {"a", "b", "read", "keep", "sort"}


def test_copies_and_pastes_without_a_permission(page: Page, server: ServerProcess) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    editor = EditorPage.of(page, server, chain("closed"))
    editor.select("keep")
    editor.press("Control+c")
    page.wait_for_timeout(300)
    editor.press("Control+v")
    expect(editor.node("keep_2")).to_be_visible()
    # From the menu too, where the browser gives no text of its own.
    editor.press("Escape")
    editor.press("Escape")
    editor.press("Shift+F10")
    editor.menu_item("Paste").click()
    expect(editor.node("keep_3")).to_be_visible()


def test_keys_in_a_field_stay_those_of_the_field(page: Page, server: ServerProcess) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor = EditorPage.of(page, server, chain("fields"))
    page.evaluate(PUT, "a: {type: data.set@1}")
    box = page.get_by_role("textbox", name="Search nodes")
    box.click()
    box.press("Control+v")
    expect(box).to_have_value("a: {type: data.set@1}")
    expect(editor.node("a")).to_have_count(0)
