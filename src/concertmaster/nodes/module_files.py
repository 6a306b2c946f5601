"""Module files: the text of a plugin's modules, read from disk once and then kept, and their import under fresh names.

A folder becomes a package of a name never used before, so that relative imports between its files work; its modules
are compiled from the text that is given, and say that they are the files that people edit.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Protocol

import orjson

PACKAGE_PREFIX = "concertmaster_nodes_"


class Files(Protocol):
    """Where the text of modules comes from; names are relative to the folder, with slashes: `acme/deep.py`."""

    @property
    def folder(self) -> str:
        """Where they are."""
        ...

    def get(self, name: str) -> bytes | None:
        """A file, None when there is none."""
        ...

    def below(self, name: str) -> Sequence[str]:
        """The modules and packages right below a package (`acme/deep`), by name, sorted."""
        ...


class DiskFiles:
    """The folder as it is on disk, each file read once; what was read is what was executed."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.read: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        """See `Files`."""
        if name not in self.read:
            try:
                self.read[name] = Path(self.folder, name).read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return None
        return self.read[name]

    def below(self, name: str) -> list[str]:
        """See `Files`."""
        found: set[str] = set()
        for path in Path(self.folder, name).iterdir():
            if path.suffix == ".py":
                found.add(path.stem)
            elif (path / "__init__.py").is_file():
                found.add(path.name)
        return sorted(found)


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """Files that stay as they are: name to text."""

    folder: str
    files: Mapping[str, bytes]

    def get(self, name: str) -> bytes | None:
        """See `Files`."""
        return self.files.get(name)

    def below(self, name: str) -> list[str]:
        """See `Files`."""
        inside = [path.removeprefix(f"{name}/") for path in self.files if path.startswith(f"{name}/")]
        modules = {path.removesuffix(".py") for path in inside if "/" not in path}
        packages = {path.removesuffix("/__init__.py") for path in inside if path.endswith("/__init__.py")}
        return sorted(modules | {name for name in packages if "/" not in name})

    @property
    def hash(self) -> str:
        """Of the names and the texts, in hex; the same in whatever folder."""
        return hash_of({name: digest(text) for name, text in self.files.items()})

    def as_json(self) -> dict[str, object]:
        """Plain data; text that is no UTF-8 keeps its bytes as lone surrogates would, so it is Latin-1 here."""
        return {"folder": self.folder, "files": {name: text.decode("latin-1") for name, text in self.files.items()}}

    @staticmethod
    def from_json(data: Mapping[str, object]) -> StoredFiles:
        """Inverse of `as_json`. Raises ValueError for anything else."""
        folder, files = data.get("folder"), data.get("files")
        if not isinstance(folder, str) or not isinstance(files, dict):
            raise ValueError("these are no files")
        return StoredFiles(folder, {str(k): str(v).encode("latin-1") for k, v in files.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def digest(text: bytes) -> str:
    """Hash of one file, in hex."""
    return hashlib.sha256(text).hexdigest()


def hash_of(digests: Mapping[str, str]) -> str:
    """Hash of files by their names and hashes, in hex."""
    return digest(orjson.dumps(sorted(digests.items())))


def import_modules(package: str, name: str, files: Files) -> Iterator[ModuleType]:
    """Import a module of the files, and when it is a package everything below it.

    Args:
        package: name that stands for the folder; the same for the same files.
        name: of the module, `weather`.
    """
    _install(package, files)
    try:
        yield from _walk(f"{package}.{name}", name, files)
    except BaseException:
        # A half-imported module must not be found by the next import.
        forget(f"{package}.{name}")
        raise


def import_module(package: str, name: str, files: Files) -> ModuleType:
    """Import one module of the files, `acme.deep`; what its package imports comes along."""
    _install(package, files)
    try:
        return importlib.import_module(f"{package}.{name}")
    except BaseException:
        forget(f"{package}.{name.partition('.')[0]}")
        raise


def forget(full: str) -> None:
    """Take a module, and what is below it, out of the interpreter's memory."""
    for known in [known for known in sys.modules if known == full or known.startswith(f"{full}.")]:
        sys.modules.pop(known, None)


def _walk(full: str, name: str, files: Files) -> Iterator[ModuleType]:
    module = importlib.import_module(full)
    yield module
    if hasattr(module, "__path__"):
        for below in files.below(name):
            if not below.startswith("__"):
                yield from _walk(f"{full}.{below}", f"{name}/{below}", files)


_installing = threading.Lock()


def _install(package: str, files: Files) -> None:
    with _installing:
        finder = next((found for found in sys.meta_path if isinstance(found, _Finder)), None)
        if finder is None:
            finder = _Finder()
            sys.meta_path.insert(0, finder)
        if package not in sys.modules:
            parent = ModuleType(package, "Node types of a workspace.")
            # What was never read is found on disk: a module that is only imported when a node runs.
            parent.__path__ = [files.folder]
            sys.modules[package] = parent
        finder.packages[package] = files


class _Finder(MetaPathFinder):
    """Finds the modules of invented packages."""

    def __init__(self) -> None:
        self.packages: dict[str, Files] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if not fullname.startswith(PACKAGE_PREFIX):
            return None
        package, _, rest = fullname.partition(".")
        files = self.packages.get(package)
        if files is None or not rest:
            return None
        name = rest.replace(".", "/")
        for file, is_package in ((f"{name}/__init__.py", True), (f"{name}.py", False)):
            text = files.get(file)
            if text is not None:
                place = os.path.join(files.folder, file)  # noqa: PTH118  (as importlib writes paths)
                loader = _Loader(fullname, place, text)
                within = [str(Path(place).parent)] if is_package else None
                return importlib.util.spec_from_file_location(
                    fullname, place, loader=loader, submodule_search_locations=within
                )
        return None


class _Loader(SourceFileLoader):
    """Compiles the text it was given, and neither reads nor writes a cache."""

    def __init__(self, fullname: str, path: str, text: bytes) -> None:
        super().__init__(fullname, path)
        self._text = text

    def get_data(self, path: str) -> bytes:
        """See `importlib.abc.ResourceLoader`."""
        return self._text if path == self.path else super().get_data(path)

    def path_stats(self, path: str) -> Mapping[str, object]:  # noqa: ARG002  # pyright: ignore[reportIncompatibleMethodOverride]
        """None: a cache beside the file would be of another text."""
        raise OSError


def package_name(hash_: str, folder: str = "") -> str:
    """The name that stands for a folder with files of this hash."""
    return f"{PACKAGE_PREFIX}{digest(f'{hash_} {folder}'.encode())[:16]}"
