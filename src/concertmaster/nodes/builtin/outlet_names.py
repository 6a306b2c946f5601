"""Outlets that people name: the keys of a config mapping, which stand on the canvas and in the edges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import AfterValidator

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
OUTLET_NAMES: dict[str, Any] = {"propertyNames": {"pattern": f"^{_NAME}$"}}


def with_outlet_names(other: str) -> AfterValidator:
    """The check that a mapping's keys can be outlets.

    Args:
        other: the outlet that is always there, whose name is taken.
    """

    def check(cases: Mapping[str, Any]) -> Mapping[str, Any]:
        for name in cases:
            if not re.fullmatch(_NAME, name) or name in (other, "error"):
                raise ValueError(f"'{name}' cannot be an outlet; use letters, digits and _, not `{other}` or `error`")
        return cases

    return AfterValidator(check)
