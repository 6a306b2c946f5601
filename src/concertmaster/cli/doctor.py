"""`concertmaster doctor`: what could keep ConcertMaster from working here, each with its remedy."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson
from rich.text import Text

from concertmaster.api.web import STATIC
from concertmaster.cli.client import serves
from concertmaster.cli.serve import listen
from concertmaster.cli.terminal import FAILED, console, print_json
from concertmaster.config import PREFIX, SERVER_FILE, Settings, read
from concertmaster.domain.errors import ConcertMasterError
from concertmaster.inspection import (
    database_is_shared,
    known_connections,
    not_common,
    other_servers,
    schema_state,
    unknown_limits,
)
from concertmaster.observability.logging import configure
from concertmaster.opening import open_depot
from concertmaster.registering.opening import read_registry
from concertmaster.security.given_connections import VARIABLE, given_connections
from concertmaster.services.connections import problem_of

LEAST_FREE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One check; `ok` None is a warning."""

    name: str
    ok: bool | None
    message: str


def diagnose(*, as_json: bool, data_dir: Path | None) -> None:
    """Run all checks and print them; exits with 1 when one fails."""
    settings = read(data_dir=data_dir)
    findings = [finding for check in _CHECKS for finding in check(settings)]
    if as_json:
        print_json({"items": [{"name": item.name, "ok": item.ok, "message": item.message} for item in findings]})
    else:
        for item in findings:
            sign, style = {True: ("✓", "green"), False: ("✗", "red"), None: ("!", "yellow")}[item.ok]
            console().print(Text.assemble((f"{sign} ", style), (f"{item.name:14}", "bold"), item.message))
    if any(item.ok is False for item in findings):
        sys.exit(FAILED)


def _python(_: Settings) -> Iterator[Finding]:
    ok = sys.version_info >= (3, 11)
    remedy = "" if ok else "; ConcertMaster needs 3.11 or newer"
    yield Finding("python", ok, f"{platform.python_version()} on {platform.system()}{remedy}")
    yield Finding("sqlite", sqlite3.sqlite_version_info >= (3, 35), sqlite3.sqlite_version)


def _environment(_: Settings) -> Iterator[Finding]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known and not name.startswith(VARIABLE):
            yield Finding("environment", None, f"{name} is no setting; see: concertmaster config show")


def _folders(settings: Settings) -> Iterator[Finding]:
    for name, folder in (("workspace", settings.resolved_workspace), ("data folder", settings.resolved_data_dir)):
        # A data folder that is not there yet is made at the first start, if its parent lets us.
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        try:
            with tempfile.TemporaryFile(dir=there):
                pass
        except OSError as error:
            yield Finding(name, False, f"{folder} cannot be written: {error.strerror}; give this user the right to")
            continue
        free = shutil.disk_usage(there).free
        ok = None if free < LEAST_FREE_BYTES else True
        yield Finding(name, ok, f"{folder}, {free / 2**30:.1f} GiB free{'' if ok else '; make room'}")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        state = schema_state(settings)
    except ConcertMasterError as error:
        yield Finding("database", False, error.message)
        return
    yield Finding("database", True, state)
    others = asyncio.run(other_servers(settings, here=serves(settings)))
    for told in not_common(settings, others):
        yield Finding("database", False, told)
    if database_is_shared(settings) and not others:
        for name, is_set in (
            ("SECRET_KEY", settings.secret_key or settings.secret_key_file),
            (f"ARTIFACTS_DIR (or {PREFIX}ARTIFACTS_URL)", settings.artifacts_dir or settings.artifacts_url),
        ):
            if not is_set:
                remedy = f"set {PREFIX}{name} to the same on all servers, if there are several on this database"
                yield Finding("database", None, remedy)


def _artifacts(settings: Settings) -> Iterator[Finding]:
    if not settings.artifacts_url:
        return
    try:
        open_depot(settings).check()
    except ConcertMasterError as error:
        yield Finding("artifacts", False, error.message)
    else:
        yield Finding("artifacts", True, f"{settings.artifacts_url} can be written, read and cleaned")


def _server(settings: Settings) -> Iterator[Finding]:
    try:
        found = orjson.loads((settings.resolved_data_dir / SERVER_FILE).read_bytes())
    except (OSError, ValueError):
        found = None
    if isinstance(found, dict) and _alive(cast("dict[str, Any]", found)):
        yield Finding("server", True, f"runs at {found.get('url', '?')} (process {found['pid']})")
        return
    try:
        with closing(listen(settings.host, settings.port)):
            pass
    except ConcertMasterError as error:
        yield Finding("port", False, error.message)
        return
    yield Finding("port", True, f"{settings.port} on {settings.host} is free")


def _web(_: Settings) -> Iterator[Finding]:
    built = (STATIC / "index.html").is_file()
    yield Finding("web UI", True if built else None, "built" if built else "not built; in a clone run: make web")


def _connections(settings: Settings) -> Iterator[Finding]:
    for source in given_connections(settings):
        for given in source.given():
            problem = problem_of(given)
            shown = f"{given.name} of {given.place}: {problem or given.type}"
            yield Finding("connection", not problem, f"{shown}; mend it there" if problem else shown)


def _nodes(settings: Settings) -> Iterator[Finding]:
    # What cannot be loaded is told below.
    configure("error", settings.log_format)
    registry = asyncio.run(read_registry(settings)).current
    yield Finding("node types", True, f"{len(registry.ids())} from {len(registry.sources)} sources")
    for source in registry.sources:
        if source.status == "quarantined":
            last = (source.error or "").strip().rpartition("\n")[2]
            place = source.module if source.line is None else f"{source.module}:{source.line}"
            yield Finding("node types", False, f"{place}: {last}; mend it, or move it out of the folder")
    known = asyncio.run(known_connections(settings))
    try:
        told = unknown_limits(settings, registry.ids(), known or {})
    except ConcertMasterError as error:
        yield Finding("limits", False, error.message)
    else:
        # Where nobody can tell the connections, nothing is said about their limits.
        lines = [line for line in told if known is not None or "connection:" not in line]
        yield from (Finding("limits", None, line) for line in lines)


def _alive(server: dict[str, Any]) -> bool:
    try:
        os.kill(int(server["pid"]), 0)
    except (OSError, KeyError, ValueError):
        return False
    return True


_CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _python,
    _environment,
    _folders,
    _database,
    _artifacts,
    _server,
    _web,
    _connections,
    _nodes,
)
