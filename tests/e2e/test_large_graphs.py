"""What the editor asks for before anybody touches it stays small; a workflow of 5,000 nodes is worked on as others."""

from __future__ import annotations

import gzip

from canvas_documents import chain, wide
from editor_page import EditorPage
from playwright.sync_api import Page, Response, expect

from server_process import ServerProcess

# kB, compressed, of script, styles and page. It may shrink, to 350, and does not grow.
FIRST_LOAD = 410


def test_first_load_is_small(page: Page, server: ServerProcess) -> None:
    with server.client() as client:
        client.post("/api/v1/workflows?publish=false", json=chain("small")).raise_for_status()
    # Nothing of the page before is still on its way.
    page.goto("about:blank")
    seen: list[Response] = []
    page.on("response", lambda answer: seen.append(answer))
    page.goto("/workflows/small")
    expect(page.get_by_test_id("canvas")).to_be_visible()
    page.wait_for_load_state("networkidle")
    code = [one for one in seen if one.request.resource_type in ("script", "stylesheet", "document")]
    sizes = {one.url.rpartition("/")[2]: len(gzip.compress(one.body(), 9)) for one in code}
    assert sum(sizes.values()) / 1_000 <= FIRST_LOAD, sizes
    assert not [name for name in sizes if "CodeMirror" in name or "elk" in name or "uPlot" in name]


def test_five_thousand_nodes_are_edited_published_and_run(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.of(page, server, wide("large", 5_000))
    note = page.get_by_test_id("large-note")
    expect(note).to_be_visible()
    note.get_by_role("button").last.click()
    expect(note).to_be_hidden()
    page.get_by_test_id("canvas").focus()
    page.keyboard.press("Control+f")
    page.keyboard.type("n4321")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(editor.node("n4321")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_test_id("canvas").focus()
    page.keyboard.press("Delete")
    expect(editor.node("n4321")).to_be_hidden()
    assert "n4321" not in editor.document(server, "large")["nodes"]
    page.get_by_role("button", name="Publish", exact=True).click()
    with server.client() as client:
        expect(page.get_by_test_id("saved-state")).to_contain_text("published", timeout=15_000)
        assert len(client.get("/api/v1/workflows/large").json()["document"]["nodes"]) == 4_999
    editor.run()
    expect(page.get_by_test_id("run-strip")).to_have_attribute("data-status", "succeeded", timeout=60_000)
