"""The inspector in a real browser: three panes, expressions over real data, names dragged onto fields, its forms."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]
SHOTS = os.environ.get("CM_SHOTS")
VALUE = "/nodes/answer/config/value"


def shot(page: Page, name: str) -> None:
    """Pictures, light and dark, for whoever asks for them by `CM_SHOTS=FOLDER`."""
    if not SHOTS:
        return
    for scheme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.mantineColorScheme = '{scheme}'")
        page.screenshot(path=str(Path(SHOTS) / f"inspector-{name}-{scheme}.png"))
    page.evaluate("document.documentElement.dataset.mantineColorScheme = 'light'")


def document(**parts: Any) -> dict[str, Any]:
    town = {"town": {"name": "Lima", "tags": ["a", "b"]}, "limit": 7, "two words": True}
    body = {"nodes": {"square": {"type": "data.set", "config": {"value": "{{ item * item }}"}}}}
    return {
        "concertmaster": 1,
        "name": "towns",
        "title": "Towns",
        "nodes": {
            "cities": {"type": "file.read", "config": {"path": "cities.csv"}},
            "large": {"type": "table.sort", "config": {"by": ["city"]}},
            "town": {"type": "data.set", "config": {"value": town}},
            "answer": {"type": "data.set", "config": {"value": "{{ input.limit }}"}},
            "each": {"type": "flow.for_each", "config": {"items": [3, 4]}, "body": body},
        },
        "edges": ["cities -> large", "town -> answer"],
        **parts,
    }


def open_towns(page: Page, server: ServerProcess, *, ran: bool = True) -> EditorPage:
    with server.client() as client:
        client.post("/api/v1/workflows", json=document()).raise_for_status()
        if ran:
            id_ = client.post("/api/v1/workflows/towns/executions", json={}).raise_for_status().json()["id"]
            deadline = time.monotonic() + 60
            while client.get(f"/api/v1/executions/{id_}").json()["status"] != "succeeded":
                assert time.monotonic() < deadline
                client.get(f"/api/v1/executions/{id_}/events", params={"after": 10**6, "wait": 1})
    page.goto("/workflows/towns")
    return EditorPage(page)


def test_expressions_show_what_they_give_and_complete_from_real_data(page: Page, server: ServerProcess) -> None:
    editor = open_towns(page, server)
    editor.node("answer").click()
    value = editor.field(VALUE)
    # Without a run being chosen, the newest one that has data counts.
    expect(value.get_by_role("status")).to_contain_text("7")
    box = value.locator(".cm-content")
    box.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("{{ input.town.na")
    offered = page.locator(".cm-tooltip-autocomplete li", has_text="input.town.name")
    expect(offered).to_contain_text("Lima")
    offered.click()
    page.keyboard.type(" | upp")
    page.locator(".cm-tooltip-autocomplete li", has_text="upper").click()
    expect(value.get_by_role("status")).to_contain_text("LIMA")
    page.keyboard.press("Control+a")
    page.keyboard.type("{{ input.nothing }}")
    expect(value.get_by_role("status")).to_contain_text("nothing")
    expect(value.get_by_role("status")).to_have_attribute("data-tone", "error")


def test_three_panes_and_names_that_go_from_the_data_into_fields(page: Page, server: ServerProcess) -> None:
    editor = open_towns(page, server)
    editor.node("answer").click()
    editor.widen()
    expect(editor.pane("Input")).to_contain_text("Lima")
    expect(editor.pane("Output")).to_contain_text("7")
    shot(page, "panes")
    value = editor.field(VALUE)
    # A fixed value first; "=" in an empty field begins an expression again.
    value.get_by_role("button", name="Computed").click()
    value.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type("=")
    page.keyboard.type("1 + 1")
    expect(value.get_by_role("status")).to_contain_text("2")
    # By the menu of the key, then by dragging it.
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    editor.pane("Input").get_by_role("button", name="Insert input.limit").press("Enter")
    page.get_by_role("menuitem", name="Value").click()
    expect(value.locator(".cm-content")).to_have_text("{{ input.limit }}")

    # A column onto a list of columns.
    editor.inspector.get_by_role("button", name="Previous node").click()
    expect(editor.inspector.get_by_role("heading", name="Answer")).to_have_count(0)
    for _ in range(5):
        if editor.inspector.get_by_text("large · table.sort").is_visible():
            break
        page.keyboard.press("Alt+PageDown")
    people = editor.pane("Input").get_by_role("columnheader", name="people").get_by_role("button")
    people.drag_to(editor.field("/nodes/large/config/by").locator("input").first)
    expect(editor.field("/nodes/large/config/by")).to_contain_text("people")
    shot(page, "columns")
    editor.publish()
    editor.expect_saved("Saved as v2")
    with server.client() as client:
        nodes = client.get("/api/v1/workflows/towns").json()["document"]["nodes"]
    assert nodes["answer"]["config"]["value"] == "{{ input.limit }}"
    assert nodes["large"]["config"]["by"] == ["city", "people"]


def test_forms_know_files_connections_policies_and_columns_before_a_run(page: Page, server: ServerProcess) -> None:
    (server.workspace / "data").mkdir()
    (server.workspace / "data" / "rail.csv").write_text("a,b\n1,2\n")
    editor = open_towns(page, server, ran=False)
    editor.node("large").click()
    editor.tab("Input")
    expect(editor.inspector.get_by_role("region", name="Columns known before a run")).to_contain_text("people")
    editor.node("cities").click()
    editor.tab("Config")
    path = editor.field("/nodes/cities/config/path")
    box = path.get_by_role("combobox")
    box.fill("rail")
    page.get_by_role("option", name="data/rail.csv").click()
    expect(box).to_have_value("data/rail.csv")
    with page.expect_file_chooser() as chooser:
        path.get_by_role("button", name="Upload a file").click()
    chooser.value.set_files({"name": "new.csv", "mimeType": "text/csv", "buffer": b"x\n1\n"})
    expect(box).to_have_value("new.csv")
    assert (server.workspace / "new.csv").read_bytes() == b"x\n1\n"
    editor.inspector.get_by_role("button", name="Edit as JSON").click()
    expect(editor.inspector.locator(".cm-content")).to_contain_text('"path": "new.csv"')
    editor.inspector.get_by_role("button", name="Edit as a form").click()

    editor.tab("Reliability")
    editor.inspector.get_by_role("button", name="Advanced").click()
    editor.inspector.get_by_role("combobox", name="When the server dies in the middle").click()
    page.get_by_role("option", name="Fail the node").click()
    shot(page, "policy")
    editor.publish()
    editor.expect_saved("Saved as v2")
    with server.client() as client:
        cities = client.get("/api/v1/workflows/towns").json()["document"]["nodes"]["cities"]
    assert (cities["config"]["path"], cities["policy"]["on_interrupt"]) == ("new.csv", "fail")

    # A connection is made where it is needed.
    editor.drag_from_palette("db.query", x=300, y=560)
    connection = editor.field("/nodes/query/config/connection")
    connection.get_by_role("button", name="New connection").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name", exact=True).fill("local")
    dialog.get_by_role("combobox", name="Type").click()
    page.get_by_role("option", name=re.compile("^SQLite")).click()
    dialog.get_by_label(re.compile("^Path")).first.fill("shop.db")
    dialog.get_by_role("button", name="Create connection").click()
    expect(connection.get_by_role("combobox")).to_have_value(re.compile("^local"))
    expect(connection.get_by_role("button", name=re.compile("Test local"))).to_be_visible()


def test_bodies_show_the_data_of_an_item(page: Page, server: ServerProcess) -> None:
    editor = open_towns(page, server)
    editor.node("each").dblclick()
    editor.node("square").click()
    value = editor.field("/nodes/square/config/value")
    expect(value.get_by_role("status")).to_contain_text("9")
    editor.tab("Output")
    expect(editor.inspector).to_contain_text("9")
    editor.inspector.get_by_role("textbox", name="Item of 2").fill("2")
    expect(editor.inspector).to_contain_text("16")
    editor.tab("Config")
    expect(value.get_by_role("status")).to_contain_text("16")
    axe = (Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
    page.evaluate(axe)
    editor.widen()
    for scheme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.mantineColorScheme = '{scheme}'")
        found = page.evaluate(
            "axe.run(document.querySelector('[data-testid=inspector]'), {resultTypes: ['violations']})"
        )
        told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]]
        assert told == [], scheme
