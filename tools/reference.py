"""Write the generated pages of `docs/reference/` from the code: `make docs`. With `--check` only say what is stale."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from reference_code import errors_page, problems_page, settings_page
from reference_commands import cli_page
from reference_http import http_page
from reference_nodes import nodes_page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTICE = "<!-- Written by `make docs` from the code; edit the code, not this page. -->\n\n"
PAGES: dict[str, Callable[[], str]] = {
    "nodes.md": nodes_page,
    "settings.md": settings_page,
    "cli.md": cli_page,
    "problems.md": problems_page,
    "errors.md": errors_page,
    "http.md": http_page,
}


def generate() -> dict[str, str]:
    """Name of each page to its text."""
    return {name: NOTICE + page().strip() + "\n" for name, page in PAGES.items()}


def stale() -> list[str]:
    """Names of the pages whose file is not what the code says now."""
    return [name for name, text in generate().items() if not _same(FOLDER / name, text)]


def main() -> int:
    """Write what has changed; with `--check` write nothing and answer 1 when something has."""
    found = stale()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"docs/reference/{name} is stale; run: make docs" for name in found))
        return 1 if found else 0
    pages = generate() if found else {}
    for name in found:
        (FOLDER / name).write_text(pages[name])
        print(f"docs/reference/{name} written")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
