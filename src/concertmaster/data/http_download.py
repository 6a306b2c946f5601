"""Writing the body of a response to a file as it comes: bounded in bytes and time, never whole in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from concertmaster.data.http_body import inflated, too_large

_BLOCK_BYTES = 1 << 20


async def write_bounded(chunks: AsyncIterator[bytes], encoding: str, to: Path, *, max_bytes: int) -> int:
    """Write the body, decompressed, and say how long it is.

    Raises:
        OperationalError: see `http_body.read_bounded`.
    """
    size = 0
    waiting = bytearray()
    # In threads: a disk may be slow, and the loop serves everybody.
    file = await asyncio.to_thread(to.open, "wb")
    try:
        async for part in inflated(chunks, encoding, max_bytes=max_bytes):
            size += len(part)
            if size > max_bytes:
                raise too_large(max_bytes)
            waiting += part
            if len(waiting) >= _BLOCK_BYTES:
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(file.write, bytes(waiting))
    finally:
        await asyncio.to_thread(file.close)
    return size
