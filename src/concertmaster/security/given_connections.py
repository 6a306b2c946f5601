"""Connections that the deployment gives: environment variables and mounted files. They can only be read.

`CONCERTMASTER_CONNECTION__WAREHOUSE='{"type": "postgres", ...}'` is a whole one, and
`CONCERTMASTER_CONNECTION__WAREHOUSE__HOST` one field of it. In the folder of CONNECTIONS_DIR `warehouse.json` is a
whole one, and the folder `warehouse/` holds one with a file for each field, as Kubernetes mounts a secret; its type is
in the file `type`.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import orjson

from concertmaster.config import PREFIX, Settings
from concertmaster.domain.interfaces import ConnectionOrigin, ConnectionSource, GivenConnection

VARIABLE = f"{PREFIX}CONNECTION__"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
FRESH_SECONDS = 1.0
_LARGEST_BYTES = 1024 * 1024
_RULE = "name it with lower-case letters, digits, - and _"


class EnvironmentConnections:
    """`ConnectionSource` of the environment, which does not change while a process runs."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._given = tuple(_of_environment(environ))

    def given(self) -> Sequence[GivenConnection]:
        """All of them, by name."""
        return self._given


class FileConnections:
    """`ConnectionSource` of a mounted folder; what changes there is seen within a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given: Sequence[GivenConnection] = ()
        self._read_at = float("-inf")

    def given(self) -> Sequence[GivenConnection]:
        """All of them, by name."""
        if time.monotonic() - self._read_at >= FRESH_SECONDS:
            found = tuple(self._read())
            if found != self._given:
                self._given = found
            self._read_at = time.monotonic()
        return self._given

    def _read(self) -> list[GivenConnection]:
        try:
            entries = sorted(entry for entry in self._folder.iterdir() if not entry.name.startswith("."))
        except OSError as error:
            return [_broken(self._folder.name, "file", str(self._folder), _reason(error))]
        folders = [_of_folder(entry) for entry in entries if entry.is_dir()]
        files = [_of_file(entry) for entry in entries if entry.suffix == ".json" and entry.is_file()]
        return sorted([*folders, *files], key=lambda one: one.name)


def given_connections(settings: Settings) -> list[ConnectionSource]:
    """The sources of a deployment, the first that has a name counts: variables, then files."""
    folder = settings.resolved_connections_dir
    files = [] if folder is None else [FileConnections(folder)]
    return [EnvironmentConnections(os.environ), *files]


def _of_environment(environ: Mapping[str, str]) -> list[GivenConnection]:
    whole: dict[str, dict[str, Any]] = {}
    fields: dict[str, dict[str, Any]] = {}
    broken: list[GivenConnection] = []
    for variable in sorted(environ):
        if not variable.startswith(VARIABLE):
            continue
        name, _, field = variable.removeprefix(VARIABLE).lower().partition("__")
        if not NAME.fullmatch(name):
            broken.append(_broken(name, "environment", variable, f"{name!r} is no name of a connection; {_RULE}"))
        elif field:
            fields.setdefault(name, {})[field] = environ[variable]
        else:
            found = _object(environ[variable].encode())
            if isinstance(found, str):
                broken.append(_broken(name, "environment", variable, found))
            else:
                whole[name] = found
    known = {one.name for one in broken}
    made = [
        _made(name, {**whole.get(name, {}), **fields.get(name, {})}, "environment", VARIABLE + name.upper())
        for name in sorted({*whole, *fields} - known)
    ]
    return sorted([*made, *broken], key=lambda one: one.name)


def _of_folder(folder: Path) -> GivenConnection:
    values: dict[str, Any] = {}
    try:
        for entry in sorted(folder.iterdir()):
            if entry.name.startswith(".") or not entry.is_file():
                continue
            # Editors and `echo` end files with a line break; a secret that ends with one is not seen in the wild.
            values[entry.name] = _content(entry).decode().removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as error:
        return _broken(folder.name, "file", str(folder), _reason(error))
    return _made(folder.name, values, "file", str(folder))


def _of_file(file: Path) -> GivenConnection:
    try:
        found = _object(_content(file))
    except (OSError, ValueError) as error:
        return _broken(file.stem, "file", str(file), _reason(error))
    if isinstance(found, str):
        return _broken(file.stem, "file", str(file), found)
    return _made(file.stem, found, "file", str(file))


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise ValueError(f"{file.name} is larger than {_LARGEST_BYTES} bytes")
    return content


def _object(content: bytes) -> dict[str, Any] | str:
    """The JSON object, or what is wrong; JSON errors are not quoted, because they quote the content."""
    try:
        found: object = orjson.loads(content)
    except ValueError:
        return 'it is not JSON; write an object such as {"type": "http", "token": "..."}'
    return cast("dict[str, Any]", found) if isinstance(found, dict) else "it is JSON, but not an object with fields"


def _made(name: str, values: dict[str, Any], origin: ConnectionOrigin, place: str) -> GivenConnection:
    type_ = values.pop("type", None)
    if not NAME.fullmatch(name):
        return _broken(name, origin, place, f"{name!r} is no name of a connection; {_RULE}")
    if not isinstance(type_, str) or not type_:
        return _broken(name, origin, place, "it does not say its `type`, such as postgres or http")
    return GivenConnection(name, type_, values, origin, place)


def _broken(name: str, origin: ConnectionOrigin, place: str, problem: str) -> GivenConnection:
    return GivenConnection(name, "", {}, origin, place, problem)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    return f"it cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
