"""Containers that are open in place: looked into, worked in, and closed again."""

from __future__ import annotations

from typing import Any

import pytest
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from factories import document
from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]

INNER = {
    "type": "flow.for_each",
    "config": {"items": [1, 2]},
    "body": {"nodes": {"deep": {"type": "data.set", "config": {"value": "{{ item }}"}}}, "edges": []},
}
EACH = {
    "type": "flow.for_each",
    "config": {"items": "{{ nodes.numbers }}"},
    "body": {
        "nodes": {
            "half": {"type": "data.set", "config": {"value": "{{ item / 2 }}"}},
            "more": {"type": "data.set", "config": {"value": "{{ input + 1 }}"}},
            "inner": INNER,
        },
        "edges": ["half -> inner"],
    },
}
NODES = {
    "numbers": {"type": "data.set", "config": {"value": [4, 6]}},
    "each": EACH,
    "after": {"type": "data.set", "config": {"value": "done"}},
    "below": {"type": "data.set", "config": {"value": "below"}},
}
LAYOUT = {
    "numbers": [0, 0],
    "each": [288, 0],
    "after": [576, 0],
    "below": [288, 120],
    "each/half": [0, 0],
    "each/more": [0, 120],
    "each/inner": [288, 0],
    "each/inner/deep": [0, 0],
}
EDGES = ["numbers -> each", "each -> after"]


def make(page: Page, server: ServerProcess, name: str) -> EditorPage:
    parts: dict[str, Any] = {"nodes": NODES, "edges": EDGES, "layout": LAYOUT}
    return EditorPage.of(page, server, document(name, inputs={}, outputs={}, **parts))


def test_a_container_is_opened_worked_in_and_closed_on_the_canvas(page: Page, server: ServerProcess) -> None:
    editor = make(page, server, "framed")
    before = editor.document(server, "framed")
    left = editor.place("after")[0]
    editor.unfold("Each")
    frame = editor.node("each")
    expect(frame).to_have_attribute("data-open", "true")
    expect(editor.node("each/half")).to_be_visible()
    editor.wait_until(lambda: editor.place("after")[0] > left + 100)
    assert editor.document(server, "framed") == before  # to look inside changes nothing

    # In the frame as on the canvas: wire, move, add, rename, undo.
    editor.fit()
    editor.wire("each/half", "each/more")
    expect(page.locator('.react-flow__edge[data-id="each/half -> more"]')).to_have_count(1)
    editor.node("each/more").click()
    expect(editor.inspector).to_contain_text("{{ input + 1 }}")
    editor.press("d")
    expect(editor.node("each/more")).to_have_attribute("data-disabled", "true")
    editor.press("Control+z")
    expect(editor.node("each/more")).not_to_have_attribute("data-disabled", "true")
    editor.press("Control+d")
    expect(editor.node("each/more_2")).to_have_attribute("data-selected", "true")
    editor.press("Delete")
    expect(editor.node("each/more_2")).to_have_count(0)
    body = editor.document(server, "framed")["nodes"]["each"]["body"]
    assert body["edges"] == ["half -> inner", "half -> more"]

    # A wire does not cross the frame, and says why.
    start = page.locator('.react-flow__handle.source[data-nodeid="numbers"][data-handleid="out"]')
    start.hover()
    page.mouse.down()
    x, y = editor.place("each/more")
    page.mouse.move(x - 4, y)
    page.mouse.move(x, y)
    expect(page.get_by_role("status").filter(has_text="do not cross a frame")).to_be_visible()
    page.mouse.up()
    assert editor.document(server, "framed")["edges"] == EDGES

    # Which are open is kept here; a fold makes the frame a card again.
    page.reload()
    expect(editor.node("each/half")).to_be_visible()
    page.get_by_role("button", name="Close Each").click()
    expect(editor.node("each/half")).to_have_count(0)
    expect(editor.node("each")).to_contain_text("3 nodes inside")


