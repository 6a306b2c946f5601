"""Drafts in a real browser: no edit is lost, whoever else edits and whatever happens to the connection."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture
def other(page: Page) -> Iterator[Page]:
    """A second tab of the same browser."""
    tab = page.context.new_page()
    yield tab
    tab.close()


def two_nodes(page: Page) -> EditorPage:
    editor = EditorPage.new(page, "Shared")
    editor.drag_from_palette("file.read", x=150, y=200)
    editor.drag_from_palette("table.filter", x=480, y=200)
    editor.expect_kept()
    return editor


def test_edits_are_there_for_everybody_without_being_saved(page: Page, other: Page, server: ServerProcess) -> None:
    editor = two_nodes(page)
    editor.expect_saved("Draft, 2 changes since v1")
    theirs = EditorPage.open(other, "shared")
    expect(theirs.node("filter")).to_be_visible()
    theirs.configure("filter", "Condition", "people > 5")
    expect(editor.node("filter")).to_contain_text("people > 5")
    editor.configure("read", "Path", "cities.csv")
    expect(theirs.node("read")).to_contain_text("cities.csv")
    with server.client() as client:
        draft = client.get("/api/v1/workflows/shared/draft").json()
        assert client.get("/api/v1/workflows/shared").json()["document"].get("nodes", {}) == {}
    assert draft["changed"]
    assert draft["document"]["nodes"]["filter"]["config"]["condition"] == "people > 5"


def test_what_is_done_offline_is_sent_when_the_connection_is_back(page: Page, server: ServerProcess) -> None:
    editor = two_nodes(page)
    page.context.set_offline(True)
    editor.configure("read", "Path", "offline.csv")
    editor.expect_saved("kept in this browser")
    page.context.set_offline(False)
    editor.expect_kept()
    with server.client() as client:
        nodes = client.get("/api/v1/workflows/shared/draft").json()["document"]["nodes"]
    assert nodes["read"]["config"]["path"] == "offline.csv"


def test_a_tab_that_is_closed_offline_leaves_its_edits_to_the_next(page: Page, other: Page) -> None:
    editor = two_nodes(page)
    page.route("**/draft", lambda route: route.abort())
    editor.configure("read", "Path", "left-behind.csv")
    editor.expect_saved("kept in this browser")
    page.close()
    theirs = EditorPage.open(other, "shared")
    expect(theirs.node("read")).to_contain_text("left-behind.csv")
    theirs.expect_kept()


def test_two_edits_of_one_place_are_both_shown(page: Page, other: Page) -> None:
    editor = two_nodes(page)
    theirs = EditorPage.open(other, "shared")
    expect(theirs.node("read")).to_be_visible()
    page.route("**/draft", lambda route: route.abort())
    editor.configure("read", "Path", "mine.csv")
    editor.expect_saved("offline")
    theirs.configure("read", "Path", "theirs.csv")
    theirs.expect_kept()
    page.unroute("**/draft")
    page.get_by_role("button", name="Choose").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("path of read")
    expect(dialog).to_contain_text("mine.csv")
    expect(dialog).to_contain_text("theirs.csv")
    dialog.get_by_role("button", name="Keep mine").click()
    expect(dialog).to_be_hidden()
    expect(theirs.node("read")).to_contain_text("mine.csv")


def test_undo_survives_a_reload_and_leaves_the_edits_of_others(page: Page, other: Page) -> None:
    editor = two_nodes(page)
    theirs = EditorPage.open(other, "shared")
    theirs.configure("filter", "Condition", "people > 5")
    expect(editor.node("filter")).to_contain_text("people > 5")
    editor.configure("read", "Path", "cities.csv")
    editor.expect_kept()
    page.reload()
    expect(editor.node("read")).to_contain_text("cities.csv")
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(editor.node("read")).not_to_contain_text("cities.csv")
    expect(editor.node("filter")).to_contain_text("people > 5")


def test_a_test_run_publishes_nothing(page: Page, server: ServerProcess) -> None:
    editor = two_nodes(page)
    editor.wire("read", "filter")
    editor.configure("read", "Path", "cities.csv")
    editor.configure("filter", "Condition", "people > 5")
    editor.run()
    editor.expect_status("filter", "succeeded")
    editor.expect_saved("Draft,")
    with server.client() as client:
        assert client.get("/api/v1/workflows/shared").json()["version"] == 1
        lines = client.get("/api/v1/workflows/shared/versions").json()["items"]
    assert [line["version"] for line in lines] == [1]


def test_versions_are_compared_named_and_brought_back(page: Page) -> None:
    editor = two_nodes(page)
    editor.configure("read", "Path", "first.csv")
    editor.publish()
    expect(page.get_by_role("alert").filter(has_text="Not published")).to_be_visible()
    editor.expect_saved("Draft")
    page.keyboard.press("Control+s")
    editor.expect_saved("Saved as v2")
    editor.configure("read", "Path", "second.csv")
    page.get_by_role("button", name="Versions").click()
    row = page.get_by_test_id("version-2")
    row.get_by_role("button", name="Compare with draft").click()
    differences = page.get_by_role("list", name="Differences")
    expect(differences).to_contain_text("Node read changed")
    expect(differences).to_contain_text("first.csv")
    expect(differences).to_contain_text("second.csv")
    row.get_by_role("button", name="More for version 2").click()
    page.get_by_role("menuitem", name="Name this version").click()
    page.get_by_role("dialog").get_by_label("Name").fill("The good one")
    page.get_by_role("button", name="Set name").click()
    expect(row).to_contain_text("The good one")
    row.get_by_role("button", name="More for version 2").click()
    page.get_by_role("menuitem", name="Bring back into the draft").click()
    expect(editor.node("read")).to_contain_text("first.csv")
    editor.expect_saved("Saved as v2")


def test_a_version_saved_elsewhere_is_brought_into_the_draft(page: Page, server: ServerProcess) -> None:
    editor = two_nodes(page)
    with server.client() as client:
        document = client.get("/api/v1/workflows/shared").json()["document"]
        document["nodes"] = {"other": {"type": "data.set", "config": {"value": 1}}}
        assert client.put("/api/v1/workflows/shared", json=document).status_code == 201
    page.get_by_role("button", name="Bring in version 2").click()
    for node in ("read", "filter", "other"):
        expect(editor.node(node)).to_be_visible()
    editor.expect_saved("since v2")
    expect(page.get_by_role("button", name="Bring in version 2")).to_be_hidden()


def test_others_are_seen_with_their_node(page: Page, other: Page) -> None:
    editor = two_nodes(page)
    theirs = EditorPage.open(other, "shared")
    theirs.node("read").click()
    expect(editor.page.get_by_label(re.compile("is at read"))).to_be_visible()
    other.goto("/workflows")
    expect(editor.page.get_by_label(re.compile("is at read"))).to_be_hidden()
