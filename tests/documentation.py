"""What the documentation holds: pages, their headings, links and code blocks."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from concertmaster import Connection

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"cat > (\S+) <<'EOF'\n(.*?)^EOF$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `name` is the file that its first line names in a comment, or ""."""

    page: Path
    language: str
    text: str

    @property
    def name(self) -> str:
        first = self.text.partition("\n")[0]
        found = re.fullmatch(r"# (\S+\.\w+)", first)
        return found[1] if found else ""


def blocks(page: Path, language: str) -> list[Block]:
    """The blocks of a language, in order."""
    return [Block(page, found[2], found[3]) for found in _FENCE.finditer(page.read_text()) if found[2] == language]


def documents(page: Path) -> list[Block]:
    """The workflow documents of a page."""
    return [block for block in blocks(page, "yaml") if "concertmaster: 1" in block.text]


def files(page: Path) -> Iterator[tuple[str, str]]:
    """Name and text of the files that a page tells to make: data, Python and declarations of nodes."""
    for block in blocks(page, "sh"):
        yield from _FILE.findall(block.text)
    for block in (*blocks(page, "python"), *blocks(page, "yaml")):
        if (block.language == "python" and block.name) or block.name.startswith("nodes/"):
            yield block.name, block.text


def links(page: Path) -> list[str]:
    """The targets of its links, without code blocks."""
    return _LINK.findall(_FENCE.sub("", page.read_text()))


def headings(page: Path) -> list[str]:
    """The texts of its headings, without code blocks."""
    return _HEADING.findall(_FENCE.sub("", page.read_text()))


def anchors(page: Path) -> set[str]:
    """The anchors that a forge gives its headings."""
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings(page)}


def name_of(page: Path) -> str:
    """Its path, for test ids."""
    return str(page.relative_to(ROOT))


def shop(folder: Path) -> Connection:
    """The connection that examples name: a database in the folder, with a few orders."""
    with contextlib.closing(sqlite3.connect(folder / "shop.db")) as made:
        made.execute("create table orders (id integer primary key, total real)")
        made.execute("insert into orders values (1, 5), (2, 20), (3, 30)")
        made.commit()
    return Connection("sqlite", "shop", {"path": "shop.db", "read_only": False})
