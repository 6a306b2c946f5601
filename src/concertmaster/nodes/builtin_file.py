"""The file that tells what the built-in modules offer, so that a server imports those only that its workflows use.

Importing and describing all takes half a second and 40 MB at each start. `make docs` writes the file; a module that is
another than it was then, or any when pydantic is another, is imported at the start as if there were no file.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from concertmaster.nodes import builtin
from concertmaster.nodes.describe import types_of
from concertmaster.nodes.description import TypeDescription

FILE = Path(__file__).parent / "builtin.gen.json"
_FOLDER = Path(builtin.__file__).parent


def builtin_modules() -> list[str]:
    """The names of the modules that may define built-ins; packages hold their helpers."""
    return [f"{builtin.__name__}.{found.name}" for found in pkgutil.iter_modules([str(_FOLDER)]) if not found.ispkg]


def described() -> dict[str, tuple[TypeDescription, ...]]:
    """What each module offers, of those that are what they were when the file was written."""
    try:
        data: Mapping[str, Any] = orjson.loads(FILE.read_bytes())
    except (OSError, ValueError):
        return {}
    if data["pydantic"] != version("pydantic"):
        return {}
    return {
        module: tuple(map(TypeDescription.from_json, told["types"]))
        for module, told in data["modules"].items()
        if told["digest"] == _digest(module)
    }


def text() -> str:
    """What has to stand in the file; a line a module, so that two changes seldom meet."""
    lines = [f"{orjson.dumps(name).decode()}: {orjson.dumps(_told(name)).decode()}" for name in builtin_modules()]
    return f'{{"pydantic": "{version("pydantic")}", "modules": {{\n' + ",\n".join(lines) + "\n}}\n"


def _told(name: str) -> dict[str, Any]:
    types = types_of(importlib.import_module(name))
    shown = [TypeDescription(type_.spec, name, type_.function.__qualname__).as_json() for type_ in types]
    return {"digest": _digest(name), "types": shown}


def _digest(module: str) -> str | None:
    try:
        text = (_FOLDER / f"{module.rpartition('.')[2]}.py").read_bytes()
    except OSError:
        return None
    return hashlib.sha256(text).hexdigest()[:16]
