"""`concertmaster openapi`."""

from __future__ import annotations

import json
import sys

from concertmaster.api.app import create_app


def print_schema() -> None:
    """Print the schema; nothing is started for it."""
    json.dump(create_app(None).openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
