"""Files that appear under their name only when they are complete and safe on disk."""

from __future__ import annotations

import errno
import filecmp
import hashlib
import os
import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from concertmaster import OperationalError, UserError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def publish(temporary: Path, target: Path, shown: str, mode: str) -> None:
    """Give the complete file its name, durably: first its bytes, then its name in the folder.

    Args:
        mode: `overwrite`, or `fail` when there is another file of that name.
    Raises:
        UserError: `file.exists`.
    """
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    if mode == "fail":
        try:
            os.link(temporary, target)  # unlike a rename, a link never replaces
        except FileExistsError as error:
            # The same bytes: an earlier attempt got this far. That is what was asked for.
            if not filecmp.cmp(temporary, target, shallow=False):
                raise UserError(
                    "file.exists",
                    f"{shown} exists already and is different; choose another path or `mode: overwrite`",
                    path=shown,
                ) from error
    else:
        temporary.replace(target)
    keep_names(target.parent)


def keep_names(folder: Path) -> None:
    """Make durable which names the folder has: a new one may be lost with the power until then."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def draft(target: Path, key: str | None) -> Generator[Path]:
    """A hidden file beside the target, gone afterwards; with the permissions that a new file would have.

    Its name comes from the key of the write: after a crash the next attempt takes over what the one before left.
    """
    if key is None:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
        os.close(descriptor)
        temporary = Path(name)
    else:
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        temporary = target.with_name(f".{target.name[:100]}.{digest}.part")
        temporary.unlink(missing_ok=True)
        temporary.touch()
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def explained(shown: str) -> Generator[None]:
    """Say what a failed write means; polars wraps errors of the system in several ways."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        found = _OS_ERROR.search(str(error))
        number = error.errno if isinstance(error, OSError) and error.errno else int(found[1]) if found else None
        if number in _NO_ROOM:
            raise OperationalError(
                "file.disk_full",
                f"There is no room on the disk for {shown}; nothing was changed. Free some space and run again",
                path=shown,
            ) from error
        if number in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise UserError(
                "file.not_writable",
                f"{shown} cannot be written: {os.strerror(number)}; check the permissions",
                path=shown,
            ) from error
        if number is not None:
            raise OperationalError("file.write_failed", f"{shown} was not written: {error}", path=shown) from error
        if "nested" in str(error):
            raise UserError(
                "file.nested",
                f"{shown}: CSV holds no lists or structures; write Parquet or JSON lines, or convert those columns "
                "with table.select",
                path=shown,
            ) from error
        raise
