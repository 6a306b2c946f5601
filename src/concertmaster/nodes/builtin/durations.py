"""Durations in configs: how long a node may take or wait, as text with a unit."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from concertmaster import UserError

Duration = Annotated[str, Field(pattern=r"^\d+(\.\d+)?(ms|s|m|h)$", json_schema_extra={"format": "duration"})]
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}


def duration_of(text: str) -> timedelta:
    """What the text of a `Duration` says; nodes that are called as plain functions have checked none.

    Raises:
        UserError: `http.timeout_invalid`.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UserError("http.timeout_invalid", f"{text!r} is no duration; write a number and a unit, like 30s")
    return timedelta(**{_UNITS[found[2]]: float(found[1])})
