"""The first steps: somebody new follows them on the real thing, from an empty workspace to a published workflow."""

from __future__ import annotations

import pytest
from editor_page import EditorPage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.server]


def test_somebody_new_is_led_to_a_published_workflow(page: Page, server: ServerProcess) -> None:
    page.evaluate("sessionStorage.tour = 'new'; localStorage.removeItem('cm-tour')")
    editor = EditorPage.new(page, "First")
    tour = page.get_by_test_id("tour")
    expect(tour).to_contain_text("Step 1 of 5")
    expect(tour).to_contain_text("Add a node")
    expect(page.get_by_test_id("tour-ring")).to_be_visible()
    # By keys alone, as it says.
    page.get_by_test_id("canvas").focus()
    editor.press("Tab")
    editor.quick_add("read file")
    expect(tour).to_contain_text("Tell it what to do")
    editor.configure("read", "Path", "cities.csv")
    expect(tour).to_contain_text("Let another follow")
    page.get_by_test_id("canvas").focus()
    editor.press("n")
    editor.quick_add("filter rows")
    expect(tour).to_contain_text("Try it out")
    page.get_by_role("button", name="Fit to screen").click()
    editor.configure("filter", "Condition", "people > 1")
    editor.run()
    editor.expect_status("filter", "succeeded")
    expect(tour).to_contain_text("Publish")
    editor.publish()
    expect(tour).to_contain_text("That is all it takes")
    tour.get_by_role("button", name="Done").click()
    expect(tour).to_have_count(0)
    page.reload()
    expect(editor.node("read")).to_be_visible()
    expect(tour).to_have_count(0)
    editor.command("first steps")
    expect(tour).to_be_visible()
    tour.get_by_role("button", name="Skip").click()
    expect(tour).to_have_count(0)
