"""Candidates: what may hold node types: built-ins, entry points and the workspace's `nodes/` folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

from concertmaster.nodes.registry import SourceKind

ENTRY_POINT_GROUP = "concertmaster.nodes"
FOLDER = "nodes"
DECLARATIONS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may hold node types.

    Attributes:
        name: what people know it by: file name, entry point name.
        module: its module; in a folder the name there, `weather`.
        folder: the folder that it is in; None for an entry point.
        file: its file in the folder, `weather.py`, `acme/__init__.py` or `issues.yaml`; "" for an entry point.
    """

    name: str
    kind: SourceKind
    module: str
    folder: str | None = None
    file: str = ""

    @property
    def key(self) -> str:
        """Unique among candidates, over snapshots too."""
        return f"{self.kind}:{self.name}"

    @property
    def place(self) -> str:
        """Its file, or the module of an entry point."""
        return self.module if self.folder is None else str(Path(self.folder, self.file))

    @property
    def declared(self) -> bool:
        """Whether it is the file of a declarative node, which no code stands behind."""
        return self.file.endswith(DECLARATIONS)

    def owns(self, file: str) -> bool:
        """Whether a file of the folder belongs to it: its own, or one of its package."""
        return file == self.file or (self.file.endswith("/__init__.py") and file.startswith(f"{self.module}/"))

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "module": self.module,
            "folder": self.folder,
            "file": self.file,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Candidate:
        """Inverse of `as_json`."""
        kind = cast("SourceKind", data["kind"])
        return Candidate(data["name"], kind, data["module"], data["folder"], data["file"])


def find_candidates(workspace: Path | None) -> Iterator[Candidate]:
    """What there is now beside built-ins, in order of precedence: a type id belongs to whoever comes first.

    Raises:
        OSError: the folder cannot be read.
    """
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        yield Candidate(point.name, "entry_point", point.module)
    if workspace is not None:
        yield from candidates_in(workspace / FOLDER)


def candidates_in(folder: Path) -> Iterator[Candidate]:
    """What a folder holds: modules, packages and declarations; nothing where there is no folder."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        is_package = (path / "__init__.py").is_file()
        name = path.name if is_package else path.stem
        if name.startswith(("_", ".", "test_")) or name == "conftest":
            continue
        if is_package:
            yield Candidate(path.name, "folder", name, str(folder), f"{name}/__init__.py")
        elif path.suffix in (".py", *DECLARATIONS) and path.is_file():
            yield Candidate(path.name, "folder", name, str(folder), path.name)
