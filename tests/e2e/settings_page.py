"""The settings as the owner uses them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


class SettingsPage:
    """Its views, and what stands in them."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> None:
        """By the rail."""
        self.page.get_by_role("link", name="Settings", exact=True).click()

    def show(self, view: str) -> None:
        """Settings, Operations, Audit or API tokens."""
        self.page.get_by_role("radiogroup", name="What to show").get_by_text(view, exact=True).click()

    def row(self, text: str) -> Locator:
        """A row of the list that is shown."""
        return self.page.get_by_role("row").filter(has_text=text)

    def card(self, title: str) -> Locator:
        """One of the operations."""
        return self.page.get_by_role("region", name=title)
