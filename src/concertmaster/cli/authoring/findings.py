"""Finding: one thing that is wrong with a node type, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        code: `schema.default`, `docs.field`, ...; the first word says which check.
        node: `type@version`; "" where it is about the whole file.
        file, line: where to look, as far as it is known.
        pointer: into the node type's schema, "" for none.
    """

    code: str
    message: str
    fix: str = ""
    node: str = ""
    file: str = ""
    line: int | None = None
    pointer: str = ""
    severity: Severity = "error"

    @property
    def place(self) -> str:
        """`file:line`, as editors and terminals make links of."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Finding:
        """Inverse of `as_json`; what a child tells may be anything. Raises KeyError, TypeError, ValueError."""
        line = data.get("line")
        return Finding(
            str(data["code"]),
            str(data["message"]),
            str(data.get("fix", "")),
            str(data.get("node", "")),
            str(data.get("file", "")),
            None if line is None else int(line),
            str(data.get("pointer", "")),
            "warning" if data.get("severity") == "warning" else "error",
        )
