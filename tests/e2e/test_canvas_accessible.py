"""What floats over the canvas is named and has contrast, in both schemes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from canvas_documents import chain
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def offences(page: Page) -> list[str]:
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lists_menus_and_dialogs_of_the_canvas(page: Page, server: ServerProcess, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    editor = EditorPage.of(page, server, chain("named"))
    page.evaluate(AXE.read_text())

    def list_of_nodes() -> None:
        editor.press("Control+f")
        page.get_by_test_id("find-panel").get_by_role("combobox").fill("e")
        editor.press("Enter")
        expect(editor.node("keep").or_(editor.node("read")).first).to_be_visible()

    def quick_add() -> None:
        editor.press("n")
        expect(page.get_by_role("listbox", name="Add a node")).to_be_visible()

    def help_() -> None:
        editor.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()

    def settings() -> None:
        editor.command("editor settings")
        expect(page.get_by_role("dialog", name="Editor settings")).to_be_visible()

    def title() -> None:
        editor.press("F2")
        expect(page.get_by_role("textbox", name="Title of the node")).to_be_focused()

    steps: list[Callable[[], None]] = [list_of_nodes, quick_add, title, help_, settings]
    seen: list[str] = []
    for step in steps:
        step()
        page.wait_for_timeout(250)  # what fades in has no contrast before
        seen += [f"{step.__name__}: {offence}" for offence in offences(page)]
        editor.press("Escape")
    assert seen == []
