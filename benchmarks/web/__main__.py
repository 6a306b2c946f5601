"""`make bench-web`: the editor and the views of runs in a headless Chromium, against a page of React Flow alone.

Rounds alternate (ours, bare, ours, bare), so that what else the machine does hits both; figures are medians.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from benchmarks.server import Server, start
from benchmarks.web import bare_page, graphs, history_page, status_events
from benchmarks.web.pages import Measured, first_load
from benchmarks.web.verdicts import Verdicts
from concertmaster.config import Settings

SIZES = {100: (0.5, None), 1_000: (1.5, 80), 5_000: (4.0, 200)}
ROUNDS = 3
GESTURES = ("drag", "pan", "zoom")
LIST = 100_000
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def login_link(server: Server) -> str:
    """Logs a browser in, once."""
    headers = {"Authorization": f"Bearer {server.token}"}
    answer = httpx.post(f"{server.url}/api/v1/login-links", headers=headers, trust_env=False)
    return server.url + answer.raise_for_status().json()["path"]


def save(server: Server, document: dict[str, object]) -> None:
    """Store and publish a workflow."""
    headers = {"Authorization": f"Bearer {server.token}"}
    answer = httpx.post(f"{server.url}/api/v1/workflows", json=document, headers=headers, timeout=120, trust_env=False)
    answer.raise_for_status()


def opening(verdicts: Verdicts, browser: Browser, server: Server, bare_url: str) -> None:
    """Open graphs of three sizes; weigh the memory."""
    for count, (seconds, megabytes) in SIZES.items():
        save(server, graphs.workflow(f"g{count}", count))
        for _ in range(ROUNDS):
            for whose in ("ours", "bare"):
                ours = whose == "ours"
                # The second visit: code comes from the cache, as it does on all days but the first.
                page = Measured(browser, login_link(server) if ours else None)
                url = f"{server.url}/workflows/g{count}" if ours else f"{bare_url}?{count}"
                page.open(f"{server.url}/workflows/g100" if ours else f"{bare_url}?100", 100)
                verdicts.note(f"{whose}: open {count:,} nodes", page.open(url, count) / 1e3, "s")
                if megabytes is not None:
                    verdicts.note(f"{whose}: heap at {count:,} nodes", page.heap(), "MB")
                page.close()
        verdicts.below(f"ours: open {count:,} nodes", seconds)
        verdicts.ratio(f"ours: open {count:,} nodes", f"bare: open {count:,} nodes", 1.3)
        if megabytes is not None:
            verdicts.below(f"ours: heap at {count:,} nodes", megabytes)


def gestures(verdicts: Verdicts, browser: Browser, server: Server, bare_url: str) -> None:
    """Drag, pan and zoom at 1,000 nodes, near enough to read the cards."""
    for _ in range(ROUNDS):
        for whose in ("ours", "bare"):
            page = Measured(browser, login_link(server) if whose == "ours" else None)
            page.open(f"{server.url}/workflows/g1000" if whose == "ours" else f"{bare_url}?1000", 1_000)
            page.zoom_to(0.8)
            for kind in GESTURES:
                seen = page.gesture(kind)
                verdicts.note(f"{whose}: {kind}, frame", seen.frame_ms, "ms")
                verdicts.note(f"{whose}: {kind}, main thread", seen.task_ms, "ms")
                verdicts.note(f"{whose}: {kind}, longest task", seen.longest_ms, "ms")
            page.close()
    for kind in GESTURES:
        verdicts.below(f"ours: {kind}, longest task", 50)
        verdicts.ratio(f"ours: {kind}, frame", f"bare: {kind}, frame", 1.2)


def measure(browser: Browser, folder: Path) -> bool:
    """Everything; whether all budgets are kept."""
    verdicts = Verdicts()
    server = start(folder)
    try:
        with bare_page.served(folder / "bare") as bare_url:
            opening(verdicts, browser, server, bare_url)
            gestures(verdicts, browser, server, bare_url)
        status_events.measure(verdicts, browser, server.url, server.token, login_link(server))
        page = Measured(browser, login_link(server))
        sizes = first_load(page.page, f"{server.url}/workflows/g100")
        verdicts.note("first load of the editor, gzip", sum(sizes.values()) / 1e3, "kB")
        verdicts.below("first load of the editor, gzip", 350)
        history_page.measure(verdicts, page, server.url, LIST)
        page.close()
    finally:
        server.stop()
    return verdicts.print()


def main() -> None:
    """Measure, print the table, and say whether every budget is kept."""
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("there is no Chromium on PATH; `make e2e` installs one")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    print(f"{version}, software rendering", flush=True)
    with tempfile.TemporaryDirectory() as name:
        # While Playwright runs, no other event loop can start in this thread.
        asyncio.run(history_page.fill(Settings(workspace=Path(name)), LIST))
        kept = _in_browser(path, flags, Path(name))
    sys.exit(0 if kept else 1)


def _in_browser(path: str, flags: list[str], folder: Path) -> bool:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        kept = measure(browser, folder)
        browser.close()
    return kept


if __name__ == "__main__":
    main()
