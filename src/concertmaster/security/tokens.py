"""Random secrets of doors: made here, shown once, stored as a hash only.

They have 256 bits of randomness, so nobody can guess one and a fast hash is right: the slow ones (argon2, scrypt) are
for passwords, which people choose and lists can name. Nor does looking a hash up in an index tell by its time what
would have matched: whoever asks cannot choose the hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

SECRET_BYTES = 32
TOKEN_PREFIX = "cm_"  # noqa: S105  (what tokens begin with, so that scanners for leaked secrets find them)
_LONGEST = 200


def new_secret() -> str:
    """A secret for links, sessions and this machine: 43 characters that need no quoting in URLs and cookies."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_token() -> str:
    """A secret that people copy elsewhere, and may find in a place where it should not be."""
    return TOKEN_PREFIX + new_secret()


def digest(secret: str) -> str:
    """What is stored of a secret: SHA-256, in hexadecimal digits."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def same(given: str, known: str) -> bool:
    """Whether two secrets or digests are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode(errors="replace"), known.encode(errors="replace"))


def plausible(secret: str) -> bool:
    """Whether it is worth looking up."""
    return 0 < len(secret) <= _LONGEST and secret.isascii()
