"""Reading a response body within a bound, however well it is compressed."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import AsyncIterator

from concertmaster.domain.errors import OperationalError

ACCEPT_ENCODING = "gzip, deflate"
_EITHER_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
# Codecs of Python's that no text of a server is written in. Some take minutes for a megabyte, others fail or unpack.
_NO_CHARSETS = frozenset(
    {
        *("punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"),
        *("base64", "bz2", "hex", "quopri", "rot-13", "uu", "zlib"),
    }
)


async def read_bounded(chunks: AsyncIterator[bytes], encoding: str, *, max_bytes: int) -> bytes:
    """The body, decompressed.

    Args:
        encoding: the Content-Encoding header; only what `ACCEPT_ENCODING` asks for is understood.
    Raises:
        OperationalError: `http.too_large` once more than `max_bytes` have come out, `http.bad_body` when the body is
            not what its header says.
    """
    body = bytearray()
    async for part in inflated(chunks, encoding, max_bytes=max_bytes):
        body += part
        if len(body) > max_bytes:
            raise too_large(max_bytes)
    return bytes(body)


async def inflated(chunks: AsyncIterator[bytes], encoding: str, *, max_bytes: int) -> AsyncIterator[bytes]:
    """The parts of the body, decompressed; no part is longer than what is over by one byte.

    Raises:
        OperationalError: `http.bad_body`.
    """
    words = [word.strip().lower() for word in encoding.split(",") if word.strip().lower() not in ("", "identity")]
    if not words:
        inflater = None
    elif len(words) == 1 and words[0] in ("gzip", "x-gzip", "deflate"):
        inflater = _Inflater(raw_allowed=words[0] == "deflate")
    else:
        raise bad_body(f"it is encoded as {encoding!r}, which was not asked for")
    room = max_bytes + 1
    async for chunk in chunks:
        # Of a chunk that inflates to far more, only so much is made; who counts stops there, or asks for the rest.
        part = chunk if inflater is None else inflater.feed(chunk, room=room)
        room -= len(part)
        yield part
        if room <= 0:
            raise too_large(max_bytes)
    if inflater is not None and not inflater.finished:
        raise bad_body("its compressed data ends too early")


def is_charset(name: str | None) -> bool:
    """Whether a server may mean this by `charset`: text is decoded on the loop, in time that grows with its length."""
    try:
        return name is not None and codecs.lookup(name).name.replace("_", "-") not in _NO_CHARSETS
    except (LookupError, ValueError):
        return False


def too_large(max_bytes: int) -> OperationalError:
    """The error for a body over the bound."""
    return OperationalError(
        "http.too_large",
        f"The response is larger than {max_bytes:,} bytes; ask for less, or raise the limit of the node",
        retryable=False,
        sent=True,
    )


def bad_body(reason: str) -> OperationalError:
    """The error for a body that can't be read."""
    return OperationalError("http.bad_body", f"The response body can't be read: {reason}", sent=True)


class _Inflater:
    """gzip (of several members) or zlib; with `raw_allowed` deflate without a header too, as some servers send it."""

    def __init__(self, *, raw_allowed: bool) -> None:
        self._raw_allowed = raw_allowed
        self._stream = zlib.decompressobj(_EITHER_GZIP_OR_ZLIB)
        self._started = False

    @property
    def finished(self) -> bool:
        return self._stream.eof or not self._started

    def feed(self, data: bytes, *, room: int) -> bytes:
        """At most `room` bytes (at least 1) of what the data holds; being cut off there means too large anyway."""
        made = bytearray()
        while data and len(made) < room:
            if self._stream.eof:
                self._stream = zlib.decompressobj(_EITHER_GZIP_OR_ZLIB)
            made += self._decompress(data, room - len(made))
            self._started = True
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        return bytes(made)

    def _decompress(self, data: bytes, room: int) -> bytes:
        try:
            return self._stream.decompress(data, room)
        except zlib.error as error:
            if not self._raw_allowed or self._started:
                raise bad_body(f"its compressed data is broken ({error})") from error
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            return self._stream.decompress(data, room)
        except zlib.error as error:
            raise bad_body(f"its compressed data is broken ({error})") from error
