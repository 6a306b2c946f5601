"""Tests of connections over HTTP: ask, and write nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from concertmaster.data.oauth2 import ClientCredentials
from concertmaster.nodes.builtin.http_request import credentials
from concertmaster.nodes.builtin.s3 import answers
from concertmaster.nodes.builtin.s3.signing import endpoint_of, signed, url_of
from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed
from concertmaster.nodes.credentials import Connection

_TIMEOUT = timedelta(seconds=SECONDS - 1)
_LARGEST_BYTES = 8 * 1024 * 1024


async def http(values: Mapping[str, Any], access: Access) -> str:
    """Get `base_url` with the credentials."""
    given, url = dict(values), values.get("base_url")
    if "token_url" in values:
        # A fresh one, so that what is tested are these very values.
        given["token"] = await ClientCredentials(access.http).token(values)
    if not url:
        if "token_url" in values:
            return "The token server gave an access token"
        raise CheckFailed("There is no address to test", "Give it `base_url`; the test gets that page")
    if set(given) <= {"base_url"}:
        given["auth"] = "none"
    sent = credentials(Connection("http", "tested", given))
    answer = await access.http.get(
        str(url), headers=sent.headers, params=sent.query or None, timeout=_TIMEOUT, max_bytes=_LARGEST_BYTES
    )
    status, host = answer.status_code, urlsplit(str(url)).netloc
    if status in (401, 403, 407):
        raise CheckFailed(f"{host} answered {status} {answer.reason_phrase}", "Check the credentials, and their rights")
    if status >= 500:
        raise CheckFailed(
            f"{host} answered {status} {answer.reason_phrase}", "The server is in trouble; try again later"
        )
    if status >= 400:
        return f"{host} can be reached; it answered {status}, which does not tell whether the credentials are good"
    return f"{host} answered {status}"


async def slack(values: Mapping[str, Any], access: Access) -> str:
    """Post a message without a text, which is refused by whoever knows the webhook: nobody sees anything."""
    url = str(values["url"])
    answer = await access.http.post(url, json={}, timeout=_TIMEOUT, max_bytes=_LARGEST_BYTES, follow_redirects=False)
    status, host = answer.status_code, urlsplit(url).hostname
    if status == 400 or answer.is_success:
        return f"{host} knows the webhook; nothing was posted"
    if status in (401, 403, 404, 410):
        raise CheckFailed(
            f"{host} does not know the webhook ({status})", "Copy its address anew, or make a new webhook"
        )
    raise CheckFailed(f"{host} answered {status} {answer.reason_phrase}", "Check the address, or try again later")


async def s3(values: Mapping[str, Any], access: Access) -> str:
    """List one object of the bucket, or the buckets when there is none."""
    bucket = str(values.get("bucket") or "")
    url = url_of(values, bucket, query={"list-type": "2", "max-keys": "1"} if bucket else None)
    answer = await access.http.get(
        url, headers=signed(values, "GET", url), timeout=_TIMEOUT, max_bytes=_LARGEST_BYTES, follow_redirects=False
    )
    if answer.is_success:
        return f"The bucket {bucket} can be listed" if bucket else "The credentials are good; no bucket is named"
    code = answers.code_of(answer)
    fix = answers.FIXES.get(code, "Check region, endpoint_url and bucket")
    raise CheckFailed(f"{urlsplit(endpoint_of(values)).netloc} answered {code}", fix)
