"""Code store: the text of plugin modules by hash, so that what started with it finds it again, here and in children."""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path

import orjson

from concertmaster.nodes.module_files import StoredFiles

FOLDER = "node-code"
# Whoever started with a version that is no longer served has had this long to end.
KEPT = timedelta(days=90)


class CodeStore:
    """A folder with a JSON file for each set of module files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, files: StoredFiles) -> str:
        """Keep files; those that are there already are only touched.

        Raises:
            OSError: the folder cannot be written.
        """
        hash_ = files.hash
        path = self.path(hash_)
        known = self.get(hash_)
        if known is not None and known.folder == files.folder:
            os.utime(path)
            return hash_
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as unfinished:
            unfinished.write(orjson.dumps(files.as_json()))
        Path(unfinished.name).replace(path)
        return hash_

    def get(self, hash_: str) -> StoredFiles | None:
        """The files with this hash, None when they are not here, or are not what they were."""
        return read_files(self.path(hash_), hash_)

    def path(self, hash_: str) -> Path:
        """Where the files with this hash are, or would be."""
        return self._folder / f"{hash_}.json"

    def sweep(self, *, now: float) -> None:
        """Remove what nobody has put or touched for a long time; `now` in seconds since the epoch."""
        for path in self._folder.glob("*"):
            if now - path.stat().st_mtime > KEPT.total_seconds():
                path.unlink(missing_ok=True)


def read_files(path: Path, hash_: str) -> StoredFiles | None:
    """Files as `CodeStore.put` wrote them, None when they are not there, or are not those."""
    try:
        files = StoredFiles.from_json(orjson.loads(path.read_bytes()))
    except (OSError, ValueError):
        return None
    return files if files.hash == hash_ else None
