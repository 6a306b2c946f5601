"""Findings: collects the problems of one document, bounded, and knows the near miss of a misspelt word."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

from concertmaster.domain.problems import Problem, Severity

LIMIT = 1_000
"""Problems of one severity that are listed one by one; nobody reads more, and each costs time."""

_CANDIDATES = 200
"""Words that are compared letter by letter; among more of them only upper and lower case are forgiven."""

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


def near(word: str, options: Iterable[str]) -> str | None:
    """The option that was probably meant, None when nothing is close."""
    known = list(options)
    folded = word.casefold()
    for option in known:
        if option.casefold() == folded:
            return option
    if len(known) > _CANDIDATES:
        known = [option for option in known if option[:1] == word[:1] and abs(len(option) - len(word)) <= 2]
        known = known[:_CANDIDATES]
    # Longer words are no typing mistakes, and the comparison is quadratic in their length.
    matches = difflib.get_close_matches(word, known, n=1, cutoff=0.6) if len(word) <= 100 else []
    return matches[0] if matches else None


def did_you_mean(word: str, options: Iterable[str]) -> str | None:
    """A fix naming the near miss, None when nothing is close."""
    option = near(word, options)
    return None if option is None else f"Did you mean `{option}`?"


def one_of(word: str, options: Iterable[str]) -> str:
    """A fix that names the near miss, or else everything there is."""
    known = list(options)
    if not known:
        return "There is none to choose from"
    return did_you_mean(word, known) or "Use one of: " + ", ".join(f"`{option}`" for option in known[:20])


def brief(text: str, *, limit: int = 200) -> str:
    """The text, its middle cut out where it is too long for a message."""
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"
