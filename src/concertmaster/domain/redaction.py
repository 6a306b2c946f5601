"""Takes secrets out of what is logged, stored or shown, in the forms in which they usually slip in.

Trap: this is the last net, not the rule; code that handles secrets keeps them out of messages by itself.
"""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from typing import Any, cast

MASK = "***"
_SHORT = 4
_LINE = 16
# From here on a text is a secret's and no word that happens to be one.
LONG = 8
_BASE64_CORE = 8


class Redactor:
    """Replaces secrets by `***`: as they are, escaped for JSON, URLs, HTML, in hex, in base64 (also inside of more)."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Prepare for these secrets; empty ones are ignored.

        Secrets under four characters are replaced only where they stand alone, or they would riddle every text.
        """
        secrets = tuple(secrets)
        self.long_forms = tuple({form for secret in secrets if len(secret.strip()) >= LONG for form in _forms(secret)})
        forms = {form for secret in secrets if secret.strip() for form in _forms(secret)}
        patterns = [_pattern(form) for form in sorted(forms, key=len, reverse=True)]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def redact(self, value: Any) -> Any:
        """The value with every secret in its texts, keys and values masked; other objects pass as they are."""
        return value if self._pattern is None else _redacted(value, self._pattern)


def _redacted(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(MASK, value)
    if type(value) is dict:
        entries = cast("dict[Any, Any]", value)
        return {_redacted(key, pattern): _redacted(item, pattern) for key, item in entries.items()}
    if type(value) is list:
        return [_redacted(item, pattern) for item in cast("list[Any]", value)]
    if type(value) is tuple:
        return tuple(_redacted(item, pattern) for item in cast("tuple[Any, ...]", value))
    return value


def _pattern(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"


def _forms(secret: str) -> Iterator[str]:
    yield from _escapes(secret)
    if secret.strip() != secret:
        yield from _escapes(secret.strip())
    if "\n" in secret:
        # Keys in PEM form are often printed line by line.
        yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= _LINE)
    if len(secret) >= _SHORT:
        data = secret.encode("utf-8", "surrogatepass")
        yield from _base64_forms(data)
        yield data.hex()
        yield data.hex().upper()


def _escapes(secret: str) -> Iterator[str]:
    yield secret
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        # JSON inside of JSON.
        yield json.dumps(escaped, ensure_ascii=ascii_only)[1:-1]
    yield repr(secret)[1:-1]
    yield html.escape(secret)
    for safe in ("", "/"):
        quoted = urllib.parse.quote(secret, safe=safe, errors="replace")
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), quoted)
    yield urllib.parse.quote_plus(secret, errors="replace")


def _base64_forms(data: bytes) -> Iterator[str]:
    """The characters that base64 gives for the data wherever it starts in a longer text, as in `user:password`."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode().rstrip("=")
        for before, unstable in ((0, 0), (1, 2), (2, 3)):
            text = encode(bytes(before) + data).decode().rstrip("=")
            core = text[unstable : len(text) - (1 if (before + len(data)) % 3 else 0)]
            if len(core) >= _BASE64_CORE:
                yield core
