"""Page object of the home page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class HomePage:
    """Is anything broken, what ran, what comes next."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def open(cls, page: Page) -> HomePage:
        page.goto("/")
        expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
        return cls(page)

    @property
    def broken(self) -> Locator:
        return self.page.get_by_role("region", name="Is anything broken?")

    @property
    def ran(self) -> Locator:
        return self.page.get_by_role("region", name="What ran?")

    @property
    def next(self) -> Locator:
        return self.page.get_by_role("region", name="What comes next?")

    def card(self, name: str) -> Locator:
        """One answer among them."""
        return self.page.get_by_role("region", name=name, exact=True)

    def waiting(self, status: str) -> Locator:
        """How many runs are in a status that is not the last."""
        return self.card("Queue").get_by_role("link").filter(has_text=status)
