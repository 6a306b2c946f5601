"""Settings in force, what can be done with the server, and the audit."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from settings_page import SettingsPage

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


def test_settings_are_found_and_say_where_they_come_from(page: Page, server: ServerProcess) -> None:
    settings = SettingsPage(page)
    settings.open()
    expect(settings.row("CONCERTMASTER_MAX_RUNNING")).to_contain_text("Default")
    expect(settings.row("CONCERTMASTER_PORT")).to_contain_text("Command line")
    shot(page, "settings")
    page.get_by_role("textbox", name="Search settings").fill("webhooks")
    expect(settings.row("CONCERTMASTER_HOOK_WAITING")).to_be_visible()
    expect(settings.row("CONCERTMASTER_PORT")).to_have_count(0)
    settings.show("API tokens")
    expect(page.get_by_role("button", name="New token")).to_be_visible()


def test_the_owner_operates_the_server_and_the_audit_tells(page: Page, server: ServerProcess) -> None:
    settings = SettingsPage(page)
    settings.open()
    settings.show("Operations")
    registry = settings.card("Node types")
    registry.get_by_role("button", name="Write the manifest").click()
    expect(registry.get_by_role("status")).to_contain_text("concertmaster-nodes.json")
    assert (server.workspace / "concertmaster-nodes.json").is_file()
    clean = settings.card("Data of past runs")
    clean.get_by_role("button", name="Count what would go").click()
    expect(clean.get_by_role("status")).to_contain_text("Would remove 0 files")
    key = settings.card("Key of the connections")
    key.get_by_role("button", name="Rotate the key").click()
    page.get_by_role("dialog").get_by_role("button", name="Rotate the key").click()
    expect(key.get_by_role("status")).to_contain_text("0 connections are encrypted")
    shot(page, "operations")

    with server.client() as client:
        client.post("/api/v1/templates/route-invoices/use").raise_for_status()
    settings.show("Audit")
    expect(settings.row("workflow:route-invoices").first).to_be_visible()
    shot(page, "audit")
    settings.row("workflow.save").get_by_title("Show only workflow.save").click()
    expect(page).to_have_url(re.compile("action=workflow.save"))
    expect(page.get_by_role("table", name="Audit").get_by_role("row")).to_have_count(2)
    page.get_by_role("textbox", name="Who, such as owner").fill("nobody")
    expect(page.get_by_text("Nothing of that kind was done")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    expect(settings.row("workflow:route-invoices").first).to_be_visible()
