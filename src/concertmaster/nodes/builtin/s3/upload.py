"""Uploads: in one piece or in parts, and under its key only when all of it is there.

S3 itself shows an object only once it is whole; what was sent of one that was given up is taken back.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

from concertmaster import Context, OperationalError, UserError
from concertmaster.nodes.builtin.s3.bucket import Bucket, first_of
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    from concertmaster.nodes.builtin.s3 import answers
else:
    answers = deferred("concertmaster.nodes.builtin.s3.answers")

PART_BYTES = 16 * 1024 * 1024
"""Up to which a file is sent in one piece, and the size of parts; more where there would be too many of them."""
MOST_PARTS = 10_000
_LARGEST_BYTES = 5 * 2**40
_AT_ONCE = 3
_ABORT_SECONDS = 10
_DIGEST = "x-amz-meta-sha256"


async def upload(
    bucket: Bucket,
    key: str,
    file: Path,
    *,
    digest: str | None,
    media_type: str,
    mode: Literal["overwrite", "fail"],
    context: Context,
) -> str:
    """Send a file and give the ETag of the object.

    Args:
        digest: SHA-256 of the file, where it is known.
        mode: `fail` accepts an object that is the same already: an earlier attempt got this far.
    Raises:
        UserError: `s3.exists`, `s3.too_large`, or see `Bucket.request`.
        OperationalError: `s3.source_changed`, or see `Bucket.request`.
    """
    sending = await asyncio.to_thread(_Sending, bucket, key, file, context)
    if sending.size > _LARGEST_BYTES:
        raise UserError("s3.too_large", f"{file.name} is larger than the 5 TiB that an object may have; split it")
    digest = digest or await asyncio.to_thread(_digest_of, file)
    headers = {"content-type": media_type, _DIGEST: digest}
    if mode == "fail":
        if (there := await _same(bucket, key, digest)) is not None:
            return there
        headers["if-none-match"] = "*"
    try:
        return await (sending.whole(headers) if sending.size <= PART_BYTES else sending.parts(headers))
    except _Taken:
        return await _taken(bucket, key, digest)


class _Taken(Exception):
    """Somebody else has made an object of this key."""


class _Sending:
    """One file on its way, as it is now."""

    def __init__(self, bucket: Bucket, key: str, file: Path, context: Context) -> None:
        self._bucket = bucket
        self._key = key
        self._file = file
        self._before = file.stat()
        self.size = self._before.st_size
        self._part = max(PART_BYTES, -(-self.size // MOST_PARTS))
        self._context = context
        self._sent = 0

    async def whole(self, headers: Mapping[str, str]) -> str:
        """In one request."""
        body = await asyncio.to_thread(_read, self._file, 0, self.size)
        await asyncio.to_thread(self._demand_unchanged)
        answer = await self._bucket.request("PUT", self._key, headers=headers, body=body, accept=(412,))
        if answer.status_code == 412:
            raise _Taken
        return _etag(answer.headers.get("etag", ""))

    async def parts(self, headers: Mapping[str, str]) -> str:
        """In many; they are taken back when not all of them arrive."""
        first = {name: value for name, value in headers.items() if name != "if-none-match"}
        begun = await self._bucket.request("POST", self._key, query={"uploads": ""}, headers=first)
        upload_id = answers.Answer(begun.content).text("UploadId")
        try:
            etags = await self._send_parts(upload_id)
            await asyncio.to_thread(self._demand_unchanged)
            last = {name: value for name, value in headers.items() if name == "if-none-match"}
            return await self._complete(upload_id, etags, last)
        except BaseException:
            # Also when the node is cancelled: parts that are left behind cost money.
            with contextlib.suppress(UserError, OperationalError, TimeoutError):
                async with asyncio.timeout(_ABORT_SECONDS):
                    await self._bucket.request("DELETE", self._key, query={"uploadId": upload_id}, accept=(404,))
            raise

    def _demand_unchanged(self) -> None:
        now = self._file.stat()
        if (now.st_size, now.st_mtime_ns) != (self.size, self._before.st_mtime_ns):
            message = f"{self._file.name} changed while it was sent, so nothing was written; write it again"
            raise OperationalError("s3.source_changed", message, sent=False)

    async def _send_parts(self, upload_id: str) -> list[str]:
        count = -(-self.size // self._part)
        etags = [""] * count
        numbers = iter(range(count))

        async def work() -> None:
            # Each worker takes the next part, so that no more than a few are in memory.
            for number in numbers:
                offset = number * self._part
                length = min(self._part, self.size - offset)
                body = await asyncio.to_thread(_read, self._file, offset, length)
                query = {"partNumber": str(number + 1), "uploadId": upload_id}
                answer = await self._bucket.request("PUT", self._key, query=query, body=body)
                etags[number] = answer.headers.get("etag", "")
                self._sent += length
                self._context.progress(self._sent, self.size)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_AT_ONCE, count)):
                    group.create_task(work())
        except* (UserError, OperationalError) as errors:
            raise first_of(errors) from None
        return etags

    async def _complete(self, upload_id: str, etags: list[str], headers: Mapping[str, str]) -> str:
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
            for number, etag in enumerate(etags, 1)
        )
        answer = await self._bucket.request(
            "POST",
            self._key,
            query={"uploadId": upload_id},
            headers={**headers, "content-type": "application/xml"},
            body=f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode(),
            accept=(412,),
        )
        if answer.status_code == 412:
            raise _Taken
        # It may say only in its body that it failed: it was begun before anybody knew.
        told = answers.Answer(answer.content)
        if told.name == "Error":
            raise OperationalError(
                "s3.unavailable",
                f"Writing {self._bucket.url(self._key)} failed: {told.text('Code')} {told.text('Message')[:300]}",
                s3_code=told.text("Code"),
                sent=True,
            )
        return _etag(told.text("ETag"))


async def _same(bucket: Bucket, key: str, digest: str) -> str | None:
    """The ETag of an object that is the same already; None when there is none.

    Raises:
        UserError: `s3.exists`.
    """
    found = await bucket.request("HEAD", key, accept=(404,))
    if found.status_code == 404:
        return None
    if found.headers.get(_DIGEST) == digest:
        return _etag(found.headers.get("etag", ""))
    message = f"{bucket.url(key)} exists already and is different; choose another key or `mode: overwrite`"
    raise UserError("s3.exists", message, bucket=bucket.name, key=key, sent=True)


async def _taken(bucket: Bucket, key: str, digest: str) -> str:
    if (there := await _same(bucket, key, digest)) is not None:
        return there
    message = f"Somebody else wrote {bucket.url(key)} and took it away again at this moment; write it once more"
    raise OperationalError("s3.unavailable", message, sent=True)


def _etag(text: str) -> str:
    return text.strip('"')


def _read(file: Path, offset: int, length: int) -> bytes:
    with file.open("rb") as source:
        source.seek(offset)
        return source.read(length)


def _digest_of(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
