"""Problem: one validation finding, the same for CLI, API and canvas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a document or request.

    Attributes:
        code: stable dotted code (`edge.dangling`), listed in the reference.
        pointer: RFC 6901 JSON pointer to the place, "" for the whole document.
        message: what is wrong, for a person.
        severity: an error blocks publishing and running, a warning does not.
        fix: what to do about it, where we can say it.
    """

    code: str
    pointer: str
    message: str
    severity: Severity = "error"
    fix: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The form used by REST and `--json`."""
        return {
            "code": self.code,
            "pointer": self.pointer,
            "severity": self.severity,
            "message": self.message,
            "fix": self.fix,
        }


def pointer(*parts: str | int) -> str:
    """Join path parts to a JSON pointer, escaping `~` and `/`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def plain_message(message: str) -> str:
    """The message of a check without what pydantic puts before those of our own."""
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems blocks publishing."""
    return any(problem.severity == "error" for problem in problems)
