"""Page object of the editor: what a person does there, in their words."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class EditorPage:
    """The editor of one workflow."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def new(cls, page: Page, title: str) -> EditorPage:
        """Make a workflow from the list of workflows."""
        page.goto("/workflows")
        page.get_by_role("button", name="New workflow").click()
        box = page.get_by_role("dialog").get_by_label("Title")
        box.fill(title)
        box.press("Enter")
        expect(page.get_by_test_id("canvas")).to_be_visible()
        return cls(page)

    def node(self, node_id: str) -> Locator:
        return self.page.get_by_test_id(f"node-{node_id}")

    def drag_from_palette(self, type_id: str, *, x: float, y: float) -> None:
        """Drag a node type to a place on the canvas, in pixels from its corner."""
        self.page.get_by_test_id(f"palette-item-{type_id}").drag_to(
            self.page.get_by_test_id("canvas"), target_position={"x": x, "y": y}
        )
        expect(self.page.locator('[data-testid^="node-"]')).not_to_have_count(0)

    def tab(self, name: str) -> None:
        """Open a tab of the inspector."""
        self.page.get_by_test_id("inspector").get_by_role("tab", name=name).click()

    @property
    def inspector(self) -> Locator:
        return self.page.get_by_test_id("inspector")

    def widen(self) -> None:
        """Input, settings and output side by side."""
        self.inspector.get_by_role("button", name="Widen").click()
        expect(self.inspector.get_by_role("region", name="Input", exact=True)).to_be_visible()

    def pane(self, name: str) -> Locator:
        """One of the three: Input, Config, Output."""
        return self.inspector.get_by_role("region", name=name, exact=True)

    def field(self, pointer: str) -> Locator:
        """A field with its label, control, help and problems, by its place in the document."""
        return self.inspector.locator(f'[data-pointer="{pointer}"]')

    def wire(self, source: str, target: str, *, outlet: str = "out", port: str = "in") -> None:
        """Drag a wire from an outlet to a port."""
        start = self.page.locator(f'.react-flow__handle.source[data-nodeid="{source}"][data-handleid="{outlet}"]')
        end = self.page.locator(f'.react-flow__handle.target[data-nodeid="{target}"][data-handleid="{port}"]')
        start.hover()
        self.page.mouse.down()
        end.hover()
        self.page.mouse.up()

    def configure(self, node_id: str, field: str, value: str) -> None:
        """Select a node and fill a field of its form."""
        self.node(node_id).click()
        box = self.page.get_by_test_id("inspector").get_by_label(field, exact=True).first
        box.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(value)
        box.blur()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()

    def run(self) -> None:
        self.page.get_by_role("button", name="Run", exact=True).click()

    def expect_saved(self, text: str) -> None:
        expect(self.page.get_by_test_id("saved-state")).to_contain_text(text)

    def expect_status(self, node_id: str, status: str) -> None:
        expect(self.node(node_id)).to_have_attribute("data-status", status, timeout=15_000)
