"""Authenticated encryption at rest, AES-256-GCM, with an envelope: each blob has a data key of its own.

A blob is `CM2`, 8 bytes of key id, 12 bytes of nonce, the wrapped data key (32 bytes and a tag), then 12 bytes of
nonce, ciphertext and tag. The key id lets several keys be in use at once: the first wraps, all unwrap. A rotation wraps
data keys anew and leaves the rest as it is. `context` is authenticated, so a blob moved elsewhere does not open.
`CM1` blobs, without an envelope, are read and become `CM2` when they are wrapped anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from concertmaster.domain.errors import OperationalError
from concertmaster.security.keys import KEY_BYTES, KEY_FILE, KEY_ID_BYTES, Keys, key_id

_MAGIC = b"CM2"
_FORMER_MAGIC = b"CM1"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + KEY_ID_BYTES + _NONCE_BYTES
_WRAPPED_BYTES = KEY_BYTES + _TAG_BYTES


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys by id; replaced as a whole, because threads read it."""

    current: bytes
    keys: dict[bytes, AESGCM]

    @classmethod
    def of(cls, keys: Sequence[bytes]) -> _Ring:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a cipher needs keys of {KEY_BYTES} bytes")
        return cls(key_id(keys[0]), {key_id(key): AESGCM(key) for key in keys})


class Cipher:
    """Encrypts with the first of its keys and decrypts with whichever made the blob."""

    def __init__(self, keys: Sequence[bytes], *, source: Keys | None = None) -> None:
        """Take the keys, 32 bytes each, the one to encrypt with first.

        Args:
            source: where they come from; asked again for a key that is not known, and when keys are rotated.
        Raises:
            ValueError: no key, or one of another length.
        """
        self._ring = _Ring.of(keys)
        self._source = source

    @property
    def current(self) -> str:
        """Id of the key that encrypts."""
        return self._ring.current.hex()

    def encrypt(self, plain: bytes, context: str) -> bytes:
        """Encrypt, bound to the context (what the blob is and whose: `connection/warehouse`)."""
        data_key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
        body = nonce + AESGCM(data_key).encrypt(nonce, plain, _bound(_MAGIC + nonce, context))
        return _wrap(self._ring, data_key, context) + body

    def decrypt(self, blob: bytes, context: str) -> bytes:
        """Inverse of `encrypt`.

        Raises:
            OperationalError: `cipher.wrong_key`, or `cipher.damaged` when the blob was changed or belongs elsewhere.
        """
        header, body = blob[:_HEADER_BYTES], blob[_HEADER_BYTES:]
        if len(header) < _HEADER_BYTES or not blob.startswith((_MAGIC, _FORMER_MAGIC)):
            raise _damaged(context)
        opened = self._open(header, context, body if header.startswith(_FORMER_MAGIC) else body[:_WRAPPED_BYTES])
        if header.startswith(_FORMER_MAGIC):
            return opened
        sealed = body[_WRAPPED_BYTES:]
        nonce = sealed[:_NONCE_BYTES]
        if len(nonce) < _NONCE_BYTES:
            raise _damaged(context)
        return _opened(AESGCM(opened), nonce, sealed[_NONCE_BYTES:], _bound(_MAGIC + nonce, context), context)

    def rewrap(self, blob: bytes, context: str) -> bytes | None:
        """The blob under the key that encrypts now, None when it is already.

        Raises:
            OperationalError: as `decrypt`.
        """
        # Always opened, so that a blob that cannot be read is told and not passed over.
        plain = self.decrypt(blob, context)
        if not blob.startswith(_MAGIC):
            return self.encrypt(plain, context)
        ring, header = self._ring, blob[:_HEADER_BYTES]
        if _id_of(header) == ring.current:
            return None
        wrapped, rest = blob[_HEADER_BYTES : _HEADER_BYTES + _WRAPPED_BYTES], blob[_HEADER_BYTES + _WRAPPED_BYTES :]
        return _wrap(ring, self._open(header, context, wrapped), context) + rest

    def rotate(self) -> str:
        """Take a new key into use, and give its id: one made now, or what the settings name now.

        Raises:
            UserError, OperationalError: `secret_key.*`.
        """
        if self._source is not None:
            self._source.renew()
            self._ring = _Ring.of(self._source.load())
        return self.current

    def _open(self, header: bytes, context: str, sealed: bytes) -> bytes:
        key = self._key(_id_of(header), context)
        return _opened(key, header[-_NONCE_BYTES:], sealed, _bound(header, context), context)

    def _key(self, wanted: bytes, context: str) -> AESGCM:
        key = self._ring.keys.get(wanted)
        if key is None and self._source is not None:
            # Another server may write with a key that came into our files after we had read them.
            self._ring = _Ring.of(self._source.load())
            key = self._ring.keys.get(wanted)
        if key is None:
            raise OperationalError(
                "cipher.wrong_key",
                f"{context} was encrypted with another key. Set CONCERTMASTER_SECRET_KEY to that key, add it to the "
                f"file of CONCERTMASTER_SECRET_KEY_FILE, or put the former {KEY_FILE} back into the data folder; "
                "else store it anew",
                retryable=False,
                context=context,
            )
        return key


def open_cipher(
    data_dir: Path, secret_key: str | None = None, *, key_file: Path | None = None, shared: bool = False
) -> Cipher:
    """The cipher of a data folder.

    Args:
        data_dir: must exist; holds `secret.key`, made on first use when there is no `secret_key` and no `key_file`.
        secret_key: the setting SECRET_KEY. What an existing `secret.key` encrypted stays readable.
        key_file: the setting SECRET_KEY_FILE.
        shared: other servers use the same database.
    Raises:
        UserError: `secret_key.too_short`, `secret_key.empty`.
        OperationalError: `secret_key.damaged`, `secret_key.unreadable`.
    """
    source = Keys(data_dir, secret_key or None, key_file, shared=shared)
    return Cipher(source.load(), source=source)


def _wrap(ring: _Ring, data_key: bytes, context: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    header = _MAGIC + ring.current + nonce
    return header + ring.keys[ring.current].encrypt(nonce, data_key, _bound(header, context))


def _opened(key: AESGCM, nonce: bytes, sealed: bytes, bound: bytes, context: str) -> bytes:
    try:
        return key.decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError) as error:
        raise _damaged(context) from error


def _id_of(header: bytes) -> bytes:
    return header[len(_MAGIC) : len(_MAGIC) + KEY_ID_BYTES]


def _bound(header: bytes, context: str) -> bytes:
    return header + context.encode()


def _damaged(context: str) -> OperationalError:
    return OperationalError(
        "cipher.damaged",
        f"The stored secret of {context} is damaged or belongs elsewhere; store it anew, or restore a backup",
        retryable=False,
        context=context,
    )
