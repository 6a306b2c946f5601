"""Secrets are masked in every form in which they usually slip into logs and errors."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.domain.redaction import Redactor

SECRETS = ['p4ss"w\\ord/+&é', "sk-live-0123456789abcdef", "line one of a key\nline two of a key", "ab c d e=%"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "form",
    [
        str,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: json.dumps({"nested": json.dumps({"x": text})}),
        repr,
        html.escape,
        urllib.parse.quote,
        urllib.parse.quote_plus,
        lambda text: urllib.parse.quote(text, safe=""),
        lambda text: urllib.parse.quote(text, safe="").lower() if text.islower() else urllib.parse.quote(text, safe=""),
        lambda text: text.encode().hex(),
        lambda text: text.encode().hex().upper(),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    ],
)
def test_forms(secret: str, form: Any) -> None:
    shown = form(secret)
    masked = Redactor([secret]).redact(f"before {shown} after")
    assert masked.startswith("before ")
    assert "***" in masked
    assert shown not in masked
    assert secret not in masked
    assert len(masked) < len("before  after") + 40


@pytest.mark.parametrize("user", ["", "u", "us", "use", "user"])
def test_inside_of_basic_authorization(user: str) -> None:
    secret = "correct horse battery"
    header = base64.b64encode(f"{user}:{secret}:tail".encode()).decode()
    masked = Redactor([secret]).redact(f"Authorization: Basic {header}")
    assert "***" in masked
    left = masked.removeprefix("Authorization: Basic ").split("***")
    # What is left decodes to at most a couple of the secret's characters at its edges.
    assert sum(len(part) for part in left) <= len(header) - 24


def test_nested_data_keys_and_values() -> None:
    redactor = Redactor(["hunter2", "s3cr3t"])
    value = {"a": ["x hunter2 y", {"hunter2": ("s3cr3t", 1, None, True)}], "b": b"hunter2"}
    assert redactor.redact(value) == {"a": ["x *** y", {"***": ("***", 1, None, True)}], "b": b"hunter2"}
    assert value["a"][0] == "x hunter2 y"


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert Redactor(["pass", "password-long"]).redact("password-long pass") == "*** ***"


def test_short_secrets_are_masked_only_where_they_stand_alone() -> None:
    assert Redactor(["ab"]).redact("ab cab about 'ab' ab=1") == "*** cab about '***' ***=1"


def test_lines_of_a_key() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END KEY-----\n"
    assert "MIIEvQ" not in Redactor([key]).redact("got MIIEvQIBADANBgkqhkiG9w0B here")


@pytest.mark.parametrize("secrets", [[], [""], ["  "]])
def test_nothing_to_hide(secrets: list[str]) -> None:
    value = {"a": [""]}
    assert Redactor(secrets).redact(value) is value


@given(
    secret=st.text(min_size=4, max_size=30).filter(lambda text: bool(text.strip())), before=st.text(), after=st.text()
)
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    masked = Redactor([secret]).redact(before + secret + after)
    assert secret in before + "***" + after or secret not in masked or set(secret) <= {"*"}