def test_what_is_dropped_and_moved_in_a_frame_belongs_to_its_graph(page: Page, server: ServerProcess) -> None:
    editor = make(page, server, "dropped")
    editor.unfold("Each")
    editor.unfold("Inner")
    expect(editor.node("each/inner/deep")).to_be_visible()
    editor.fit()
    expect(editor.node("each/inner/deep")).to_be_visible()
    canvas = page.get_by_test_id("canvas").bounding_box()
    assert canvas is not None
    x, y = editor.place("each/more")
    editor.drag_from_palette("flow.wait", x=x - canvas["x"] + 240, y=y - canvas["y"])
    expect(editor.node("each/wait")).to_have_attribute("data-selected", "true")
    editor.fit()
    start = editor.place("each/wait")
    editor.drag(start, (start[0], start[1] + 60))
    saved = editor.document(server, "dropped")
    assert "wait" in saved["nodes"]["each"]["body"]["nodes"]
    x, y = saved["layout"]["each/wait"]
    assert x > 200
    assert y > 100

    # The frame is dragged by its title and takes along what is inside.
    half = editor.place("each/half")
    head = page.get_by_test_id("frame-head-each").bounding_box()
    assert head is not None
    grip = (head["x"] + head["width"] / 2, head["y"] + head["height"] / 2)
    editor.drag(grip, (grip[0], grip[1] + 48))
    editor.wait_until(lambda: abs(editor.place("each/half")[1] - half[1] - 48) < 20)
    moved = editor.document(server, "dropped")["layout"]
    assert moved["each"][1] > 0
    assert moved["each/half"] == [0, 0]

    # What is searched for is shown in its frame.
    editor.press("Escape")
    page.get_by_role("button", name="Close Each").click()
    expect(editor.node("each/half")).to_have_count(0)
    editor.press("Control+f")
    expect(page.get_by_test_id("find-panel").get_by_role("combobox")).to_be_focused()
    page.keyboard.type("deep")
    page.keyboard.press("Enter")
    expect(editor.node("each/inner/deep")).to_have_attribute("data-selected", "true")
    expect(page.get_by_test_id("body-trail")).to_have_count(0)


def test_a_loop_of_a_run_is_watched_item_by_item_in_its_frame(page: Page, server: ServerProcess) -> None:
    nodes = {
        "half": {"type": "data.set", "config": {"value": "{{ 10 / item }}"}},
        "more": {"type": "data.set", "config": {"value": "{{ input + 1 }}"}},
    }
    loop = {
        "type": "flow.for_each",
        "config": {"items": [5, 0, 2], "on_error": "continue"},
        "body": {"nodes": nodes, "edges": ["half -> more"]},
    }
    with server.client() as client:
        body = document("halves", inputs={}, outputs={}, edges=[], nodes={"each": loop})
        client.post("/api/v1/workflows", json=body).raise_for_status()
        started = client.post("/api/v1/workflows/halves/executions?wait=20", json={}).raise_for_status().json()
    page.goto(f"/runs/{started['id']}")
    run = EditorPage(page)
    run.unfold("Each")
    frame = page.get_by_test_id("frame-head-each")
    expect(frame.get_by_role("progressbar", name="Items done")).to_have_attribute("aria-valuenow", "100")
    expect(frame).to_contain_text("1 of 3 failed")
    run.expect_status("each/more", "succeeded")
    page.get_by_test_id("node-each").get_by_role("button", name="Next item").click()
    run.expect_status("each/half", "failed")
    run.node("each/half").click()
    expect(page.get_by_role("region", name="half", exact=False)).to_contain_text("This node failed")
    page.get_by_test_id("node-each").get_by_role("button", name="Next item").click()
    run.expect_status("each/more", "succeeded")
    run.node("each/more").click()
    expect(page.get_by_role("region", name="more", exact=False)).to_contain_text("6")
