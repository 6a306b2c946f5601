"""Where the objects of a connection are, and signatures of requests for them (SigV4, by botocore)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from concertmaster import UserError

_UNRESERVED = "-_.~"
_DOTS = {".", ".."}


def endpoint_of(values: Mapping[str, Any]) -> str:
    """The address of the service, without a slash at its end."""
    return str(values.get("endpoint_url") or f"https://s3.{values['region']}.amazonaws.com").rstrip("/")


def url_of(values: Mapping[str, Any], bucket: str = "", key: str = "", query: Mapping[str, str] | None = None) -> str:
    """The address of an object, a bucket, or of the service itself.

    Raises:
        UserError: `s3.key_invalid`, for names that HTTP takes for the folder above.
    """
    if _DOTS.intersection(key.split("/")):
        raise UserError("s3.key_invalid", f"The key {key[:200]!r} has a part that is only dots; choose another one")
    path = f"/{quote(bucket, safe='')}" if bucket else "/"
    path += f"/{quote(key, safe='/' + _UNRESERVED)}" if key else ""
    pairs = "&".join(
        f"{quote(name, safe=_UNRESERVED)}={quote(value, safe=_UNRESERVED)}" for name, value in (query or {}).items()
    )
    return f"{endpoint_of(values)}{path}{'?' if pairs else ''}{pairs}"


def signed(
    values: Mapping[str, Any], method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> dict[str, str]:
    """The headers of a request with its signature, which covers these headers and the body.

    Raises:
        UserError: `s3.driver_missing`.
    """
    try:
        from botocore.auth import S3SigV4Auth  # noqa: PLC0415  (an optional extra)
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415
        from botocore.credentials import Credentials  # noqa: PLC0415
    except ImportError as error:
        raise UserError(
            "s3.driver_missing", "Nodes for S3 need botocore: run pip install 'concertmaster[s3]' and restart"
        ) from error
    request: Any = AWSRequest(method=method, url=url, headers=dict(headers or {}), data=body)
    request.context["payload_signing_enabled"] = True
    known = Credentials(str(values["access_key_id"]), str(values["secret_access_key"]), values.get("session_token"))
    S3SigV4Auth(known, "s3", str(values["region"])).add_auth(request)
    return dict(request.headers.items())
