"""The data folder: made, and kept for one process."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from concertmaster.config import SERVER_FILE, Settings
from concertmaster.domain.errors import OperationalError
from concertmaster.storage.lock import DataFolderLock


@contextmanager
def hold_data_folder(settings: Settings) -> Generator[Path]:
    """Make the data folder and keep it for this process.

    Raises:
        Conflict: `data_folder.locked`, another process has it.
        OperationalError: `data_folder.not_writable`.
    """
    folder = settings.resolved_data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OperationalError(
            "data_folder.not_writable",
            f"The data folder {folder} cannot be made: {error.strerror}; give this user the right to write there, "
            "or choose another with --data-dir",
            retryable=False,
            folder=str(folder),
        ) from error
    with DataFolderLock(folder):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OperationalError(
                "data_folder.not_writable",
                f"Nothing can be made in the data folder {folder}; give this user the right to write there, "
                "or choose another with --data-dir",
                retryable=False,
                folder=str(folder),
            )
        # Whoever wrote it is gone: the lock was free.
        (folder / SERVER_FILE).unlink(missing_ok=True)
        yield folder
