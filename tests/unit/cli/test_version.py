"""The command by its other door, and what it says of itself."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version


def test_python_dash_m_is_the_command() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "concertmaster", "--version"], check=True, capture_output=True, text=True
    )
    assert said.stdout == f"concertmaster {version('concertmaster')}\n"
