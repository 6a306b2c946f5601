"""Take the pictures of the documentation again: the demo in a real Chromium, `docs/images/*.png`.

Needs what `make e2e` needs. Run it with the environment's Python after `make web`.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1440, "height": 900}
MAX_BYTES = 400_000
LINK = re.compile(r"log in: ((\S+)/login#\S+)")


@contextmanager
def demo() -> Generator[tuple[str, str]]:
    """A server with the demo run once; gives its address, and the link that logs a browser in."""
    with tempfile.TemporaryDirectory() as folder:
        # Its name is shown at the top of every page.
        workspace = Path(folder) / "flights"
        workspace.mkdir()
        command = [sys.executable, "-m", "concertmaster.cli.main", "up", "--demo", "--port", "0"]
        server = subprocess.Popen(command, cwd=workspace, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            found = next((match for line in server.stdout if (match := LINK.search(line))), None)
            if found is None:
                raise SystemExit("the server did not start; see above")
            yield found[2], found[1]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(15)


def editor(page: Page) -> None:
    """The editor after a run: a node is selected and shows its rows."""
    page.goto("/workflows/flight-delays")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Start run").click()
    expect(page.get_by_test_id("node-report")).to_have_attribute("data-status", "succeeded", timeout=30_000)
    page.get_by_test_id("node-routes").click()
    inspector = page.get_by_test_id("inspector")
    inspector.get_by_role("tab", name="Output").click()
    expect(inspector).to_contain_text("175")
    page.get_by_role("button", name=re.compile("palette", re.IGNORECASE)).first.click()
    page.get_by_role("button", name=re.compile("^fit", re.IGNORECASE)).click()
    page.mouse.move(5, 5)
    page.wait_for_load_state("networkidle")


def main() -> int:
    """Take them all; 1 when one is too large to be kept in a repository."""
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("no Chromium on PATH; `make e2e` installs one")
    IMAGES.mkdir(exist_ok=True)
    with demo() as (url, link), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(base_url=url, viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        page = context.new_page()
        page.goto(link)
        page.wait_for_url(re.compile(r"://[^/]+/$"))
        editor(page)
        target = IMAGES / "editor.png"
        page.screenshot(path=target, animations="disabled")
        browser.close()
    print(f"{target.name}: {target.stat().st_size:,} bytes")
    return 1 if target.stat().st_size > MAX_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
