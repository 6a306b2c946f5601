"""Describe: import a module and tell what node types it offers. For a child process: nobody has read that code."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from concertmaster.domain.errors import UserError
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.declared.node import declared_type
from concertmaster.nodes.declared.reading import read_declared
from concertmaster.nodes.description import Description, Failure, TypeDescription
from concertmaster.nodes.installed import import_installed
from concertmaster.nodes.module_files import DiskFiles, digest, forget, import_modules, package_name
from concertmaster.nodes.node_type import NodeType, node_type_of

_PACKAGE = Path(__file__).parent.parent
_TEXT_LIMIT = 16 * 1024
_SHOWN_LIMIT = 8 * 1024
IMPORT_FAILED = "registry.import_failed"


def describe(candidate: Candidate) -> Description | Failure:
    """Import a candidate under a name never used before, and describe it."""
    package = package_name(uuid.uuid4().hex)
    files = None if candidate.folder is None else DiskFiles(candidate.folder)
    try:
        if candidate.declared and files is not None:
            return _declared(candidate, files)
        found = list(_modules(candidate, package, files))
        types = tuple(
            TypeDescription(
                type_.spec,
                module.__name__.removeprefix(f"{package}."),
                type_.function.__qualname__,
                type_.function.__code__.co_filename,
                type_.function.__code__.co_firstlineno,
            )
            for module in found
            for type_ in types_of(module)
        )
        return Description(types, _digests(found, files))
    except BaseException as error:
        return failure_of(error, candidate, digests=_digests((), files))
    finally:
        # A child describes many modules, and nobody calls these functions.
        forget(package)


def _declared(candidate: Candidate, files: DiskFiles) -> Description:
    text = files.get(candidate.file)
    if text is None:
        raise FileNotFoundError(candidate.place)
    spec = declared_type(read_declared(text, place=candidate.place)).spec
    return Description((TypeDescription(spec, candidate.file, "", candidate.place, 1),), _digests((), files))


def types_of(module: ModuleType) -> list[NodeType]:
    """The node types that a module defines, in its order; what it only imported belongs to others."""
    found = (node_type_of(value) for value in list(vars(module).values()))
    return [type_ for type_ in found if type_ is not None and type_.function.__module__ == module.__name__]


def walk(module: ModuleType) -> Iterator[ModuleType]:
    """An installed module and, when it is a package, everything below it."""
    yield module
    for below in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if not below.name.startswith("__"):
            yield from walk(import_installed(f"{module.__name__}.{below.name}"))


def _modules(candidate: Candidate, package: str, files: DiskFiles | None) -> Iterator[ModuleType]:
    if files is None:
        return walk(import_installed(candidate.module))
    if not candidate.module.isidentifier():
        raise UserError(
            "node.bad_module",
            f"'{candidate.name}' cannot be imported; use letters, digits and underscores in its name",
        )
    return import_modules(package, candidate.module, files)


def _digests(modules: Iterable[ModuleType], files: DiskFiles | None) -> dict[str, str]:
    if files is not None:
        return {name: digest(text) for name, text in files.read.items()}
    places = [module.__file__ for module in modules if module.__file__]
    return {place: digest(Path(place).read_bytes()) for place in places}


def failure_of(error: BaseException, candidate: Candidate, *, digests: dict[str, str] | None = None) -> Failure:
    """What is told of an exception that importing a candidate raised."""
    file, line = _place(error, candidate)
    code = error.code if isinstance(error, UserError) else IMPORT_FAILED
    return Failure(code, _trace(error), file, line, digests or {})


def _trace(error: BaseException) -> str:
    """The traceback without the frames of the machinery; of a declaration, which has none, what is wrong with it."""
    if isinstance(error, UserError) and error.code == "node.bad_declaration":
        return f"{error.message}\n"
    try:
        told = traceback.TracebackException.from_exception(error)
        _strip(told, set())
        text = "".join(told.format())
    except Exception as second:
        # A class of the module's own may fail when it is shown.
        text = f"{type(error).__name__} (its text is not known: showing it raised {type(second).__name__})"
    if len(text) > _TEXT_LIMIT:
        text = f"{text[:_SHOWN_LIMIT]}\n...\n{text[-_SHOWN_LIMIT:]}"
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0").rstrip() + "\n"


def _strip(told: traceback.TracebackException, seen: set[int]) -> None:
    if id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [frame for frame in told.stack if not _ours(frame.filename)]
    for other in (told.__cause__, told.__context__):
        if other is not None:
            _strip(other, seen)


def _ours(file: str) -> bool:
    return file.startswith("<frozen importlib") or Path(file).is_relative_to(_PACKAGE) or file == importlib.__file__


def _place(error: BaseException, candidate: Candidate) -> tuple[str | None, int | None]:
    details = error.details if isinstance(error, UserError) else {}
    if isinstance(details.get("line"), int):
        return str(details.get("file")), details["line"]
    if isinstance(error, SyntaxError):
        return error.filename, error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _ours(frame.filename)]
    if candidate.folder is not None:
        frames = [frame for frame in frames if Path(frame.filename).is_relative_to(candidate.folder)]
    else:
        frames = [frame for frame in frames if not frame.filename.startswith(sys.base_prefix)]
    return (frames[-1].filename, frames[-1].lineno) if frames else (None, None)
