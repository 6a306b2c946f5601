"""Page object of a run: what a person sees and does there, in their words; and workflows to show."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from factories import document
from server_process import ServerProcess

RETRY = {"maximum_attempts": 3, "initial_interval": "300ms"}

NODES = '''
import json
import time

from concertmaster import Context, OperationalError, node


@node(id="shop.load", effect="none")
def load(context: Context, rows: int, seconds: float = 0.0) -> list[dict]:
    """Orders, and a log in colours."""
    context.logger.info("\\x1b[32mconnected\\x1b[0m to the shop")
    context.logger.info(json.dumps({"event": "load", "rows": rows}))
    time.sleep(seconds)
    for number in range(rows):
        context.logger.debug("order %d", number)
    return [{"id": number, "price": number * 10} for number in range(rows)]


@node(id="shop.send", effect="none")
def send(context: Context, failures: int = 2) -> int:
    """Fails some times, then works."""
    attempt = context.attempt
    context.logger.info("sending, attempt %d", attempt)
    if attempt <= failures:
        context.logger.error("the gateway said 503\\n" + "\\n".join(f"  at frame {n}" for n in range(12)))
        raise OperationalError("shop.down", f"The gateway said 503 to attempt {attempt}", retryable=True)
    return attempt
'''


def write_nodes(server: ServerProcess) -> None:
    """Save the node types of this file's workflows and wait until they are there."""
    folder = server.workspace / "nodes"
    folder.mkdir(exist_ok=True)
    (folder / "shop.py").write_text(NODES)
    with server.client() as client:
        client.post("/api/v1/registry/reload").raise_for_status()


def publish(server: ServerProcess, name: str, **parts: Any) -> None:
    """Make a workflow, or its next version."""
    body = document(name, **{"inputs": {}, "outputs": {}, "edges": [], **parts})
    with server.client() as client:
        if client.get(f"/api/v1/workflows/{name}").status_code == 404:
            client.post("/api/v1/workflows", json=body).raise_for_status()
        else:
            client.put(f"/api/v1/workflows/{name}", json=body).raise_for_status()


def start(server: ServerProcess, workflow: str, *, wait: float = 20, **inputs: Any) -> str:
    """Start a run; with `wait` seconds for its end. Gives its id."""
    with server.client() as client:
        answer = client.post(f"/api/v1/workflows/{workflow}/executions?wait={wait}", json={"inputs": inputs})
        return answer.raise_for_status().json()["id"]


def shop(server: ServerProcess, *, name: str = "shop", rows: int = 5, seconds: float = 0.0, failures: int = 2) -> None:
    """A workflow with a retried node, a node that fails where `divisor` is 0, a skipped one and one that follows."""
    publish(
        server,
        name,
        inputs={"divisor": {"type": "integer", "default": 2}},
        nodes={
            "load": {"type": "shop.load", "title": "Load orders", "config": {"rows": rows, "seconds": seconds}},
            "send": {
                "type": "shop.send",
                "title": "Send",
                "config": {"failures": failures},
                "policy": {"retry": RETRY},
            },
            "share": {"type": "data.set", "title": "Share", "config": {"value": "{{ 100 / inputs.divisor }}"}},
            "report": {"type": "data.set", "title": "Report", "config": {"value": "{{ nodes.share }}"}},
            "big": {"type": "logic.if", "title": "Is it big?", "config": {"condition": "{{ nodes.share > 1000 }}"}},
            "alarm": {"type": "data.set", "title": "Alarm", "config": {"value": "big"}},
        },
        edges=[
            "load -> send",
            "load -> share",
            "share -> report",
            "send -> report",
            "share -> big",
            "big.true -> alarm",
        ],
        outputs={"share": "{{ nodes.report }}"},
    )


class RunPage:
    """The page of one run."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def open(cls, page: Page, run: str, query: str = "") -> RunPage:
        """Go to the page of a run; `query` as in the address, without the question mark."""
        page.goto(f"/runs/{run}" + (f"?{query}" if query else ""))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return cls(page)

    @property
    def header(self) -> Locator:
        return self.page.locator("header").filter(has=self.page.get_by_role("heading", level=1))

    @property
    def inspector(self) -> Locator:
        return self.page.get_by_role("complementary", name="Node inspector")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def travel(self) -> Locator:
        """The bar that says that another moment is shown."""
        return self.page.get_by_role("region", name="A moment of the past")

    def view(self, name: str) -> Locator:
        """Open a view below the graph."""
        self.page.get_by_role("tablist", name="Views of this run").get_by_role("tab", name=name).click()
        return self.page.get_by_role("tabpanel", name=name)

    def bar(self, node: str, attempt: int | None = None) -> Locator:
        """A row of the timeline."""
        return self.page.get_by_test_id(f"bar-{node}" if attempt is None else f"bar-{node}-{attempt}")

    def row(self, node: str) -> Locator:
        """A row of the table of nodes."""
        return self.page.get_by_test_id(f"node-row-{node}")

    def node(self, node: str) -> Locator:
        """A card of the graph."""
        return self.page.get_by_test_id(f"node-{node}")

    def expect_status(self, word: str) -> None:
        """The pill in the header."""
        expect(self.header.get_by_text(word, exact=True).first).to_be_visible(timeout=15_000)

    def expect_node(self, node: str, status: str) -> None:
        expect(self.node(node)).to_have_attribute("data-status", status, timeout=15_000)

    def look_back(self, seq: int | None = None) -> None:
        """Show the past; with `seq` the moment of that event."""
        self.page.get_by_role("button", name="Look back").click()
        expect(self.travel).to_be_visible()
        if seq is not None:
            self.slider.fill(str(seq))
            expect(self.travel).to_contain_text(re.compile(rf"event {seq} of"))

    @property
    def slider(self) -> Locator:
        return self.travel.get_by_role("slider", name="Moment of the run")

    def back_to_now(self) -> None:
        self.travel.get_by_role("button", name="Back to now").click()
        expect(self.travel).to_have_count(0)
