"""Findings: collects the problems of one document, bounded."""

from __future__ import annotations

from collections.abc import Callable

from concertmaster.domain.problems import Problem, Severity

LIMIT = 1_000
"""Problems of one severity that are listed one by one; nobody reads more, and each costs time."""

Fix = str | None | Callable[[], str | None]


class Findings:
    """The problems found so far, in order.

    A fix may be a function: it is only asked for problems that are listed.
    """

    def __init__(self) -> None:
        self._listed: list[Problem] = []
        self._count: dict[Severity, int] = {"error": 0, "warning": 0}

    def error(self, code: str, at: str, message: str, *, fix: Fix = None) -> None:
        """Add a problem that blocks publishing; `at` is its JSON pointer."""
        self._add("error", code, at, message, fix)

    def warning(self, code: str, at: str, message: str, *, fix: Fix = None) -> None:
        """Add a problem that blocks nothing."""
        self._add("warning", code, at, message, fix)

    def add(self, severity: Severity, code: str, at: str, message: str, *, fix: Fix = None) -> None:
        """Add a problem whose severity the caller computes."""
        self._add(severity, code, at, message, fix)

    @property
    def errors(self) -> int:
        """How many errors there are so far, also those that are not listed."""
        return self._count["error"]

    def problems(self) -> list[Problem]:
        """All of them; where a severity passed `LIMIT`, a last one says how many more there are."""
        listed = list(self._listed)
        for severity in ("error", "warning"):
            more = self._count[severity] - LIMIT
            if more > 0:
                message = f"and {more} more {severity}s"
                listed.append(Problem("document.more_problems", "", message, severity, "Mend the listed ones first"))
        return listed

    def _add(self, severity: Severity, code: str, at: str, message: str, fix: Fix) -> None:
        self._count[severity] += 1
        if self._count[severity] <= LIMIT:
            self._listed.append(Problem(code, at, message, severity, fix() if callable(fix) else fix))


def brief(text: str, *, limit: int = 200) -> str:
    """The text, its middle cut out where it is too long for a message."""
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"
