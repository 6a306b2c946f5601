"""From an empty workspace to a run: the gallery of templates."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from templates_page import TemplatesPage

from server_process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.browser]
SHOTS = os.environ.get("CM_SHOTS")


def shot(page: Page, name: str) -> None:
    """Pictures in both themes for whoever asks for them by `CM_SHOTS=FOLDER`."""
    if SHOTS:
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_function("theme => document.documentElement.dataset.mantineColorScheme === theme", arg=theme)
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{theme}.png"))


def test_a_template_is_found_looked_at_used_and_run(page: Page, server: ServerProcess) -> None:
    page.goto("/workflows")
    page.get_by_role("link", name="Browse templates").click()
    gallery = TemplatesPage(page)
    expect(gallery.cards).to_have_count(14)
    shot(page, "templates")

    gallery.choose("Data quality")
    expect(gallery.cards).to_have_count(2)
    gallery.search("expectations")
    expect(gallery.cards).to_have_count(1)
    expect(page).to_have_url(re.compile(r"category=quality"))
    gallery.search("nothing like it")
    page.get_by_role("button", name="Show all templates").click()
    expect(gallery.cards).to_have_count(14)

    drawer = gallery.preview("Clean a CSV file and report on it")
    expect(page).to_have_url(re.compile(r"show=csv-report"))
    expect(drawer.get_by_text("samples/csv-report/sales.csv", exact=True)).to_be_visible()
    page.reload()
    expect(drawer.get_by_text("As YAML")).to_be_visible()
    shot(page, "template-preview")
    drawer.get_by_role("button", name="Use template").click()
    page.wait_for_url(re.compile(r"/workflows/csv-report"))
    assert (server.workspace / "samples" / "csv-report" / "sales.csv").is_file()

    with server.client() as client:
        answer = client.post("/api/v1/workflows/csv-report/executions?wait=20", json={"inputs": {}})
    assert answer.json()["outputs"] == {"sales": 10, "shops": 3, "report": "out/csv-report/totals.csv"}


def test_the_keyboard_alone_uses_a_template_from_the_dialog_of_new_workflows(page: Page) -> None:
    page.get_by_role("button", name="New workflow").click()
    page.get_by_role("link", name="Begin with a template").press("Enter")
    gallery = TemplatesPage(page)
    expect(gallery.cards.first).to_be_visible()
    page.get_by_role("link", name="Preview Take one way or another").press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Use template Take one way or another").press("Enter")
    page.wait_for_url(re.compile(r"/workflows/route-invoices"))
