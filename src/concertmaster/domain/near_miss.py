"""The near miss of a misspelt word, and how a message or a fix names it."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Collection

# A near miss is looked for in time that 1,000 problems cannot turn into minutes.
_OPTIONS = 2_000
_CANDIDATES = 200
_LONGEST_WORD = 100


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


def hint(word: str, options: Collection[str]) -> str:
    """The end of a message: `; did you mean 'x'?`, or nothing."""
    option = near(word, options)
    return "" if option is None else f"; did you mean {option!r}?"
