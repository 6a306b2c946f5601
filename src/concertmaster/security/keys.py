"""The keys of an instance: from the setting, from a file with several, from files of the data folder.

The first encrypts, all of them decrypt. In the data folder `secret.key` is the first, and `secret.key.<id>` are former
ones: they stay, because backups need them.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from concertmaster.domain.errors import OperationalError, UserError

KEY_FILE = "secret.key"
KEY_BYTES = 32
KEY_ID_BYTES = 8
_MIN_SECRET = 16
_MAKE_ONE = "make one with: openssl rand -base64 32"
_FORMER = re.compile(rf"{re.escape(KEY_FILE)}\.[0-9a-f]{{16}}")


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the keys come from.

    Attributes:
        secret_key: the setting SECRET_KEY; it comes first.
        key_file: the setting SECRET_KEY_FILE: a key a line, the one to encrypt with first.
        shared: other servers use the same database and must have the same keys.
    """

    data_dir: Path
    secret_key: str | None = None
    key_file: Path | None = None
    shared: bool = False

    def load(self) -> list[bytes]:
        """All keys, 32 bytes each; makes `secret.key` when there is no other.

        Raises:
            UserError: `secret_key.too_short`, `secret_key.empty`.
            OperationalError: `secret_key.damaged`, `secret_key.unreadable`.
        """
        path = self.data_dir / KEY_FILE
        given = [_derived(self.secret_key, "CONCERTMASTER_SECRET_KEY")] if self.secret_key else []
        given += _lines(self.key_file) if self.key_file else []
        own = [_read_or_make(path)] if not given or path.exists() else []
        former = [_read_or_make(found) for found in sorted(_former(self.data_dir))]
        return list(dict.fromkeys([*given, *own, *former]))

    def renew(self) -> None:
        """Make a new `secret.key` and keep the former one beside it; nothing when the settings give the key.

        Raises:
            UserError: `secret_key.shared`.
            OperationalError: `secret_key.damaged`, `secret_key.unreadable`.
        """
        if self.secret_key or self.key_file:
            return
        if self.shared:
            raise UserError(
                "secret_key.shared",
                "The key is a file of this server's data folder, and other servers may use the same database. Set "
                "CONCERTMASTER_SECRET_KEY_FILE to a file with the keys, the newest first, on all of them",
            )
        path = self.data_dir / KEY_FILE
        former = _read_or_make(path)
        name = key_id(former).hex()
        try:
            # First the former one under its own name: at no moment is it gone.
            if not (kept := path.with_name(f"{KEY_FILE}.{name}")).exists():
                os.link(path, kept)
            _sync(path.parent)
            draft = _draft(path)
            draft.replace(path)
            _sync(path.parent)
        except OSError as error:
            raise _unreadable(path, error) from error


def key_id(key: bytes) -> bytes:
    """What a blob calls a key by; tells nothing of it."""
    return hashlib.sha256(b"concertmaster key id" + key).digest()[:KEY_ID_BYTES]


def _derived(secret: str, where: str) -> bytes:
    if len(secret) < _MIN_SECRET:
        raise UserError("secret_key.too_short", f"{where} needs at least {_MIN_SECRET} characters; {_MAKE_ONE}")
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"concertmaster at rest 1").derive(secret.encode())


def _lines(path: Path) -> list[bytes]:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    lines = [line.strip() for line in text.splitlines()]
    found = [_derived(line, f"Each line of {path}") for line in lines if line and not line.startswith("#")]
    if not found:
        raise UserError("secret_key.empty", f"The key file {path} holds no key; {_MAKE_ONE}, one a line, newest first")
    return found


def _former(folder: Path) -> list[Path]:
    return [path for path in folder.glob(f"{KEY_FILE}.*") if _FORMER.fullmatch(path.name)]


def _read_or_make(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    try:
        key = base64.urlsafe_b64decode(path.read_bytes().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise OperationalError(
            "secret_key.damaged",
            f"The key file {path} does not hold a key; restore it from a backup, "
            "or move it away and store all connections anew",
            retryable=False,
        )
    return key


def _make(path: Path) -> None:
    """Write a new key: whole or not at all, and never over a key that another process made meanwhile."""
    draft = _draft(path)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    _sync(path.parent)


def _draft(path: Path) -> Path:
    """A new key in a file beside it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink()
        raise
    return draft


def _sync(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> OperationalError:
    reason = error.strerror if isinstance(error, OSError) else "it is not text"
    return OperationalError(
        "secret_key.unreadable",
        f"The key file {path} can't be read or made: {reason}; give the user that runs ConcertMaster access to it",
        retryable=False,
    )
