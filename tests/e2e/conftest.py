"""A real server and a real Chromium; nothing is downloaded, the system's browser is used."""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from server_process import ServerProcess, server_process

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# The network flags keep it from calling its maker's services at every start.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CITIES = "city,people,country\nLima,11,Peru\nOslo,1,Norway\nParis,2,France\nTokyo,14,Japan\n"


# Of a module and not of the session: while Playwright runs, no other event loop can start in this thread.
@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("no Chromium on PATH; `make e2e` installs one")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def server(tmp_path: Path) -> Generator[ServerProcess]:
    (tmp_path / "cities.csv").write_text(CITIES)
    with server_process(tmp_path) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Generator[Page]:
    """A fresh page on the server, logged in by a link; an error of the page's own code fails the test."""
    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900})
    # They are told where nobody has seen them, and stand over the canvas; `test_tour.py` has them.
    # (`about:blank` has no storage.)
    context.add_init_script("try { if (!sessionStorage.tour) localStorage.setItem('cm-tour', 'done') } catch {}")
    opened = context.new_page()
    errors: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # The browser reports every 4xx answer; whether a name is free is asked with one that may be 404.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    opened.on("console", on_console)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(server.login_link())
    opened.wait_for_url(re.compile(r"://[^/]+/$"))
    yield opened
    context.close()
    assert errors == []
