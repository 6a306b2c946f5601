"""Chosen nodes become a workflow of their own, and what comes out is the same as before."""

from __future__ import annotations

from typing import Any

import pytest
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]

DOCUMENT: dict[str, Any] = {
    "concertmaster": 1,
    "name": "prices",
    "inputs": {"factor": {"type": "integer", "default": 3}},
    "nodes": {
        "rate": {"type": "data.set@1", "config": {"value": 2}},
        "list": {"type": "data.set@1", "config": {"value": [1, 2, 3]}},
        "twice": {"type": "data.map@1", "config": {"value": "{{ item * nodes.rate * inputs.factor }}"}},
        "large": {"type": "data.filter@1", "config": {"condition": "{{ item > 6 }}"}},
        "said": {"type": "data.template@1", "config": {"template": "{{ nodes.large | length }} large"}},
        "read": {"type": "file.read@1", "config": {"path": "cities.csv"}},
        "keep": {"type": "table.filter@1", "config": {"condition": "people > 1"}},
    },
    "edges": ["rate -> list", "list -> twice", "twice -> large", "large -> said", "read -> keep"],
    "outputs": {"said": "{{ nodes.said }}", "all": "{{ nodes.twice }}"},
    "layout": {
        "rate": [0, 0], "list": [280, 0], "twice": [560, 0], "large": [840, 0], "said": [1120, 0],
        "read": [0, 200], "keep": [280, 200],
    },
}  # fmt: skip


def result(server: ServerProcess) -> dict[str, Any]:
    with server.client() as client:
        version = client.get("/api/v1/workflows/prices").json()["version"]
        client.post(f"/api/v1/workflows/prices/versions/{version}/publish").raise_for_status()
        ended = client.post("/api/v1/workflows/prices/executions?wait=30", json={"inputs": {"factor": 4}}).json()
    assert ended["status"] == "succeeded", ended
    return ended["outputs"]


def test_a_selection_becomes_a_workflow_and_gives_the_same(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, DOCUMENT)
    before = result(server)
    page.reload()
    editor.select("twice", "large")
    editor.press("Control+Alt+g")
    dialog = page.get_by_role("dialog", name="Make a workflow of the selection")
    expect(dialog).to_contain_text("It is given list, rate, factor.")
    dialog.get_by_label("Name").fill("prices")
    dialog.get_by_role("button", name="Make workflow").click()
    expect(dialog).to_contain_text("There is a workflow of this name")
    dialog.get_by_label("Name").fill("large-ones")
    dialog.get_by_label("Title").fill("Large ones")
    dialog.get_by_role("button", name="Make workflow").click()
    expect(editor.node("large_ones")).to_contain_text("Large ones")
    expect(editor.node("twice")).to_have_count(0)
    editor.expect_kept()
    editor.save_version()
    editor.expect_saved("Saved as v2")
    assert result(server) == before
    with server.client() as client:
        assert client.get("/api/v1/workflows/large-ones").json()["published"] == 1
    editor.undo()
    expect(editor.node("twice")).to_be_visible()


def test_what_cannot_be_cut_apart_says_why(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, DOCUMENT)
    editor.select("keep")
    editor.press("Control+Alt+g")
    dialog = page.get_by_role("dialog", name="Make a workflow of the selection")
    expect(dialog).to_contain_text("A table or file goes from Read to Keep.")
    expect(dialog.get_by_role("button", name="Make workflow")).to_have_count(0)
