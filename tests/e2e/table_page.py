"""The preview of a table in the browser."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect


class TablePreview:
    """A table output that is shown on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.grid = page.get_by_role("grid", name="Rows")

    def cell(self, row: int, column: int) -> Locator:
        """The cell of a row, counted from 0, and a column."""
        return self.grid.locator(f"[data-line='{row}'] [data-column='{column}']")

    def head(self, column: str) -> Locator:
        """What opens all about a column."""
        return self.grid.get_by_role("columnheader", name=re.compile(f"^{column} ")).get_by_role("button")

    def about(self, column: str) -> Locator:
        """What opens under the head of a column."""
        return self.page.get_by_role("dialog", name=re.compile(f"^{column} "))

    def filter(self, column: str, condition: str, value: str) -> None:
        """Add a condition by the head of its column."""
        self.head(column).click()
        form = self.page.get_by_role("form", name=f"Filter {column}")
        form.get_by_role("combobox", name="Condition").click()
        form.get_by_role("option", name=condition, exact=True).click()
        form.get_by_label("Value").fill(value)
        form.get_by_role("button", name="Apply filter").click()

    def switch(self, what: str, to: str) -> None:
        """Choose one of a few that stand side by side."""
        self.page.get_by_role("radiogroup", name=what).locator("label").filter(has_text=to).click()

    def copied(self) -> str:
        """What is on the clipboard."""
        return self.page.evaluate("navigator.clipboard.readText()")

    def download(self, kind: str, folder: Path) -> Path:
        """The table as it is shown, saved as a file."""
        self.page.get_by_role("button", name="Download").click()
        with self.page.expect_download() as saved:
            self.page.get_by_role("menuitem", name=kind, exact=True).click()
        path = folder / saved.value.suggested_filename
        saved.value.save_as(path)
        return path

    def expect_rows(self, text: str) -> None:
        """So many are counted above the table."""
        expect(self.page.get_by_text(text, exact=True)).to_be_visible()
