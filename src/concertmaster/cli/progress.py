"""Progress: the events of an execution as lines on a terminal, one a node, with rows and seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from concertmaster.cli.terminal import STYLES
from concertmaster.domain.schemas import fits_schema

RUNNING_SHOWN = 8


class Progress:
    """Prints a line for every node that ends, and shows the running ones below when somebody watches."""

    def __init__(
        self,
        console: Console,
        types: dict[str, str],
        *,
        undoes: Mapping[str, str] | None = None,
        pages: str | None = None,
    ) -> None:
        """Args:
        types: type of each node of the document.
        undoes: by the node that undoes another: which.
        pages: where the pages for a browser are, without a slash at the end; None: nowhere.
        """
        self._pages = pages
        self._console = console
        self._types = types
        self._undoes = undoes or {}
        self._width = _width(types, least=8)
        self._type_width = _width(types.values(), least=22)
        self._running: dict[str, tuple[datetime, str]] = {}
        # Nodes that had to queue, and since when they run.
        self._queued: dict[str, datetime | None] = {}
        self._waiting: dict[str, datetime] = {}
        # Loops over items: how many there are, and how many of them failed.
        self._items: dict[str, tuple[int, int]] = {}
        self._ended = 0
        self._live = Live(console=console, transient=True, refresh_per_second=8, get_renderable=self._render)
        self._watched = console.is_terminal

    def __enter__(self) -> Progress:
        if self._watched:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._watched:
            self._live.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Take the next event."""
        node, data, kind = event.get("node"), event["data"], event["kind"].partition(".")[2]
        if node is None:
            return
        at = datetime.fromisoformat(event["at"])
        if kind == "started":
            self._running[node] = (at, "")
            if node in self._queued:
                self._queued[node] = at
        elif kind == "waiting" and data.get("rule") in ("slot", "rate"):
            self._running.pop(node, None)
            self._line("waiting", node, f"waits for {data['resource']}")
            self._queued[node] = None
        elif kind == "waiting":
            # What ends the wait counts as a start of its own.
            self._waiting.setdefault(node, at)
            self._running.pop(node, None)
            about: dict[str, Any] = data.get("about") or {}
            if about.get("kind") == "each":
                self._items.setdefault(node, (about["total"], 0))
            if data.get("rule") in ("event", "approval"):
                self._line("waiting", node, _awaited(data["rule"], data["about"], self._pages))
        elif event["kind"] == "item.ended" and node in self._items and data["status"] == "succeeded":
            total, failed = self._items[node]
            self._items[node] = (total, failed + (data.get("failed") or 0))
        elif kind == "progress" and node in self._running:
            self._running[node] = (self._running[node][0], _share(data["done"], data.get("total")))
        elif kind == "retrying":
            self._running.pop(node, None)
            due = datetime.fromisoformat(data["due_at"]) - at
            detail = f"attempt {data['attempt']}: {data['error']['message']}; again in {due.total_seconds():.1f} s"
            self._line("retrying", node, detail)
        elif kind in ("succeeded", "failed", "skipped", "cancelled"):
            self._running.pop(node, None)
            self._ended += 1
            if node in self._waiting and "started_at" in data:
                data = {**data, "started_at": self._waiting.pop(node).isoformat()}
            elif node in self._queued and "started_at" in data:
                # The time in the queue is not the node's; a start that was too short ago was not told.
                data = {**data, "started_at": (self._queued.pop(node) or at).isoformat()}
            total, failed = self._items.get(node, (0, 0))
            lost = f"{failed_items(total, failed)}  " if failed and kind == "succeeded" else ""
            undone = f"  undoes {self._undoes[node]}" if node in self._undoes and "reason" not in data else ""
            self._line(kind, node, lost + _detail(kind, data, at) + undone)

    def _line(self, status: str, node: str, detail: str) -> None:
        sign, style = STYLES[status]
        self._console.print(
            Text.assemble(
                (f"{sign} ", style),
                f"{node:{self._width}}  ",
                (f"{self._types.get(node, ''):{self._type_width}} ", "dim"),
                (detail, "red" if status == "failed" else "default"),
            )
        )

    def _render(self) -> Group:
        now = datetime.now().astimezone()
        lines = [
            Text.assemble(
                ("● ", "blue"),
                f"{node:{self._width}}  ",
                (f"{self._types.get(node, ''):{self._type_width}} ", "dim"),
                f"{(now - started).total_seconds():.1f} s  {share}",
            )
            for node, (started, share) in list(self._running.items())[:RUNNING_SHOWN]
        ]
        return Group(*lines, Text(f"{self._ended} of {len(self._types)} nodes", style="dim"))


def _width(texts: Iterable[str], *, least: int) -> int:
    return min(max((len(text) for text in texts), default=least), 40)


def seconds(value: float) -> str:
    """A duration for people."""
    if value < 60:
        return f"{value:.2f} s"
    return f"{int(value // 60)} min {value % 60:.0f} s"


def failed_items(total: int, failed: int) -> str:
    """What a loop went on without."""
    return f"⚠ {failed:,} of {total:,} failed"


def _detail(kind: str, data: dict[str, Any], at: datetime) -> str:
    if kind == "skipped" or (kind == "cancelled" and "reason" in data):
        return f"{kind}: {data['reason']}"
    parts = [_outputs(data.get("outputs") or {})] if kind == "succeeded" else [data["error"]["message"]]
    if data.get("reused"):
        # Its time is none of the node's.
        return "  ".join(part for part in (*parts, "reused") if part)
    took = at - datetime.fromisoformat(data["started_at"])
    parts.append(seconds(took.total_seconds()))
    if data["attempt"] > 1:
        parts.append(f"attempt {data['attempt']}")
    return "  ".join(part for part in parts if part)


def _awaited(rule: str, about: dict[str, Any], pages: str | None) -> str:
    """What others have to do for it to go on, and how."""
    if rule == "approval":
        form: dict[str, dict[str, Any]] = about.get("form") or {}
        asked = [name for name, schema in form.items() if "default" not in schema and not fits_schema(schema, None)]
        fields = "".join(f" -d {name}=VALUE" for name in asked)
        browser = "" if pages is None else f", in the browser: {pages}/approvals?id={about['id']}"
        command = f"concertmaster approvals approve {about['id']}{fields} (or reject)"
        return f"{about['title']}  answer with: {command}{browser}"
    key = f" with the key {about['key']!r}" if about.get("key") else ""
    return f"waits for the event {about['name']!r}{key}"


def _outputs(outputs: dict[str, Any]) -> str:
    told: list[str] = []
    for outlet, value in outputs.items():
        name = "" if outlet == "out" else f"{outlet}: "
        if value["kind"] == "table":
            rows = "rows not counted" if value["rows"] is None else f"{value['rows']:,} rows"
            told.append(f"{name}{rows}")
        elif value["kind"] == "file":
            told.append(f"{name}{value.get('path') or value['name']} ({value['bytes']:,} bytes)")
        elif name:
            told.append(outlet)
    return ", ".join(told)


def _share(done: float, total: float | None) -> str:
    return f"{done:,.0f}" if not total else f"{done / total:.0%}"
