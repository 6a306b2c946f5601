"""File: what a node gets and returns for a file, in the workspace or in the artifact store."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from concertmaster.domain.values import FileRef

mimetypes.add_type("application/vnd.apache.parquet", ".parquet")
mimetypes.add_type("application/x-ndjson", ".jsonl")
mimetypes.add_type("application/x-ndjson", ".ndjson")
mimetypes.add_type("application/yaml", ".yaml")


@dataclass(frozen=True, slots=True)
class File:
    """A file. A node returns `File(path)` for one that it wrote with `context.path(...)` or in `context.scratch()`.

    Attributes:
        path: where its bytes are on this machine; read only.
        name: what people call it; default the path's last part.
        media_type: default by the name's ending.
        ref: what events say about it; None as long as it was not handed over.
    """

    path: Path
    name: str = ""
    media_type: str = ""
    ref: FileRef | None = None

    def __post_init__(self) -> None:
        # Frozen: the defaults that depend on another field go in by the back door.
        object.__setattr__(self, "path", Path(self.path))
        object.__setattr__(self, "name", self.name or self.path.name)
        object.__setattr__(self, "media_type", self.media_type or media_type_of(self.name))

    @property
    def size_bytes(self) -> int:
        """Its length now."""
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        """Open it for reading bytes; close it again (`with`)."""
        return self.path.open("rb")

    def read_bytes(self) -> bytes:
        """All of it."""
        return self.path.read_bytes()

    def read_text(self, encoding: str = "utf-8") -> str:
        """All of it as text."""
        return self.path.read_text(encoding)


def media_type_of(name: str) -> str:
    """The media type that a name's ending stands for."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
