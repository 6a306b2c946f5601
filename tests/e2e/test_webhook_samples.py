"""A webhook is tried out from its page: a request is waited for, kept, changed, and run with."""

from __future__ import annotations

import os
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

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


def test_a_request_is_waited_for_changed_and_run_with(page: Page, server: ServerProcess) -> None:
    with server.client() as client:
        client.post("/api/v1/templates/webhook-signups/use").raise_for_status()
        token = client.post("/api/v1/triggers/webhook-signups/form/token").json()["token"]
    page.goto("/triggers")
    page.get_by_role("button", name="form", exact=True).click()
    expect(page).to_have_url(re.compile("open="))
    page.reload()
    sample = page.get_by_role("dialog").get_by_role("region", name="Sample request")
    expect(sample.get_by_role("status")).to_contain_text("No request has come yet")
    sample.get_by_role("button", name="Wait for a request").click()
    expect(sample.get_by_role("status")).to_contain_text("Waiting")
    called = httpx.post(
        f"{server.url}/hooks/webhook-signups",
        json={"email": "linus@example.com"},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert called.json() == {"kept": True}
    expect(sample.get_by_role("status")).to_contain_text("Chosen")
    field = sample.get_by_role("textbox", name="Request, as JSON")
    expect(field).to_have_value(re.compile("linus@example.com"))
    shot(page, "webhook-sample")
    field.fill("{")
    expect(sample.get_by_text("This is no JSON object yet")).to_be_visible()
    field.fill('{"body": {"email": "barbara@example.com", "plan": "pro"}}')
    sample.get_by_role("button", name="Run with it").click()
    page.wait_for_url(re.compile("/runs/"))
    expect(page.get_by_text("Succeeded").first).to_be_visible()
    assert "barbara@example.com,pro" in (server.workspace / "samples/webhook-signups/signups.csv").read_text()
