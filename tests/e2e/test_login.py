"""The way in and out of the browser, and the page of API tokens."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.browser]


def test_without_a_session_every_page_leads_to_the_login_and_back(page: Page, server: ServerProcess) -> None:
    page.context.clear_cookies()
    page.goto("/runs?status=failed")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("concertmaster user login-link")
    expect(page.get_by_role("navigation")).to_have_count(0)
    # The link may be opened in another tab: this one goes on where it was.
    other = page.context.new_page()
    other.goto(server.login_link())
    other.wait_for_url(re.compile(r"://[^/]+/$"))
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url(re.compile(r"/runs\?status=failed$"))
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()


def test_a_used_link_says_so_and_leaves_no_secret_in_the_address(page: Page, server: ServerProcess) -> None:
    link = server.login_link()
    page.goto(link)
    page.wait_for_url(re.compile(r"://[^/]+/$"))
    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("each opens once")
    assert "#" not in page.url


def test_a_logout_ends_the_session_and_asks_for_no_socket_any_more(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    sockets: list[str] = []
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.go_back()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(sockets) <= 1


def test_a_token_is_made_shown_once_used_and_revoked(page: Page, server: ServerProcess) -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="API tokens").click()
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("nightly ci")
    dialog.get_by_role("radio", name="Run").check()
    dialog.get_by_role("button", name="Create token").click()
    secret = dialog.get_by_test_id("new-token").inner_text()
    dialog.get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text="nightly ci")
    expect(row).to_contain_text("Run")
    expect(row).to_contain_text("in 3 months")
    assert secret not in page.content()

    def status() -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.get(f"{server.url}/api/v1/workflows", headers=headers, trust_env=False).status_code

    assert status() == 200
    row.hover()
    page.get_by_role("button", name="Revoke nightly ci").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("No token yet")).to_be_visible()
    assert status() == 401
