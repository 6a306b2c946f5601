"""Page object of the list of runs: what a person does there, in their words."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


class RunsPage:
    """All runs, or those that filters let through."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def open(cls, page: Page, query: str = "") -> RunsPage:
        """Go there; `query` is what is after the `?` of the address."""
        page.goto(f"/runs?{query}" if query else "/runs")
        expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
        return cls(page)

    @property
    def rows(self) -> Locator:
        """The rows that are in the page."""
        return self.page.get_by_role("table", name="Runs", exact=True).locator("tbody tr")

    @property
    def list(self) -> Locator:
        """The part that scrolls."""
        return self.page.get_by_role("table", name="Runs", exact=True).locator("xpath=..")

    @property
    def pills(self) -> Locator:
        """The filters that no control shows, in words."""
        return self.page.get_by_role("list", name="Active filters").get_by_role("listitem")

    def expect_query(self, *parts: str) -> None:
        """The address has these parts, in whatever order."""
        for part in parts:
            expect(self.page).to_have_url(re.compile(re.escape(part)))

    def status(self, name: str) -> None:
        """Switch a status on or off."""
        self.page.get_by_role("group", name="Filter by status").get_by_text(name, exact=True).click()

    def time(self, name: str) -> None:
        """Choose a range of time that is counted back from now."""
        self.page.get_by_role("button", name=re.compile("^Time: ")).click()
        self.page.get_by_role("group", name="Time").get_by_role("button", name=name).click()

    def more(self, **fields: str) -> None:
        """Fill in further filters, by the first words of their labels, and apply them."""
        self.page.get_by_role("button", name="More filters").click()
        dialog = self.page.get_by_role("dialog")
        for label, value in fields.items():
            dialog.get_by_label(re.compile(label.replace("_", " "), re.IGNORECASE)).fill(value)
        dialog.get_by_role("button", name="Apply").click()

    def remove(self, text: str) -> None:
        """Take the filter away that is told like this."""
        self.page.get_by_role("button", name=f"Remove the filter: {text}").click()

    def clear(self) -> None:
        self.page.get_by_role("button", name="Clear filters").first.click()

    def tick(self, first: int, last: int) -> None:
        """Select rows from one to another, as with the mouse and Shift."""
        boxes = self.rows.get_by_role("checkbox")
        boxes.nth(first).click()
        boxes.nth(last).click(modifiers=["Shift"])

    def act(self, action: str, confirm: str) -> None:
        """Ask something of the selected ones."""
        self.page.get_by_role("button", name=re.compile("^Act on")).click()
        self.page.get_by_role("menuitem", name=action).click()
        self.page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{confirm} ")).click()

    def drag_over_chart(self, begin: float, end: float) -> None:
        """Choose a range by dragging over the picture, from one part of its width to another."""
        plot = self.page.locator(".u-over")
        box = plot.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + begin * box["width"], y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + end * box["width"], y, steps=4)
        self.page.mouse.up()
