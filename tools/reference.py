"""Write what is generated from the code: the pages of `docs/reference/` and the descriptions of built-ins: `make docs`.

With `--check` only say what is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from reference_code import errors_page, problems_page, settings_page
from reference_commands import cli_page
from reference_http import http_page
from reference_nodes import nodes_page

from concertmaster.nodes import builtin_file

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTICE = "<!-- Written by `make docs` from the code; edit the code, not this page. -->\n\n"
PAGES: dict[str, Callable[[], str]] = {
    "nodes.md": nodes_page,
    "settings.md": settings_page,
    "cli.md": cli_page,
    "problems.md": problems_page,
    "errors.md": errors_page,
    "http.md": http_page,
}


def generate() -> dict[Path, str]:
    """Each file to its text."""
    pages = {FOLDER / name: NOTICE + page().strip() + "\n" for name, page in PAGES.items()}
    return {**pages, builtin_file.FILE: builtin_file.text()}


def stale() -> list[Path]:
    """The files that are not what the code says now."""
    return [path for path, text in generate().items() if not _same(path, text)]


def main() -> int:
    """Write what has changed; with `--check` write nothing and answer 1 when something has."""
    found = stale()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"{path.relative_to(ROOT)} is stale; run: make docs" for path in found))
        return 1 if found else 0
    texts = generate() if found else {}
    for path in found:
        path.write_text(texts[path])
        print(f"{path.relative_to(ROOT)} written")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
