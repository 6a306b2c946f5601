"""The text of a workflow beside its canvas: each follows the other, comments stay, problems stand at their lines."""

from __future__ import annotations

import pytest
from canvas_documents import chain
from editor_page import EditorPage
from playwright.sync_api import Locator, Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


class YamlText:
    """The text of the open workflow."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.get_by_test_id("yaml-panel")
        self.state = page.get_by_test_id("yaml-state")

    @classmethod
    def open(cls, page: Page) -> YamlText:
        page.get_by_role("button", name="YAML", exact=True).click()
        opened = cls(page)
        expect(opened.panel.locator(".cm-content")).to_be_visible()
        opened.expect_in_step()
        return opened

    def line(self, text: str) -> Locator:
        return self.panel.locator(".cm-line", has_text=text).first

    def after(self, text: str, typed: str) -> None:
        """Put the cursor at the end of a line and type."""
        self.line(text).click()
        self.page.keyboard.press("End")
        self.page.keyboard.insert_text(typed)

    def expect_in_step(self) -> None:
        expect(self.state).to_have_attribute("data-state", "in-step", timeout=10_000)


def test_text_and_canvas_follow_each_other_and_comments_stay(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("text"))
    text = YamlText.open(page)
    page.get_by_role("button", name="Beside the canvas").click()
    text.expect_in_step()
    text.after("nodes:", "\n  # what comes after all\n  last:\n    type: table.sort@1\n    config: {by: [people]}")
    expect(editor.node("last")).to_be_visible()
    # On the canvas, and back into the text: what was written around it is still there.
    editor.node("last").click()
    editor.press("F2")
    page.keyboard.type("The last one")
    page.keyboard.press("Enter")
    expect(text.line("title: The last one")).to_be_visible()
    expect(text.line("# what comes after all")).to_be_visible()
    editor.undo()
    expect(text.line("title: The last one")).to_have_count(0)
    assert editor.document(server, "text")["nodes"]["last"] == {
        "type": "table.sort@1",
        "config": {"by": ["people"]},
    }
    # The cursor chooses the node it stands in.
    text.line("condition: people > 1").click()
    expect(editor.node("keep")).to_have_attribute("data-selected", "true")


def test_a_text_that_cannot_be_read_is_kept_over_a_reload_and_names_its_line(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("broken"))
    text = YamlText.open(page)
    text.after("condition: people > 1", "\n      other: [")
    expect(text.state).to_contain_text("Not applied yet. Line")
    assert "other" not in editor.document(server, "broken")["nodes"]["keep"]["config"]
    page.reload()
    text = YamlText(page)
    page.get_by_role("button", name="YAML", exact=True).click()
    expect(text.state).to_contain_text("Not applied yet. Line")
    expect(text.line("other: [")).to_be_visible()
    text.after("other: [", "1]")
    text.expect_in_step()
    assert editor.document(server, "broken")["nodes"]["keep"]["config"]["other"] == [1]
    # The server does not know the field: told at its line.
    row = text.line("other: [1]").bounding_box()
    assert row
    marks = text.panel.locator(".cm-lint-marker-error")
    editor.wait_until(lambda: any(abs(box["y"] - row["y"]) < 8 for mark in marks.all() if (box := mark.bounding_box())))


def test_what_somebody_else_draws_comes_into_a_text_that_is_being_typed(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, chain("both"))
    text = YamlText.open(page)
    text.after("name: both", "\nvars: {city: ")
    expect(text.state).to_contain_text("Not applied yet")
    with server.client() as client:
        draft = client.get("/api/v1/workflows/both/draft").json()
        change = {"id": "o1", "path": "/nodes/keep/title", "before": "Keep cities", "after": "Theirs"}
        body = {"client": "other", "revision": draft["revision"], "ops": [change]}
        client.patch("/api/v1/workflows/both/draft", json=body).raise_for_status()
    expect(editor.node("keep")).to_contain_text("Theirs")
    page.keyboard.insert_text("Oslo}")
    text.expect_in_step()
    expect(text.line("title: Theirs")).to_be_visible()
    assert editor.document(server, "both")["vars"] == {"city": "Oslo"}
