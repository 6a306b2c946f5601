"""Installed: modules of installed packages, also of those that were installed while this process runs."""

from __future__ import annotations

import importlib
import site
import sys
from types import ModuleType


def import_installed(name: str) -> ModuleType:
    """Import a module of an installed package. Raises whatever importing it raises."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        if not _looked_again():
            raise
        return importlib.import_module(name)


def _looked_again() -> bool:
    """Read the `.pth` files again, which Python reads when it starts, and editable installs are found by; whether that
    has brought new places to import from."""
    importlib.invalidate_caches()
    before = (list(sys.path), list(sys.meta_path))
    for folder in [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]:
        site.addsitedir(folder)
    return (sys.path, sys.meta_path) != before
