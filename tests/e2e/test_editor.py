"""The editor in a real browser: draw, configure, save, run, watch, come back."""

from __future__ import annotations

import re

import pytest
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


def draw_big_cities(page: Page) -> EditorPage:
    """cities.csv -> people > 5."""
    editor = EditorPage.new(page, "Big cities")
    editor.drag_from_palette("file.read", x=150, y=200)
    editor.drag_from_palette("table.filter", x=480, y=200)
    editor.wire("read", "filter")
    editor.configure("read", "Path", "cities.csv")
    editor.configure("filter", "Condition", "people > 5")
    return editor


def test_draw_configure_save_run_and_see_the_rows(page: Page, server: ServerProcess) -> None:
    editor = draw_big_cities(page)
    editor.publish()
    editor.expect_saved("Saved as v2, published")
    editor.run()
    editor.expect_status("read", "succeeded")
    editor.expect_status("filter", "succeeded")
    editor.node("filter").click()
    editor.tab("Output")
    inspector = page.get_by_test_id("inspector")
    expect(inspector).to_contain_text("2 rows")
    expect(inspector).to_contain_text("Tokyo")
    expect(inspector).not_to_contain_text("Oslo")
    inspector.get_by_role("columnheader", name="people").get_by_role("button").click()
    facts = page.get_by_role("dialog")
    expect(facts).to_contain_text("Different valuesabout 2Smallest11Largest14")
    facts.get_by_role("button", name="Highest first").click()
    expect(inspector.get_by_role("row").nth(1)).to_contain_text("Tokyo")
    editor.tab("Input")
    expect(inspector).to_contain_text("Oslo")
    with server.client() as client:
        id_ = client.get("/api/v1/executions").json()["items"][0]["id"]
    page.goto(f"/runs/{id_}?node=filter&tab=lineage")
    expect(page.get_by_role("list", name="Lineage")).to_contain_text("from read, 4 rows", timeout=20_000)


def test_undo_and_redo_reach_every_edit(page: Page) -> None:
    editor = draw_big_cities(page)
    undo, redo = (page.get_by_role("button", name=re.compile(f"^{name}")) for name in ("Undo", "Redo"))
    while undo.is_enabled():
        undo.click()
    expect(page.locator('[data-testid^="node-"]')).to_have_count(0)
    while redo.is_enabled():
        redo.click()
    expect(editor.node("filter")).to_contain_text("people > 5")
    expect(page.locator(".react-flow__edge")).to_have_count(1)


def test_unsaved_work_survives_a_reload(page: Page) -> None:
    editor = draw_big_cities(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(editor.node("filter")).to_contain_text("people > 5")
    expect(page.locator(".react-flow__edge")).to_have_count(1)


def test_problems_stand_on_the_node_and_in_the_panel(page: Page) -> None:
    editor = EditorPage.new(page, "Broken")
    editor.drag_from_palette("table.filter", x=300, y=200)
    page.get_by_role("tab", name=re.compile("Problems")).or_(
        page.get_by_role("button", name=re.compile("Problems"))
    ).first.click()
    panel = page.get_by_test_id("problems-panel")
    expect(panel).to_contain_text("condition")
    editor.publish()
    expect(page.get_by_role("alert").filter(has_text="Not published")).to_be_visible()
    editor.expect_saved("Draft")


def test_a_failed_run_says_where_and_why(page: Page, server: ServerProcess) -> None:
    editor = draw_big_cities(page)
    editor.configure("read", "Path", "missing.csv")
    editor.publish()
    editor.expect_saved("published")
    editor.run()
    editor.expect_status("read", "failed")
    editor.expect_status("filter", "cancelled")
    page.goto("/runs")
    page.get_by_text("big-cities").first.click()
    expect(page.get_by_text("missing.csv").first).to_be_visible()


def test_a_run_started_elsewhere_appears_live(page: Page, server: ServerProcess) -> None:
    page.goto("/runs")
    document = {
        "concertmaster": 1,
        "name": "elsewhere",
        "nodes": {"n": {"type": "data.set", "config": {"value": 1}}},
    }
    with server.client() as client:
        assert client.post("/api/v1/workflows", json=document).status_code == 201
        assert client.post("/api/v1/workflows/elsewhere/executions", json={}).status_code == 202
    expect(page.get_by_text("elsewhere").first).to_be_visible(timeout=10_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(page: Page, server: ServerProcess, scheme: str) -> None:
    from pathlib import Path

    page.emulate_media(color_scheme=scheme)
    axe = (Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
    draw_big_cities(page)
    serious: list[str] = []
    for path in (None, "/", "/workflows", "/runs", "/nodes", "/connections"):
        if path is not None:
            page.on("dialog", lambda dialog: dialog.accept())
            page.goto(path)
            expect(page.get_by_role("heading").first).to_be_visible()
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious += [
            f"{path}: {violation['id']}: {violation['nodes'][0]['html'][:120]}"
            for violation in found["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
    assert serious == []
