"""Code store: the text of plugin modules by hash, so that what started with it finds it again, here and in children."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import orjson

from concertmaster.domain.errors import UserError
from concertmaster.nodes.description import TypeDescription
from concertmaster.nodes.module_files import StoredFiles

FOLDER = "node-code"


class CodeStore:
    """A folder with a JSON file for each set of module files, and the types they were in service with.

    Nothing is removed: an execution may wait for years, and it is text that people wrote.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, files: StoredFiles, types: Iterable[TypeDescription]) -> None:
        """Keep files and, beside those known already, the types that are made of them.

        Raises:
            OSError: the folder cannot be written.
        """
        hash_ = files.hash
        path = self.path(hash_)
        # Two modules that import each other are the same files.
        known = {type_.spec.reference: type_ for type_ in self.types(hash_)}
        told = known | {type_.spec.reference: type_ for type_ in types}
        before = self.get(hash_)
        if before is not None and before.folder == files.folder and told == known:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as unfinished:
            unfinished.write(orjson.dumps({**files.as_json(), "types": [type_.as_json() for type_ in told.values()]}))
            unfinished.flush()
            os.fsync(unfinished.fileno())
        Path(unfinished.name).replace(path)

    def get(self, hash_: str) -> StoredFiles | None:
        """The files with this hash, None when they are not here, or are not what they were."""
        return read_files(self.path(hash_), hash_)

    def path(self, hash_: str) -> Path:
        """Where the files with this hash are, or would be."""
        return self._folder / f"{hash_}.json"

    def types(self, hash_: str) -> list[TypeDescription]:
        """The types that were made of these files; none where a release wrote them that this one cannot read."""
        try:
            data = orjson.loads(self.path(hash_).read_bytes())
            return [TypeDescription.from_json(type_) for type_ in data.get("types", ())]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, UserError):
            return []


def read_files(path: Path, hash_: str) -> StoredFiles | None:
    """Files as `CodeStore.put` wrote them, None when they are not there, or are not those."""
    try:
        files = StoredFiles.from_json(orjson.loads(path.read_bytes()))
    except (OSError, ValueError):
        return None
    return files if files.hash == hash_ else None
