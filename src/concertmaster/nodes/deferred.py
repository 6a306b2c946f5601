"""Libraries that load at first use: duckdb and pyarrow are 40 MB that a server without tables never needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Deferred:
    # The loader asks everything in a module for this; asking the library would load it.
    node_type = None

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


def deferred(name: str) -> Any:
    """A stand-in for a module, typed by an import under TYPE_CHECKING; not for annotations that `@node` reads."""
    return _Deferred(name)
