"""The node types of a workspace, as the server would find them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

from concertmaster.config import Settings
from concertmaster.nodes.registry import Registry
from concertmaster.registering.opening import read_registry


def load_registry(workspace: Path, **settings: Any) -> Registry:
    """Described in children and imported when somebody asks for a type; may be called on a loop."""
    found: list[Registry] = []
    thread = threading.Thread(
        target=lambda: found.append(asyncio.run(read_registry(Settings(workspace=workspace, **settings))).current)
    )
    thread.start()
    thread.join()
    return found[0]
