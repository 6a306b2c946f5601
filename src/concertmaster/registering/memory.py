"""Memory: what the server keeps of its registry in the data folder, for its next start and for children."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from concertmaster.domain.errors import UserError
from concertmaster.nodes.description import TypeDescription
from concertmaster.nodes.manifest import Manifest, read_manifest
from concertmaster.nodes.module_files import StoredFiles
from concertmaster.registering.load_settings import LoadSettings

_log = logging.getLogger(__name__)


class Memory:
    """Reads always, and writes where the settings say `keep`."""

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="registry-memory")

    def recall(self) -> Manifest | None:
        """What was in service before the restart. Blocks."""
        memory = self._settings.memory
        if memory is None or not memory.exists():
            return None
        try:
            manifest = read_manifest(memory, workspace=self._settings.workspace)
        except UserError as error:
            _log.warning("what was remembered of the node types is not used", extra={"error": error.message})
            return None
        self.keep_code(manifest)
        return manifest

    def keep_code(self, manifest: Manifest) -> None:
        """Keep the code of a manifest. Blocks."""
        for hash_, files in manifest.code.items():
            self.keep_files(files, manifest.types_of(hash_))

    def keep_files(self, files: StoredFiles, types: Iterable[TypeDescription]) -> None:
        """Keep the code of one module. Blocks."""
        if self._settings.store is not None and self._settings.keep:
            self._settings.store.put(files, types)

    def keep(self, manifest: Manifest) -> None:
        """Keep what is in service, soon."""
        if self._settings.memory is not None and self._settings.keep:
            self._writer.submit(self._write, manifest)

    async def close(self) -> None:
        """Wait until it is kept."""
        await asyncio.to_thread(self._writer.shutdown)

    def _write(self, manifest: Manifest) -> None:
        assert self._settings.memory is not None
        try:
            manifest.write(self._settings.memory, workspace=self._settings.workspace)
        except OSError as error:
            _log.warning("what is in service of the node types cannot be remembered", extra={"error": str(error)})
