"""Pictures of every page of the web UI, light and dark, in several sizes, and one page that shows them all.

python tools/screenshots.py [FOLDER]      default: build/screenshots
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests")]

from site_pages import LOGIN, WORKSPACE, SitePage, seed  # noqa: E402

from conftest import ARGUMENTS, CHROMIUM  # noqa: E402  (of the browser tests, found by the paths above)
from server_process import ServerProcess, server_process  # noqa: E402

SIZES = {"1440": (1440, 900), "1920": (1920, 1080), "tablet": (820, 1180), "phone": (390, 844)}
THEMES = ("light", "dark")


def take(browser: Browser, server: ServerProcess, pages: list[SitePage], folder: Path) -> list[Path]:
    """All pages in each theme and size; each picture's path below `folder`."""
    taken: list[Path] = []
    for theme in THEMES:
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                base_url=server.url,
                viewport={"width": width, "height": height},
                color_scheme="dark" if theme == "dark" else "light",
                reduced_motion="reduce",
            )
            stranger = context.new_page()
            taken.append(_picture(stranger, LOGIN, folder / theme / size))
            stranger.close()
            page = context.new_page()
            page.goto(server.login_link())
            page.wait_for_url(re.compile(r"://[^/]+/$"))
            taken += [_picture(page, one, folder / theme / size) for one in pages]
            context.close()
    return taken


def _picture(page: Page, one: SitePage, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    one.open(page)
    path = folder / f"{one.name}.png"
    page.screenshot(path=path)
    return path


def sheet(taken: list[Path], folder: Path) -> str:
    """One page with all pictures, by name."""
    by_name: dict[str, list[Path]] = {}
    for path in taken:
        by_name.setdefault(path.stem, []).append(path.relative_to(folder))
    parts = ["<!doctype html><meta charset=utf-8><title>Screenshots</title>"]
    parts.append("<style>body{font-family:sans-serif}img{height:220px;margin:4px;border:1px solid #ccc}</style>")
    for name, paths in by_name.items():
        pictures = "".join(f'<a href="{escape(str(path))}"><img loading=lazy src="{path}"></a>' for path in paths)
        parts.append(f"<h2>{escape(name)}</h2>{pictures}")
    return "\n".join(parts)


def main() -> None:
    """Start a server of its own, fill it, and write the pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "screenshots").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    chromium = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if chromium is None:
        sys.exit("There is no Chromium on PATH; `make e2e` installs one")
    with tempfile.TemporaryDirectory() as workspace, sync_playwright() as playwright:
        for name, text in WORKSPACE.items():
            (Path(workspace) / name).write_text(text)
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with server_process(Path(workspace)) as server:
            taken = take(browser, server, seed(server), folder)
        browser.close()
    (folder / "index.html").write_text(sheet(taken, folder))
    print(f"{len(taken)} pictures, see {folder / 'index.html'}")


if __name__ == "__main__":
    main()
