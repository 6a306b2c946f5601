"""The gallery of templates as a person uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class TemplatesPage:
    """Search, look at, use."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> None:
        """Go there."""
        self.page.goto("/templates")
        expect(self.cards.first).to_be_visible()

    @property
    def cards(self) -> Locator:
        """The templates that are shown."""
        return self.page.get_by_role("list", name="Templates").get_by_role("listitem")

    def search(self, text: str) -> None:
        """Look for words."""
        self.page.get_by_role("textbox", name="Search templates").fill(text)

    def choose(self, category: str) -> None:
        """Show one category only."""
        self.page.get_by_role("radiogroup", name="Category").get_by_text(category, exact=True).click()

    def preview(self, title: str) -> Locator:
        """Open one; its drawer."""
        self.page.get_by_role("link", name=f"Preview {title}").click()
        drawer = self.page.get_by_role("dialog")
        expect(drawer.get_by_role("heading", name="What it shows")).to_be_visible()
        return drawer
