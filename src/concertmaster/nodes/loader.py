"""Loader: the one door for node types: built-ins, entry points and the workspace's `nodes/` folder.

A source that fails is quarantined with its traceback and the rest goes on; only a broken built-in is a bug, and
raises. Folder modules get a fresh name each time, so that running executions keep the code that they started with.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import pkgutil
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from concertmaster.domain.errors import UserError
from concertmaster.nodes import builtin
from concertmaster.nodes.node_type import NodeType, node_type_of
from concertmaster.nodes.registry import Registry, Source, SourceKind

ENTRY_POINT_GROUP = "concertmaster.nodes"
FOLDER = "nodes"
SLOW_SECONDS = 3.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may hold node types; `modules` imports it and all modules below it."""

    name: str
    kind: SourceKind
    module: str
    file: Path | None
    modules: Callable[[], Iterable[ModuleType]]


def load_registry(workspace: Path | None = None) -> Registry:
    """A snapshot of everything there is now."""
    return build_registry(candidates(workspace))


def candidates(workspace: Path | None = None) -> Iterator[Candidate]:
    """What may hold node types, in order of precedence: a type id belongs to whoever comes first."""
    yield Candidate("built-in", "builtin", builtin.__name__, None, lambda: _walk(builtin))
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        yield Candidate(point.name, "entry_point", point.module, None, _entry_point_modules(point))
    if workspace is not None:
        yield from _folder_candidates(workspace / FOLDER)


def build_registry(found: Iterable[Candidate], *, slow_seconds: float = SLOW_SECONDS) -> Registry:
    """Import the candidates and make a snapshot of what they hold.

    Args:
        slow_seconds: after which a module that is still being imported is named in the log.
    Raises:
        Exception: whatever a broken built-in raises.
    """
    types: dict[str, tuple[NodeType, str]] = {}
    sources: list[Source] = []
    for candidate in found:
        try:
            with _watched(candidate, slow_seconds):
                offered = [type_ for module in candidate.modules() for type_ in describe(module)]
            for type_ in offered:
                _refuse_double(type_, types, offered)
        except BaseException as error:
            # Ctrl+C may be meant for us, and is not the module's fault.
            if candidate.kind == "builtin" or isinstance(error, KeyboardInterrupt):
                raise
            sources.append(_quarantined(candidate, error))
            continue
        types.update({type_.spec.reference: (type_, candidate.name) for type_ in offered})
        references = tuple(sorted(type_.spec.reference for type_ in offered))
        sources.append(Source(candidate.name, candidate.kind, candidate.module, references))
    return Registry([type_ for type_, _ in types.values()], sources)


@contextmanager
def _watched(candidate: Candidate, slow_seconds: float) -> Generator[None]:
    """Say which module everything waits for: nothing else is visible while an import hangs."""
    place = str(candidate.file or candidate.module)
    message = f"{place} is still being imported after {slow_seconds:g} s and everything waits for it; if it hangs, "
    message += "end ConcertMaster, and mend the module or move it out of the folder"
    timer = threading.Timer(slow_seconds, _log.warning, (message,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def describe(module: ModuleType) -> list[NodeType]:
    """The node types that a module defines, in its order; what it only imported belongs to others."""
    found: list[NodeType] = []
    source_hash = ""
    if not module.__name__.startswith(f"{builtin.__name__}.") and module.__file__:
        source_hash = hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest()
    for value in list(vars(module).values()):
        type_ = node_type_of(value)
        if type_ is not None and type_.function.__module__ == module.__name__:
            found.append(replace(type_, spec=replace(type_.spec, source_hash=source_hash)))
    return found


def _walk(module: ModuleType) -> Iterator[ModuleType]:
    """A module and, when it is a package, everything below it."""
    yield module
    for below in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if not below.name.startswith("__"):
            yield from _walk(importlib.import_module(f"{module.__name__}.{below.name}"))


def _entry_point_modules(point: EntryPoint) -> Callable[[], Iterable[ModuleType]]:
    return lambda: _walk(importlib.import_module(point.module))


def _folder_candidates(folder: Path) -> Iterator[Candidate]:
    if not folder.is_dir():
        return
    # The folder becomes a package of a name never used before: relative imports between its files work.
    parent = ModuleType(f"concertmaster_nodes_{uuid.uuid4().hex[:12]}", "Node types of a workspace.")
    parent.__path__ = [str(folder)]
    sys.modules[parent.__name__] = parent
    importlib.invalidate_caches()
    for path in sorted(folder.iterdir()):
        package = path / "__init__.py"
        file = package if package.is_file() else path
        name = path.stem if path.suffix == ".py" else path.name
        if name.startswith(("_", ".", "test_")) or name == "conftest" or not file.is_file() or file.suffix != ".py":
            continue
        yield Candidate(path.name, "folder", f"{parent.__name__}.{name}", file, _folder_modules(parent.__name__, name))


def _folder_modules(parent: str, name: str) -> Callable[[], Iterable[ModuleType]]:
    full = f"{parent}.{name}"

    def modules() -> list[ModuleType]:
        if not name.isidentifier():
            raise UserError(
                "node.bad_module", f"'{name}.py' cannot be imported; use letters, digits and underscores in its name"
            )
        try:
            return list(_walk(importlib.import_module(full)))
        except BaseException:
            # A half-imported module must not be found by the next import.
            for known in [known for known in sys.modules if known == full or known.startswith(f"{full}.")]:
                del sys.modules[known]
            raise

    return modules


def _refuse_double(type_: NodeType, types: dict[str, tuple[NodeType, str]], offered: list[NodeType]) -> None:
    reference = type_.spec.reference
    same = sum(other.spec.reference == reference for other in offered)
    if reference not in types and same == 1:
        return
    owner = f"'{types[reference][1]}'" if reference in types else "this source, twice"
    code = type_.function.__code__
    raise UserError(
        "node.already_defined",
        f"{code.co_filename}:{code.co_firstlineno}: the node type {reference} is defined by {owner}; "
        f"give it an id of its own with @node(id=...)",
        file=code.co_filename,
        line=code.co_firstlineno,
    )


def _quarantined(candidate: Candidate, error: BaseException) -> Source:
    text = "".join(traceback.format_exception(error))
    return Source(
        name=candidate.name,
        kind=candidate.kind,
        module=str(candidate.file or candidate.module),
        status="quarantined",
        error=text,
        line=_line(candidate, error),
    )


def _line(candidate: Candidate, error: BaseException) -> int | None:
    if isinstance(error, UserError) and isinstance(error.details.get("line"), int):
        return error.details["line"]
    if isinstance(error, SyntaxError):
        return error.lineno
    folder = candidate.file.parent if candidate.file else None
    frames = traceback.extract_tb(error.__traceback__)
    within = [frame.lineno for frame in frames if folder and Path(frame.filename).is_relative_to(folder)]
    return within[-1] if within else None
