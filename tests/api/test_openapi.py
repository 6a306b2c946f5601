"""The web UI's types are generated from a stored schema; it must be the one that the API has now."""

from __future__ import annotations

import json
from pathlib import Path

from server_process import run_command

STORED = Path(__file__).parents[2] / "web" / "src" / "api" / "openapi.json"


def test_the_stored_schema_is_current(tmp_path: Path) -> None:
    printed = run_command(tmp_path, "openapi")
    assert printed.returncode == 0, printed.stderr
    assert json.loads(printed.stdout) == json.loads(STORED.read_text()), "run `make api` and commit what changes"
