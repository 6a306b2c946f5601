"""The lock of the data folder: one server (or `run`) at a time, and the proof that former owners are dead.

The kernel lets go of it when the process ends, however it ends. Children do not inherit it (the descriptor is
close-on-exec, and a copy of the process that a node makes with `fork` or `multiprocessing` closes it), so an orphan can
never keep a dead server's folder closed.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import orjson

from concertmaster.config import SERVER_FILE
from concertmaster.domain.errors import Conflict, OperationalError


class DataFolderLock:
    """Holds `<data>/lock` from `acquire` to `release`; also a context manager.

    Args:
        folder: the data folder; it must exist and be writable.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock without waiting.

        Raises:
            Conflict: `data_folder.locked`, another process has it; `details` hold its `server.json`.
            OperationalError: `data_folder.not_writable`.
        """
        try:
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OperationalError(
                "data_folder.not_writable",
                f"The data folder {self._folder} cannot be written: {error.strerror}; create it, give this user the "
                "right to write there, or choose another with --data-dir",
                retryable=False,
                folder=str(self._folder),
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise self._refusal() from error
        except OSError as error:
            os.close(descriptor)
            raise OperationalError(
                "data_folder.not_writable",
                f"The file system of the data folder {self._folder} has no locks: {error.strerror}; choose a folder on "
                "a local disk with --data-dir",
                retryable=False,
                folder=str(self._folder),
            ) from error
        self._descriptor = descriptor
        os.register_at_fork(after_in_child=self.release)

    def release(self) -> None:
        """Give it back; does nothing when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> DataFolderLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def _refusal(self) -> Conflict:
        holder = self._holder()
        who = ", ".join(f"{word} {holder[key]}" for key, word in (("pid", "process"), ("url", "at")) if holder.get(key))
        return Conflict(
            "data_folder.locked",
            f"The data folder {self._folder} is in use by another ConcertMaster ({who or 'it has not said where'}); "
            "use that one, stop it, or choose another folder with --data-dir",
            folder=str(self._folder),
            holder=holder,
        )

    def _holder(self) -> dict[str, Any]:
        try:
            found: object = orjson.loads((self._folder / SERVER_FILE).read_bytes())
        except (OSError, ValueError):
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
