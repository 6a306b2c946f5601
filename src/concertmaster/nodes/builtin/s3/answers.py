"""What S3 answers: XML, and what its error codes mean for those who asked.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from lxml import etree

from concertmaster import OperationalError, UserError
from concertmaster.nodes.builtin.http_request import retry_after

FIXES: Mapping[str, str] = {
    "InvalidAccessKeyId": "Check access_key_id",
    "SignatureDoesNotMatch": "Check secret_access_key",
    "InvalidToken": "Check session_token; it may have expired",
    "ExpiredToken": "The session_token has expired; store a new one",
    "NoSuchBucket": "Check the name of the bucket, or make it",
    "AccessDenied": "Give these credentials the right to list the bucket",
    "AuthorizationHeaderMalformed": "Check the region",
    "PermanentRedirect": "The bucket is in another region; check region and endpoint_url",
    "RequestTimeTooSkewed": "The clock of this machine is wrong; set it",
}
# Whoever asks again may be answered otherwise.
_PASSING = {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "NoSuchUpload"}
_REFUSED = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AccessDenied"}
# The answer to HEAD has no body.
_BY_STATUS = {301: "PermanentRedirect", 403: "AccessDenied", 404: "NoSuchKey", 412: "PreconditionFailed"}


class Answer:
    """The XML of an answer, its namespace left out.

    Raises:
        OperationalError: `s3.bad_answer`.
    """

    def __init__(self, content: bytes) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            self._root: Any = etree.fromstring(content, parser)
        except etree.XMLSyntaxError as error:
            raise OperationalError(
                "s3.bad_answer", f"The server's answer is not that of an S3: {error}; check endpoint_url"
            ) from error

    @property
    def name(self) -> str:
        """Of the outermost element."""
        return str(etree.QName(self._root).localname)

    def text(self, name: str) -> str:
        """Of the child of this name, "" when there is none."""
        return str(self._root.findtext(f"{{*}}{name}") or "")

    def each(self, path: str) -> list[Mapping[str, str]]:
        """The children of this path, such as `Contents`: the texts of their children, by name."""
        steps = "/".join(f"{{*}}{step}" for step in path.split("/"))
        return [{etree.QName(part).localname: part.text or "" for part in item} for item in self._root.iterfind(steps)]


def code_of(answer: httpx.Response) -> str:
    """The error code of an answer, or of its status."""
    if answer.content[:1] == b"<":
        try:
            return Answer(answer.content).text("Code") or str(answer.status_code)
        except OperationalError:
            pass
    return _BY_STATUS.get(answer.status_code, f"{answer.status_code} {answer.reason_phrase}".strip())


def passing(answer: httpx.Response) -> bool:
    """Whether asking again may help."""
    return answer.status_code >= 500 or answer.status_code == 429 or code_of(answer) in _PASSING


def failure(answer: httpx.Response, what: str) -> UserError | OperationalError:
    """The error that an answer is.

    Args:
        what: what was asked for, such as `Reading s3://bucket/key`.
    """
    code = code_of(answer)
    details: dict[str, Any] = {"status": answer.status_code, "s3_code": code, "sent": True}
    if passing(answer) and answer.status_code != 501:
        wait = retry_after(answer.headers.get("retry-after", ""))
        details |= {} if wait is None else {"retry_after_seconds": wait}
        return OperationalError("s3.unavailable", f"{what} failed: the server answered {code}", **details)
    if code == "AccessDenied":
        message = f"{what} was refused (AccessDenied): give the credentials of the connection the right to do so"
        return UserError("s3.refused", message, **details)
    if code in _REFUSED:
        return UserError("s3.refused", f"{what} was refused ({code}): {_lower(FIXES[code])}", **details)
    if code in ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"):
        region = answer.headers.get("x-amz-bucket-region")
        fix = f"set `region` of the connection to {region}" if region else "check `region` and `endpoint_url`"
        return UserError("s3.wrong_region", f"{what} failed ({code}): {fix} in the connection", **details)
    told = Answer(answer.content).text("Message") if answer.content[:5] == b"<?xml" else ""
    fix = FIXES.get(code, "check key, bucket and connection")
    shown = f"{code}: {told[:300]}" if told else code
    return OperationalError("s3.failed", f"{what} failed ({shown}); {_lower(fix)}", retryable=False, **details)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
