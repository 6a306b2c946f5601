"""Every page of the web UI, with something on it: for pictures, and for what must hold on all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

from server_process import ServerProcess

WORKSPACE = {"cities.csv": "city,people,country\nLima,11,Peru\nOslo,1,Norway\nParis,2,France\nTokyo,14,Japan\n"}


@dataclass(frozen=True)
class SitePage:
    """A page in one state.

    Attributes:
        route: as `web/src/routes.tsx` has it.
        ready: a selector of what is there once the page has all it shows.
    """

    name: str
    route: str
    path: str
    ready: str = "main h1"

    def open(self, page: Page) -> None:
        """Go there, and wait until it is as it stays."""
        page.goto(self.path)
        expect(page.locator(self.ready).first).to_be_visible(timeout=15_000)
        page.wait_for_load_state("networkidle")


def _document(name: str, nodes: Mapping[str, Any], edges: list[str], **more: Any) -> dict[str, Any]:
    places = {node: [280 * number, 90 * (number % 2)] for number, node in enumerate(nodes)}
    return {"concertmaster": 1, "name": name, "nodes": nodes, "edges": edges, "layout": places, **more}


def _cities() -> dict[str, Any]:
    nodes = {
        "read": {"type": "file.read@1", "config": {"path": "cities.csv"}},
        "keep": {"type": "table.filter@1", "title": "Keep large cities", "config": {"condition": "people > 1"}},
        "sum": {
            "type": "table.aggregate@1",
            "title": "People by country",
            "config": {"by": ["country"], "measures": {"people": "sum(people)"}},
        },
        "write": {"type": "file.write@1", "config": {"path": "people.csv"}},
    }
    note = {
        "text": "# Source\nThe city registry, **once a year**",
        "at": [0, 220],
        "size": [240, 96],
        "color": "yellow",
    }
    return _document(
        "cities",
        nodes,
        ["read -> keep", "keep -> sum", "sum -> write"],
        title="People by country",
        triggers={"nightly": {"type": "schedule", "config": {"cron": "0 6 * * *", "timezone": "Europe/Berlin"}}},
        notes={"note": note},
        groups={"g": {"title": "Clean up", "color": "blue", "nodes": ["keep", "sum"]}},
    )


def _others() -> list[dict[str, Any]]:
    failing = {
        "read": {"type": "file.read@1", "config": {"path": "missing.csv"}},
        "keep": {"type": "table.filter@1", "config": {"condition": "people > 1"}},
    }
    asking = {
        "rows": {"type": "data.set@1", "config": {"value": 42}},
        "ask": {
            "type": "flow.approve@1",
            "config": {"title": "Publish {{ nodes.rows }} rows?", "instructions": "Compare with last month first."},
        },
        "publish": {"type": "data.template@1", "config": {"template": "Published"}},
    }
    running = {"start": {"type": "data.set@1"}, "pause": {"type": "flow.wait@1", "config": {"duration": "2h"}}}
    hook = {"type": "webhook", "config": {"path": "orders", "auth": "none"}}
    return [
        _document("broken", failing, ["read -> keep"], title="Broken import"),
        _document("report", asking, ["rows -> ask", "ask.approved -> publish"], title="Monthly report"),
        _document("orders", running, ["start -> pause"], title="Orders", triggers={"hook": hook}),
    ]


def _start(server: ServerProcess, workflow: str, wait: int) -> str:
    with server.client() as client:
        started = client.post(f"/api/v1/workflows/{workflow}/executions?wait={wait}", json={})
        return str(started.raise_for_status().json()["id"])


def seed(server: ServerProcess) -> list[SitePage]:
    """Fill a workspace, and tell the pages there are. The files of `WORKSPACE` must be there."""
    with server.client() as client:
        for document in (_cities(), *_others()):
            client.post("/api/v1/workflows", json=document).raise_for_status()
        shop = {"name": "shop", "type": "http", "values": {"token": "not a real one"}}
        client.post("/api/v1/connections", json=shop).raise_for_status()
    first, second = _start(server, "cities", 30), _start(server, "cities", 30)
    failed = _start(server, "broken", 30)
    asking, running = _start(server, "report", 1), _start(server, "orders", 1)
    graph = "main h1"
    editor = "[data-testid='canvas'] .react-flow__viewport"
    return [
        SitePage("home", "/", "/"),
        SitePage("workflows", "/workflows", "/workflows"),
        SitePage("editor", "/workflows/$name", "/workflows/cities", editor),
        SitePage("version", "/workflows/$name/versions/$version", "/workflows/cities/versions/1", editor),
        SitePage("runs", "/runs", "/runs"),
        SitePage("runs-none", "/runs", "/runs?status=cancelled"),
        SitePage("run", "/runs/$id", f"/runs/{second}", graph),
        SitePage("run-output", "/runs/$id", f"/runs/{second}?node=sum", "[role='grid']"),
        SitePage("run-nodes", "/runs/$id", f"/runs/{second}?view=nodes", graph),
        SitePage("run-failed", "/runs/$id", f"/runs/{failed}", graph),
        SitePage("run-running", "/runs/$id", f"/runs/{running}", graph),
        SitePage("run-asking", "/runs/$id", f"/runs/{asking}", graph),
        SitePage("compare", "/runs/$id/compare", f"/runs/{second}/compare?with={first}"),
        SitePage("approvals", "/approvals", "/approvals"),
        SitePage("triggers", "/triggers", "/triggers"),
        SitePage("templates", "/templates", "/templates"),
        SitePage("nodes", "/nodes", "/nodes"),
        SitePage("node", "/nodes", "/nodes?type=table.filter"),
        SitePage("connections", "/connections", "/connections"),
        SitePage("settings", "/settings", "/settings"),
        SitePage("tokens", "/settings/tokens", "/settings/tokens"),
        SitePage("missing", "/workflows/$name", "/workflows/nothing-of-this-name", "main"),
    ]


# Without a login.
LOGIN = SitePage("login", "/login", "/login", "h1")
