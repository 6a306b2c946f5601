"""Page object of the editor: what a person does there, in their words."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from re import Pattern
from typing import Any

from playwright.sync_api import Locator, Page, expect

from server_process import ServerProcess


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

    @classmethod
    def open(cls, page: Page, name: str) -> EditorPage:
        """Open a workflow by its address."""
        page.goto(f"/workflows/{name}")
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

    def publish(self) -> None:
        """Save a version of the draft and publish it."""
        self.page.get_by_role("button", name="Publish", exact=True).click()

    def save_version(self) -> None:
        """Save a version of the draft without publishing it."""
        self.page.keyboard.press("Control+s")

    def run(self) -> None:
        """Run the draft."""
        self.page.get_by_role("button", name="Test run", exact=True).click()

    def expect_saved(self, text: str) -> None:
        expect(self.page.get_by_test_id("saved-state")).to_contain_text(text)

    def expect_status(self, node_id: str, status: str) -> None:
        expect(self.node(node_id)).to_have_attribute("data-status", status, timeout=15_000)

    # --- a workflow that exists

    @classmethod
    def of(cls, page: Page, server: ServerProcess, document: Mapping[str, Any]) -> EditorPage:
        """Save a workflow through the API and open it."""
        with server.client() as client:
            assert client.post("/api/v1/workflows?publish=false", json=document).status_code == 201
        page.goto(f"/workflows/{document['name']}")
        editor = cls(page)
        expect(page.get_by_test_id("canvas")).to_be_visible()
        return editor

    def document(self, server: ServerProcess, name: str) -> dict[str, Any]:
        """The draft, once the server has every edit."""
        self.expect_kept()
        with server.client() as client:
            return client.get(f"/api/v1/workflows/{name}/draft").raise_for_status().json()["document"]

    # --- on the canvas

    def place(self, node_id: str) -> tuple[float, float]:
        """Middle of a card, in pixels of the page."""
        box = self.node(node_id).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def select(self, *node_ids: str) -> None:
        """Exactly these nodes; the last stays the one that keys act on."""
        for number, node_id in enumerate(node_ids):
            # The inspector that opens with the first takes its room from the canvas.
            self.page.get_by_role("button", name="Fit to screen").click()
            self.node(node_id).click(modifiers=[] if number == 0 else ["Control"], position={"x": 14, "y": 10})
        for node_id in node_ids:
            expect(self.node(node_id)).to_have_attribute("data-selected", "true")

    def fit(self) -> None:
        """All of it in sight, and the view at rest: it glides there."""
        view = self.page.locator(".react-flow__viewport")
        self.page.get_by_role("button", name="Fit to screen").click()
        seen: list[str | None] = []

        def rests() -> bool:
            seen.append(view.get_attribute("style"))
            return len(seen) > 4 and len(set(seen[-4:])) == 1

        self.wait_until(rests)

    def unfold(self, title: str) -> None:
        """Open a container in place."""
        self.page.get_by_role("button", name=f"Open {title} in place").click()

    def edge(self, source: str, target: str) -> Locator:
        return self.page.locator(f'.react-flow__edge[data-id="{source} -> {target}"]')

    def middle_of_edge(self, source: str, target: str) -> tuple[float, float]:
        """A place on the wire, half way between the two cards."""
        (left, top), (right, bottom) = self.place(source), self.place(target)
        return (left + right) / 2, (top + bottom) / 2

    def drag(self, start: tuple[float, float], end: tuple[float, float], *, drop: bool = True) -> None:
        """With the mouse, in steps as a hand does."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        # A drag begins with the second pixel; what was moved before is not made up for.
        self.page.mouse.move(start[0] + 2, start[1])
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
        self.page.mouse.move(*end, steps=8)
        if drop:
            self.page.mouse.up()

    def quick_add(self, query: str) -> None:
        """Search in the quick-add list that is open, and take the first."""
        box = self.page.get_by_role("combobox", name="Search nodes to add")
        expect(box).to_be_focused()
        box.fill(query)
        box.press("Enter")
        expect(box).to_have_count(0)

    def wait_until(self, true: Callable[[], bool], *, seconds: float = 5) -> None:
        """For what the page does not say in words, such as where a card stands after it has moved."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not come to be"
            self.page.wait_for_timeout(50)

    def press(self, keys: str) -> None:
        self.page.keyboard.press(keys)

    def command(self, query: str) -> None:
        """Do the first thing that the command palette finds."""
        self.press("Control+k")
        box = self.page.get_by_placeholder("Go to a workflow")
        expect(box).to_be_focused()
        box.press_sequentially(query)
        box.press("Enter")
        expect(box).to_have_count(0)

    def menu_item(self, name: str | Pattern[str]) -> Locator:
        return self.page.get_by_role("menuitem", name=name)

    def edges(self) -> list[str]:
        """Texts of the wires on the canvas, in the order of the document."""
        return self.page.locator(".react-flow__edge").evaluate_all("all => all.map(one => one.dataset.id)")

    def expect_edges(self, *texts: str) -> None:
        """Exactly these wires, in any order; what is out of sight is not drawn, so all is brought into it."""
        self.page.get_by_role("button", name="Fit to screen").click()
        for text in texts:
            expect(self.page.locator(f'.react-flow__edge[data-id="{text}"]')).to_have_count(1)
        expect(self.page.locator(".react-flow__edge")).to_have_count(len(texts))

    def undo(self) -> None:
        self.page.get_by_role("button", name="Undo", exact=True).click()

    def expect_kept(self) -> None:
        """The server has acknowledged every edit."""
        expect(self.page.get_by_test_id("saved-state")).to_have_attribute("data-unsent", "0", timeout=15_000)
