"""Authenticated encryption at rest, AES-256-GCM, and the key it uses.

A blob is `CM1`, 8 bytes of key id, 12 bytes of nonce, then ciphertext and tag. The key id lets several keys be in use
at once: the first encrypts, all decrypt. `context` is authenticated with it, so a blob moved elsewhere does not open.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from concertmaster.domain.errors import OperationalError, UserError

KEY_FILE = "secret.key"
_MAGIC = b"CM1"
_KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12
_HEADER_BYTES = len(_MAGIC) + _ID_BYTES + _NONCE_BYTES
_MIN_SECRET = 16


class Cipher:
    """Encrypts with the first of its keys and decrypts with whichever made the blob."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take the keys, 32 bytes each, the one to encrypt with first.

        Raises:
            ValueError: no key, or one of another length.
        """
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise ValueError(f"a cipher needs keys of {_KEY_BYTES} bytes")
        self._current = _key_id(keys[0])
        self._keys = {_key_id(key): AESGCM(key) for key in keys}

    def encrypt(self, plain: bytes, context: str) -> bytes:
        """Encrypt, bound to the context (what the blob is and whose: `connection/warehouse`)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        header = _MAGIC + self._current + nonce
        return header + self._keys[self._current].encrypt(nonce, plain, _bound(header, context))

    def decrypt(self, blob: bytes, context: str) -> bytes:
        """Inverse of `encrypt`.

        Raises:
            OperationalError: `cipher.wrong_key`, or `cipher.damaged` when the blob was changed or belongs elsewhere.
        """
        if len(blob) < _HEADER_BYTES or not blob.startswith(_MAGIC):
            raise _damaged(context)
        header, body = blob[:_HEADER_BYTES], blob[_HEADER_BYTES:]
        key = self._keys.get(header[len(_MAGIC) : len(_MAGIC) + _ID_BYTES])
        if key is None:
            raise OperationalError(
                "cipher.wrong_key",
                f"{context} was encrypted with another key. Set CONCERTMASTER_SECRET_KEY to that key, or "
                f"put the former {KEY_FILE} back into the data folder, and restart; else store it anew",
                retryable=False,
                context=context,
            )
        try:
            return key.decrypt(header[-_NONCE_BYTES:], body, _bound(header, context))
        except InvalidTag as error:
            raise _damaged(context) from error


def open_cipher(data_dir: Path, secret_key: str | None = None) -> Cipher:
    """The cipher of a data folder.

    Args:
        data_dir: must exist; holds `secret.key`, made on first use when there is no `secret_key`.
        secret_key: the setting SECRET_KEY. What an existing `secret.key` encrypted stays readable.
    Raises:
        UserError: `secret_key.too_short`.
        OperationalError: `secret_key.damaged`, `secret_key.unreadable`.
    """
    path = data_dir / KEY_FILE
    if not secret_key:
        return Cipher([_read_or_make(path)])
    if len(secret_key) < _MIN_SECRET:
        raise UserError(
            "secret_key.too_short",
            f"CONCERTMASTER_SECRET_KEY needs at least {_MIN_SECRET} characters; make one with: openssl rand -base64 32",
        )
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"concertmaster at rest 1").derive(secret_key.encode())
    return Cipher([derived, *([_read(path)] if path.exists() else [])])


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"concertmaster key id" + key).digest()[:_ID_BYTES]


def _bound(header: bytes, context: str) -> bytes:
    return header + context.encode()


def _damaged(context: str) -> OperationalError:
    return OperationalError(
        "cipher.damaged",
        f"The stored secret of {context} is damaged or belongs elsewhere; store it anew, or restore a backup",
        retryable=False,
        context=context,
    )


def _read_or_make(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise OperationalError(
            "secret_key.unreadable",
            f"The key file {path} can't be read or made: {error.strerror}; "
            "give the user that runs ConcertMaster access to it",
            retryable=False,
        ) from error


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    try:
        key = base64.urlsafe_b64decode(path.read_bytes().strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise OperationalError(
            "secret_key.damaged",
            f"The key file {path} does not hold a key; restore it from a backup, "
            "or move it away and store all connections anew",
            retryable=False,
        )
    return key


def _make(path: Path) -> None:
    """Write a new key: whole or not at all, and never over a key that another process made meanwhile."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
