"""Refuse source files that have grown too long: 300 lines, tests 500. Exceptions need a reason in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

LIMIT, TEST_LIMIT = 300, 500
ROOT = Path(__file__).parent.parent


def main() -> int:
    """Print the files over their limit; 1 when there are any."""
    allowed: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["concertmaster"][
        "long-files"
    ]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.ts", "*.tsx"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    too_long = 0
    for name in sorted(set(listed)):
        path = ROOT / name
        if not path.exists() or ".gen." in name or name in allowed:
            continue
        lines = len(path.read_text().splitlines())
        is_test = name.startswith("tests/") or ".test." in name
        if lines > (TEST_LIMIT if is_test else LIMIT):
            print(f"{name}: {lines} lines; split it along its nouns, or give a reason in pyproject.toml")
            too_long += 1
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
