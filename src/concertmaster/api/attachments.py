"""What is downloaded: saved, never shown as a page of this server, and made no further once nobody takes it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from fastapi.responses import StreamingResponse
from starlette.types import Send

_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\\\:*?\"<>|\u202a-\u202e\u2066-\u2069]")
_LONGEST = 150


def attachment(name: str) -> str:
    """The header's value for a file of this name (RFC 6266), without what no file system takes."""
    clean = _UNFIT.sub("_", name).strip(". ")[-_LONGEST:] or "download"
    plain = clean.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


class Attachment(StreamingResponse):
    """A file that is sent as it is made."""

    def __init__(
        self,
        pieces: AsyncGenerator[str] | AsyncGenerator[bytes],
        name: str,
        media_type: str,
        size_bytes: int | None = None,
    ) -> None:
        headers = {"Content-Disposition": attachment(name)}
        if size_bytes is not None:
            headers["Content-Length"] = str(size_bytes)
        super().__init__(pieces, headers=headers, media_type=media_type)
        self._pieces = pieces

    async def stream_response(self, send: Send) -> None:
        """Whoever goes away ends the work at once, not when the collector comes by."""
        async with aclosing(self._pieces):
            await super().stream_response(send)
