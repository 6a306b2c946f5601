"""An environment of its own for each peer, made under `.bench-peers/` when its pins are new."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PINS = Path(__file__).parent
INSTALL_SECONDS = 600
STAMP = "installed.txt"


class NotAvailable(Exception):
    """A peer cannot be measured here; the message says why, in one line."""


def _command(command: list[str | Path]) -> None:
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except FileNotFoundError:
        raise NotAvailable(f"{name} is not installed") from None
    except subprocess.TimeoutExpired:
        raise NotAvailable(f"{name} took more than {INSTALL_SECONDS} s") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        # pip ends with what it could not do, npm begins with it.
        reason = next(
            (line for line in reversed(lines) if line.startswith("ERROR")), lines[0] if lines else "no output"
        )
        raise NotAvailable(f"{name} failed: {reason}")


def environment(folder: Path, peer: str) -> Path:
    """Install a peer's pinned packages unless they are there; returns its Python.

    Args:
        folder: where all environments are.
        peer: the folder under `benchmarks/peers/` with `requirements.txt`, and `package.json` if it needs npm.

    Raises:
        NotAvailable: something cannot be installed.
    """
    home, pins = folder / peer, [PINS / peer / "requirements.txt", PINS / peer / "package.json"]
    python, stamp = home / "bin/python", home / STAMP
    wanted = f"Python {sys.version}\n" + "".join(path.read_text() for path in pins if path.exists())
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"installing {peer}", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    _command([sys.executable, "-m", "venv", home])
    _command([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", pins[0]])
    if pins[1].exists():
        shutil.copy(pins[1], home)
        # Scripts of packages report installations elsewhere and build nothing that is used.
        _command(
            ["npm", "install", "--prefix", home, "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"]
        )
    stamp.write_text(wanted)
    return python
