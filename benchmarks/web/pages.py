"""A page under measurement: opening it, its memory, its main thread, and what a hand does on it."""

from __future__ import annotations

import gzip
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, Response

PROBES = Path(__file__).with_name("probes.js").read_text()
VIEW = {"width": 1440, "height": 900}
STEPS = 90


@dataclass(frozen=True, slots=True)
class Gesture:
    """Attributes:
    frame_ms: mean time of a frame.
    task_ms: main thread time in all.
    longest_ms: the longest task above 50 ms, 0 for none.
    """

    frame_ms: float
    task_ms: float
    longest_ms: float


class Measured:
    """One page in a browser window of its own, so that nothing of another one counts."""

    def __init__(self, browser: Browser, login: str | None) -> None:
        self.context = browser.new_context(viewport=VIEW)
        self.page: Page = self.context.new_page()
        self.page.add_init_script(PROBES)
        self.cdp: CDPSession = self.context.new_cdp_session(self.page)
        self.cdp.send("Performance.enable")
        if login is not None:
            self.page.goto(login)
            self.page.wait_for_load_state("networkidle")

    def open(self, url: str, count: int) -> float:
        """Milliseconds from the beginning of the navigation until all nodes are placed and the page answers."""
        self.page.goto(url, wait_until="commit")
        return float(self.page.evaluate("count => window.__bench.opened(count)", count))

    def metric(self, name: str) -> float:
        """One of the browser's own counts; times in seconds."""
        metrics = self.cdp.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == name))

    def heap(self) -> float:
        """Megabytes that are in use after a collection."""
        self.page.wait_for_timeout(500)
        for _ in range(2):
            self.cdp.send("HeapProfiler.collectGarbage")
        return self.metric("JSHeapUsedSize") / 1e6

    def zoom_to(self, least: float) -> None:
        """Turn the wheel over the middle until the scale is at least this."""
        self.page.mouse.move(VIEW["width"] / 2, VIEW["height"] / 2)
        for _ in range(60):
            if self.scale() >= least:
                break
            self.page.mouse.wheel(0, -120)
            self.page.wait_for_timeout(60)
        self.page.wait_for_timeout(400)

    def scale(self) -> float:
        """How large it is drawn."""
        return float(
            self.page.evaluate(
                "() => new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform).a"
            )
        )

    def gesture(self, kind: str) -> Gesture:
        """Drag a node, pan or zoom, one step a frame."""
        mouse = self.page.mouse
        x, y = self._grip("node" if kind == "drag" else "pane")
        mouse.move(x, y)
        before = self.metric("TaskDuration")
        if kind != "zoom":
            mouse.down()
        self.page.evaluate("() => window.__bench.record()")
        for step in range(STEPS):
            if kind == "zoom":
                mouse.wheel(0, 60 if step % 30 < 15 else -60)
            else:
                mouse.move(x + (step % 40) * 5, y + (step % 30) * 4)
            time.sleep(0.016)
        seen = self.page.evaluate("() => window.__bench.stop()")
        task = self.metric("TaskDuration") - before
        if kind != "zoom":
            mouse.up()
        self.page.wait_for_timeout(300)
        return Gesture(statistics.mean(seen["frames"] or [0.0]), task * 1e3, seen["longest"])

    def _grip(self, kind: str) -> tuple[float, float]:
        """A place on a card near the middle, or on empty ground."""
        found = self.page.evaluate(
            """kind => {
              const at = (x, y) => document.elementFromPoint(x, y)
              for (let y = 350; y < 700; y += 8)
                for (let x = 600; x < 1000; x += 8) {
                  const there = at(x, y)
                  if (kind === 'node' && there?.closest('.react-flow__node')) return [x + 24, y + 16]
                  if (kind === 'pane' && there?.classList.contains('react-flow__pane')) return [x, y]
                }
              return null
            }""",
            kind,
        )
        if found is None:
            raise RuntimeError(f"there is no {kind} to take hold of")
        return found[0], found[1]

    def close(self) -> None:
        """And forget it."""
        self.context.close()


def first_load(page: Page, url: str) -> dict[str, int]:
    """Compressed bytes of each script, style and document that a page asks for before anybody touches it."""
    page.goto("about:blank")
    seen: list[Response] = []
    page.on("response", lambda answer: seen.append(answer))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    code = [one for one in seen if one.request.resource_type in ("script", "stylesheet", "document")]
    return {one.url.rpartition("/")[2]: len(gzip.compress(one.body(), 9)) for one in code}
