"""Outlets that people name: the keys of a config mapping, which stand on the canvas and in the edges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

_NAME = "[A-Za-z_][A-Za-z0-9_]*"


@dataclass(frozen=True, slots=True)
class OutletNames:
    """The rule that a mapping's keys can be outlets, beside `other`, the one that is always there."""

    other: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "propertyNames": {"pattern": f"^{_NAME}$"}}

    def _check(self, cases: Mapping[str, Any]) -> Mapping[str, Any]:
        for name in cases:
            if not re.fullmatch(_NAME, name) or name in (self.other, "error"):
                message = f"'{name}' cannot be an outlet; use letters, digits and _, not `{self.other}` or `error`"
                raise ValueError(message)
        return cases
