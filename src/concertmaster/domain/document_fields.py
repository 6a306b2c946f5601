"""Typed access to one mapping of a document: every wrong type, unknown key and bad name becomes a problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, TypeVar, cast

from concertmaster.domain.durations import LONGEST, parse_duration
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.near_miss import one_of
from concertmaster.domain.plain_json import type_word
from concertmaster.domain.problems import pointer

# The largest number of a 32-bit column, which is what some of them end up in.
LARGEST = 2**31 - 1
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_NAME_PART = re.compile(r"[^A-Za-z0-9_]+")
T = TypeVar("T")


class Fields:
    """One mapping at a known place.

    Args:
        value: what stands there; anything but a mapping is a problem and counts as empty.
        at: JSON pointer of the mapping.
        what: the mapping in words, with its article (`a node`).
    """

    def __init__(self, value: Any, findings: Findings, *, at: str, what: str) -> None:
        self.at = at
        self._findings = findings
        self._what = what
        self._readable = isinstance(value, dict)
        if not self._readable:
            message = f"{what} must be a mapping, not {type_word(value)}"
            findings.error("document.type", at, message)
        self.data: Mapping[str, Any] = value if isinstance(value, dict) else {}

    def pointer(self, key: str) -> str:
        """Pointer of one of its keys."""
        return self.at + pointer(key)

    def only(self, known: Collection[str]) -> None:
        """Report the keys that are not known."""
        for key in self.data:
            if key not in known:
                message = f"unknown key {brief(key)!r} in {self._what}"
                fix = lambda key=key: one_of(key, known)  # noqa: E731
                self._findings.error("document.unknown_key", self.pointer(key), message, fix=fix)

    def required(self, key: str, *, fix: str) -> None:
        """Report the key when it is missing."""
        if self._readable and self.data.get(key) is None:
            message = f"{self._what} needs the key `{key}`"
            self._findings.error("document.missing_key", self.pointer(key), message, fix=fix)

    def wrong(self, key: str, message: str, *, fix: str | None = None, code: str = "document.type") -> None:
        """Report the value of a key."""
        self._findings.error(code, self.pointer(key), f"`{key}` {message}", fix=fix)

    def problem(self, code: str, message: str, *, fix: str | None = None) -> None:
        """Report the mapping as a whole."""
        self._findings.error(code, self.at, message, fix=fix)

    def text(self, key: str) -> str | None:
        """A text, None when missing or wrong."""
        return self._typed(key, str, "a text")

    def needed(self, key: str, *, fix: str, code: str) -> str | None:
        """A text that has to be there and say something; None, and reported, when it does not."""
        self.required(key, fix=fix)
        text = self.text(key)
        if text == "":
            self.wrong(key, "must not be empty", fix=fix, code=code)
        return text or None

    def boolean(self, key: str) -> bool | None:
        """A boolean, None when missing or wrong."""
        return self._typed(key, bool, "true or false")

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping, empty when missing or wrong."""
        return cast("dict[str, Any] | None", self._typed(key, dict, "a mapping")) or {}

    def items(self, key: str) -> list[Any]:
        """A list, empty when missing or wrong."""
        return cast("list[Any] | None", self._typed(key, list, "a list")) or []

    def number(self, key: str, *, at_least: float, whole: bool = False, code: str = "policy.value") -> float | None:
        """A number of at least that much and at most `LARGEST`, None when missing or wrong."""
        value = self.data.get(key)
        if value is None:
            return None
        fitting = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not fitting or not at_least <= value <= LARGEST:
            kind = "a whole number" if whole else "a number"
            self.wrong(key, f"must be {kind} from {at_least:g} to {LARGEST}", code=code)
            return None
        return value

    def choice(self, key: str, options: Collection[str], *, code: str = "policy.value") -> str | None:
        """One of the words, None when missing or wrong."""
        value = self.data.get(key)
        if value is None:
            return None
        if value not in options:
            word = brief(value) if isinstance(value, str) else type_word(value)
            self.wrong(key, f"cannot be {word!r}", fix=one_of(str(value)[:100], options), code=code)
            return None
        return value

    def words(self, key: str, options: Collection[str], *, code: str) -> tuple[str, ...]:
        """A list of some of the words, without those that are wrong; empty when missing."""
        found: list[str] = []
        if key in self.data and not self.items(key) and isinstance(self.data[key], list):
            self.wrong(key, "must name at least one", fix=one_of("", options), code=code)
        for index, value in enumerate(self.items(key)):
            if isinstance(value, str) and value in options:
                found.append(value)
                continue
            word = brief(value) if isinstance(value, str) else type_word(value)
            fix = one_of(str(value)[:100], options)
            self._findings.error(code, self.at + pointer(key, index), f"`{key}` cannot hold {word!r}", fix=fix)
        return tuple(dict.fromkeys(found))

    def duration(self, key: str, *, positive: bool = False) -> timedelta | None:
        """A duration, None when missing or wrong."""
        value = self.data.get(key)
        if value is None:
            return None
        try:
            if not isinstance(value, str):
                unit = f", like {value}s" if isinstance(value, int | float) and not isinstance(value, bool) else ""
                raise ValueError(f"must be a text of a number and a unit{unit}")
            duration = parse_duration(value)
            if positive and not duration:
                raise ValueError("must be longer than nothing")
            if duration > LONGEST:
                raise ValueError(f"must be at most {LONGEST.days} days")
        except ValueError as error:
            self.wrong(key, f"{brief(str(error))}", code="document.duration", fix="Write it like 30s, 5m or PT1H30M")
            return None
        return duration

    def named(self, key: str, read: Callable[[str, Any], T], *, what: str) -> dict[str, T]:
        """A mapping from names to things; bad names are problems, the things are read all the same."""
        result: dict[str, T] = {}
        for name, value in self.mapping(key).items():
            if not NAME.fullmatch(name):
                message = f"{brief(name)!r} is no {what} name: use letters, digits and _, not starting with a digit"
                fix = lambda name=name: f"Rename it to `{_suggest_name(name)}`"  # noqa: E731
                code = "node.id" if what == "node" else "document.name"
                self._findings.error(code, self.pointer(key) + pointer(name), message, fix=fix)
            result[name] = read(name, value)
        return result

    def _typed(self, key: str, kind: type[T], word: str) -> T | None:
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, kind):
            self.wrong(key, f"must be {word}, not {type_word(value)}")
            return None
        return value


def _suggest_name(name: str) -> str:
    words = _NO_NAME_PART.sub("_", name[:60]).strip("_") or "name"
    return words if NAME.fullmatch(words) else f"_{words}"
