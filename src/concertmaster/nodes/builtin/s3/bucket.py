"""Bucket: requests for its objects, signed, through the guard, and sent again where that may help."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

import httpx
from pydantic import Field

from concertmaster import Connection, Context, OperationalError, UserError
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.builtin.s3.signing import signed, url_of
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    from concertmaster.nodes.builtin.s3 import answers
else:
    # What it imports is for those who use S3.
    answers = deferred("concertmaster.nodes.builtin.s3.answers")

BucketName = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]+[a-z0-9]$")]
Key = Annotated[str, Field(min_length=1, max_length=1_024)]

_TRIES = 3
_FIRST_DELAY_SECONDS = 0.2
# Of one answer that is no object: a page of a list has some hundred thousand.
_LARGEST_ANSWER = 16 * 1024 * 1024
_LOOKED_AT = "1000"
# A part, or a page of a list; an object that is read takes as long as all of it may.
_ONE_REQUEST = timedelta(minutes=2)


class Bucket:
    """A bucket of a connection.

    Attributes:
        name: what S3 calls it.
    """

    def __init__(self, connection: Connection[Any], name: str | None, context: Context, *, timeout: timedelta) -> None:
        """Args:
        name: of the config; without it the connection's.
        timeout: of a single request.

        Raises:
            UserError: `s3.no_bucket`.
        """
        found = name or connection.values.get("bucket")
        if not found:
            raise UserError(
                "s3.no_bucket",
                f"Connection '{connection.name}' names no bucket: fill in `bucket`, here or in the connection",
                connection=connection.name,
            )
        self.name = str(found)
        self._values = connection.values
        self._http = context.http
        self._timeout = timeout

    def url(self, key: str) -> str:
        """How people write the place of an object."""
        return f"s3://{self.name}/{key}"

    async def request(
        self,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        to: Path | None = None,
        max_bytes: int | None = None,
        accept: tuple[int, ...] = (),
    ) -> httpx.Response:
        """Send a request and give the answer if it is good.

        Args:
            key: of an object; without it the request is for the bucket.
            to: a file for the body of the answer.
            accept: statuses from 300 on that are no failure.
        Raises:
            UserError: `s3.bucket_not_found`, `s3.key_not_found`, `s3.refused`, `s3.wrong_region`, or of the guard.
            OperationalError: `s3.unavailable`, `s3.failed`, or of the guard.
        """
        url = url_of(self._values, self.name, key, query)
        # What makes something new may have been done although nobody could say so.
        again = method != "POST"
        for tried in range(1, _TRIES + 1):
            try:
                answer = await self._once(method, url, headers, body, to, max_bytes)
            except OperationalError as error:
                if tried == _TRIES or not error.retryable or not (again or error.details.get("sent") is False):
                    raise
            else:
                if answer.status_code < 300 or answer.status_code in accept:
                    return answer
                if tried == _TRIES or answer.status_code == 501 or not answers.passing(answer):
                    raise await self._failure(answer, method, key)
            await asyncio.sleep(_FIRST_DELAY_SECONDS * 2**tried * random.uniform(0.5, 1))  # noqa: S311
        raise AssertionError("unreachable")

    async def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: bytes,
        to: Path | None,
        max_bytes: int | None,
    ) -> httpx.Response:
        # Of a large part the digest takes a while, and the library is loaded at the first use.
        sent = await asyncio.to_thread(signed, self._values, method, url, headers=headers, body=body)
        return await self._http.request(
            method,
            url,
            headers=sent,
            content=body or None,
            timeout=self._timeout if to is not None else min(self._timeout, _ONE_REQUEST),
            max_bytes=max_bytes or _LARGEST_ANSWER,
            follow_redirects=False,
            to=to,
        )

    async def _failure(self, answer: httpx.Response, method: str, key: str) -> UserError | OperationalError:
        code, verb = answers.code_of(answer), _VERBS.get(method, "Changing")
        if code == "NoSuchBucket":
            message = f"There is no bucket {self.name}{await self._meant_bucket()}"
            return UserError("s3.bucket_not_found", message, bucket=self.name, sent=True)
        if code == "NoSuchKey":
            message = f"There is no {self.url(key)}{await self._meant_key(key)}"
            return UserError("s3.key_not_found", message, bucket=self.name, key=key, sent=True)
        return answers.failure(answer, f"{verb} {self.url(key)}")

    async def _meant_bucket(self) -> str:
        """Which one may be meant, if these credentials may see the others."""
        with contextlib.suppress(OperationalError, UserError):
            answer = await self._once("GET", url_of(self._values), None, b"", None, None)
            if answer.is_success:
                names = [one["Name"] for one in answers.Answer(answer.content).each("Buckets/Bucket")]
                return hint(self.name, names, most=2) or (f"; there are {', '.join(names[:5])}" if names else "")
        return "; check its name, or make it"

    async def _meant_key(self, key: str) -> str:
        """Which one beside it may be meant, if these credentials may list."""
        with contextlib.suppress(OperationalError, UserError):
            folder = key[: key.rfind("/") + 1]
            query = {"list-type": "2", "max-keys": _LOOKED_AT, "prefix": folder}
            answer = await self._once("GET", url_of(self._values, self.name, "", query), None, b"", None, None)
            if answer.is_success:
                there = [one["Key"] for one in answers.Answer(answer.content).each("Contents")]
                nothing = f"; nothing there begins with {folder!r}" if folder and not there else ""
                return nothing or hint(key, there, most=2, cutoff=0.8)
        return ""


_VERBS = {"GET": "Reading", "HEAD": "Reading", "PUT": "Writing", "POST": "Writing", "DELETE": "Deleting"}


@asynccontextmanager
async def within(timeout: timedelta, what: str) -> AsyncGenerator[None]:
    """A block that may not take longer.

    Raises:
        OperationalError: `s3.timeout`.
    """
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            yield
    except TimeoutError as error:
        message = f"{what} took longer than {timeout.total_seconds():g} s; raise `timeout`, or try again later"
        raise OperationalError("s3.timeout", message, sent=True) from error


def last_part(key: str) -> str:
    """The name of an object without what looks like folders."""
    return PurePosixPath(key).name or key.strip("/") or "object"


def first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    """What went wrong first where several requests were on their way."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
