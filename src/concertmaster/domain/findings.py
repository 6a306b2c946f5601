"""Findings: collects the problems of one document, bounded, and knows the near miss of a misspelt word."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Collection

from concertmaster.domain.problems import Problem, Severity

LIMIT = 1_000
"""Problems of one severity that are listed one by one; nobody reads more, and each costs time."""

# A near miss is looked for in time that 1,000 problems cannot turn into minutes.
_OPTIONS = 2_000
_CANDIDATES = 200
_LONGEST_WORD = 100

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


def near(word: str, options: Collection[str]) -> str | None:
    """The option that was probably meant, None when nothing is close or there are too many to look through."""
    if len(options) > _OPTIONS or len(word) > _LONGEST_WORD:
        return None
    folded = word.casefold()
    alike: list[str] = []
    for option in options:
        if option.casefold() == folded:
            return option
        if abs(len(option) - len(word)) <= len(word):
            alike.append(option)
    if len(alike) > _CANDIDATES:
        alike = [option for option in alike if option[:1] == word[:1] and abs(len(option) - len(word)) <= 2]
    matches = difflib.get_close_matches(word, alike[:_CANDIDATES], n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(word: str, options: Collection[str]) -> str | None:
    """A fix naming the near miss, None when nothing is close."""
    option = near(word, options)
    return None if option is None else f"Did you mean `{option}`?"


def one_of(word: str, options: Collection[str]) -> str:
    """A fix that names the near miss, or else everything there is."""
    if not options:
        return "There is none to choose from"
    meant = did_you_mean(word, options)
    return meant or "Use one of: " + ", ".join(f"`{option}`" for option in itertools.islice(options, 20))


def brief(text: str, *, limit: int = 200) -> str:
    """The text, its middle cut out where it is too long for a message."""
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"
