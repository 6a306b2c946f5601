"""What holds on every page: accessible in both themes, nothing that jumps, no page wider than its window."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from site_pages import LOGIN, WORKSPACE, SitePage, seed

from server_process import ServerProcess, server_process

pytestmark = [pytest.mark.browser, pytest.mark.server]

WEB = Path(__file__).parents[2] / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# A window that is narrow, and one of a phone.
SIZES = {"desktop": (1280, 800), "tablet": (820, 1180), "phone": (390, 844)}
# How far what one reads may jump in all: what Core Web Vitals call good.
MOST_SHIFT = 0.1
WATCH_SHIFTS = """
    window.shifts = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!entry.hadRecentInput) window.shifts.push([entry.value, ...entry.sources.map((one) =>
          one.node?.outerHTML?.slice(0, 120) ?? '')])
      }
    }).observe({type: 'layout-shift', buffered: true})
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[ServerProcess, list[SitePage]]]:
    workspace: Path = tmp_path_factory.mktemp("site")
    for name, text in WORKSPACE.items():
        (workspace / name).write_text(text)
    with server_process(workspace) as running:
        yield running, seed(running)


def visit(browser: Browser, server: ServerProcess, size: tuple[int, int]) -> Page:
    context = browser.new_context(
        base_url=server.url, viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(server.login_link())
    page.wait_for_url(re.compile(r"://[^/]+/$"))
    return page


def offences(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 AA, in light and in dark."""
    found: list[str] = []
    page.evaluate(AXE.read_text())
    # Colours that are on their way would be measured half way.
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.mantineColorScheme = '{theme}'")
        options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
        told = page.evaluate("(options) => axe.run(document, options)", options)
        for one in told["violations"]:
            first = one["nodes"][0]
            found.append(f"{theme} {one['id']}: {first['html'][:200]} {first['failureSummary']}")
    return found


def test_every_route_is_among_the_pages(site: tuple[ServerProcess, list[SitePage]]) -> None:
    routes = set(re.findall(r"path: '([^']+)'", (WEB / "src" / "routes.tsx").read_text()))
    assert routes == {page.route for page in (*site[1], LOGIN)}


def test_every_page_is_accessible_and_stands_still(
    browser: Browser, site: tuple[ServerProcess, list[SitePage]]
) -> None:
    server, pages = site
    page = visit(browser, server, SIZES["desktop"])
    page.add_init_script(WATCH_SHIFTS)
    wrong: dict[str, list[str]] = {}
    for one in pages:
        one.open(page)
        shifts = page.evaluate("window.shifts")
        moved = [] if sum(value for value, *_ in shifts) <= MOST_SHIFT else [f"shift {shifts}"]
        if told := [*moved, *offences(page)]:
            wrong[one.name] = told
    page.context.close()
    stranger = browser.new_page(base_url=server.url)
    LOGIN.open(stranger)
    if told := offences(stranger):
        wrong[LOGIN.name] = told
    stranger.close()
    assert wrong == {}, "\n".join(f"{name}: {one}" for name, told in wrong.items() for one in told)


@pytest.mark.parametrize("size", ["desktop", "tablet", "phone"])
def test_no_page_is_wider_than_its_window(
    browser: Browser, site: tuple[ServerProcess, list[SitePage]], size: str
) -> None:
    server, pages = site
    page = visit(browser, server, SIZES[size])
    wider: dict[str, tuple[int, int]] = {}
    for one in pages:
        one.open(page)
        wide, room = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        if wide > room:
            wider[one.name] = (wide, room)
    page.context.close()
    assert wider == {}
