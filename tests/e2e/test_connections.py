"""The connections page: a form of the type, a test of what is entered, who uses it, delete with a warning."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.browser]
SECRET = "s3cr3t-value-of-mine"
SHOTS = os.environ.get("CM_SHOTS")


def shot(page: Page, name: str) -> None:
    """A picture for whoever asks for one by `CM_SHOTS=FOLDER`."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def test_a_connection_is_made_tested_changed_and_deleted(page: Page, server: ServerProcess) -> None:
    (server.workspace / "shop.db").write_bytes(b"")
    page.goto("/connections")
    page.get_by_role("button", name="New connection").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Token", exact=True)).to_be_visible()
    shot(page, "new-http")
    dialog.get_by_role("textbox", name="Name").fill("warehouse")
    dialog.get_by_role("combobox", name="Type").click()
    page.get_by_role("option", name="PostgreSQL").click()
    expect(dialog.get_by_label("Token", exact=True)).to_have_count(0)
    dialog.get_by_label("Host", exact=True).fill("127.0.0.1")
    dialog.get_by_label("Password", exact=True).fill(SECRET)
    dialog.get_by_role("button", name="Create connection").click()
    # The server's problem stands at its field.
    expect(dialog.locator('[data-pointer="/values/username"]')).to_contain_text("required")
    shot(page, "postgres-problem")
    dialog.get_by_label("Username", exact=True).fill("ann")
    dialog.get_by_role("button", name="Test", exact=True).click()
    expect(dialog.get_by_text("EGRESS_ALLOW").first).to_be_visible()
    shot(page, "postgres-refused")
    dialog.get_by_role("button", name="Create connection").click()
    row = page.get_by_role("row").filter(has_text="warehouse")
    expect(row).to_contain_text("password")

    row.hover()
    row.get_by_role("button", name="Edit warehouse").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Password", exact=True)).to_have_value("")
    shot(page, "edit")
    dialog.get_by_label("Username", exact=True).fill("bob")
    dialog.get_by_role("button", name="Save changes").click()
    expect(dialog).to_have_count(0)
    assert SECRET not in page.content()


def test_used_connections_are_deleted_with_a_warning(page: Page, server: ServerProcess) -> None:
    nodes = {"call": {"type": "http.request", "config": {"url": "https://x.test", "connection": "shop"}}}
    (server.workspace / "shop.db").write_bytes(b"")
    with server.client() as client:
        for name, type_, values in (
            ("shop", "http", {"token": SECRET}),
            ("files", "sqlite", {"path": "shop.db"}),
            ("gone", "sqlite", {"path": "gone.db"}),
        ):
            body = {"name": name, "type": type_, "values": values}
            client.post("/api/v1/connections", json=body).raise_for_status()
        document = {"concertmaster": 1, "name": "call-the-shop", "nodes": nodes}
        client.post("/api/v1/workflows", json=document).raise_for_status()
    page.goto("/connections")
    row = page.get_by_role("row").filter(has_text="http")
    expect(row.get_by_role("link", name="call-the-shop")).to_be_visible()
    page.get_by_role("button", name="Test files").click()
    expect(page.get_by_text("A SQLite file with 0 tables")).to_be_visible()
    page.get_by_role("button", name="Test gone").click()
    expect(page.get_by_text("There is no file gone.db in the workspace")).to_be_visible()
    shot(page, "list")
    page.get_by_role("heading", name="Connections").click()
    row.hover()
    row.get_by_role("button", name="Delete shop").click()
    expect(page.get_by_role("dialog")).to_contain_text("It is named by call-the-shop.")
    shot(page, "delete")
    page.get_by_role("button", name="Delete connection").click()
    expect(page.get_by_role("row").filter(has_text="call-the-shop")).to_have_count(0)
