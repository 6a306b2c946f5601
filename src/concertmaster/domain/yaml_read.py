"""Reads YAML into plain JSON data by its events: bounded in depth, size and aliases, and every place known.

One pass over libyaml's events instead of PyYAML's constructors: nothing is ever constructed but plain data, deep
nesting cannot exhaust the stack, and duplicate keys are seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.plain_json import MAX_DEPTH, canonical_number
from concertmaster.domain.problems import pointer
from concertmaster.domain.yaml_scalars import resolve

MAX_ALIASED_VALUES = 10_000
_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)  # only its event parser is used


class _Stop(Exception):
    """The rest of the document cannot be read."""


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open."""

    value: dict[str, Any] | list[Any]
    anchor: str | None = None
    key: str | None = None
    expects_key: bool = False
    dropped: bool = False  # the key or the whole is wrong: read on, keep nothing
    size: int = 1


@dataclass(slots=True)
class YamlReader:
    """Reads one document.

    Attributes:
        findings: where problems go; their messages say line and column.
        lines: JSON pointer → line (from 1) of every key and item; only filled when a dict is given.
    """

    findings: Findings
    lines: dict[str, int] | None = None
    _stack: list[_Frame] = field(default_factory=list[_Frame])
    _anchors: dict[str, tuple[Any, int]] = field(default_factory=dict[str, tuple[Any, int]])
    _aliased: int = 0
    _documents: int = 0
    _root: Any = None

    def read(self, text: str) -> Any:
        """The value, or None (with an error among the findings) where it cannot be read."""
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                self._take(event)
        except _Stop:
            return None
        except yaml.MarkedYAMLError as error:
            self._syntax_error(error)
            return None
        except yaml.YAMLError as error:
            self.findings.error("document.syntax", "", _character_message(text, error))
            return None
        return self._root

    def _take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frame = self._stack.pop()
                if frame.anchor is not None:
                    self._anchors[frame.anchor] = (frame.value, frame.size)
                self._put(frame.value, size=frame.size)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop("document.syntax", event, "a second document starts here", "Keep one workflow a file")
            case _:
                pass

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._refuse_tag(event)
        text: str = event.value
        plain = event.implicit[0] and not event.style
        if self._at_key():
            self._key(text, event, plain=plain)
            return
        value: Any = text
        if plain:
            try:
                value = resolve(text)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    value = self._number(value, event)
            except ValueError:
                value = self._number(None, event)
        self._mark(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._put(value, size=1)

    def _number(self, number: float | None, event: yaml.ScalarEvent) -> int | float:
        canonical = None if number is None else canonical_number(number)
        if canonical is None:
            message = f"{brief(event.value)} is no number that JSON can hold ({_place(event)})"
            self.findings.error("document.number", self._here(), message, fix="Put quotes around it to make it a text")
            return 0
        return canonical

    def _key(self, text: str, event: Any, *, plain: bool) -> None:
        frame = self._stack[-1]
        frame.expects_key = False
        frame.key = text
        frame.dropped = False
        if plain and text == "<<":
            message = f"merge keys (<<) are not supported ({_place(event)})"
            self.findings.error("document.merge_key", self._here(), message, fix="Write the keys out")
            frame.dropped = True
        elif text in frame.value:
            message = f"the key {brief(text)!r} stands here a second time ({_place(event)})"
            self.findings.error("document.duplicate_key", self._here(), message, fix="Remove or rename one of the two")
            frame.dropped = True
        elif self.lines is not None:
            self.lines.setdefault(self._here(), event.start_mark.line + 1)

    def _open(self, event: Any) -> None:
        self._refuse_tag(event)
        if len(self._stack) >= MAX_DEPTH:
            self._stop("document.too_deep", event, f"more than {MAX_DEPTH} levels", "Flatten the document")
        mapping = isinstance(event, yaml.MappingStartEvent)
        if self._at_key():
            flow = mapping and event.flow_style
            fix = 'Put quotes around the expression: "{{ ... }}"' if flow else "Use a text as the key"
            self.findings.error("document.key", self._here(), f"a key must be a text ({_place(event)})", fix=fix)
            frame = self._stack[-1]
            frame.key, frame.dropped = "", True
        self._mark(event)
        self._stack.append(_Frame({} if mapping else [], anchor=event.anchor, expects_key=mapping))
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)  # not to be named before it is complete

    def _alias(self, event: yaml.AliasEvent) -> None:
        anchor: str = event.anchor or ""
        known = self._anchors.get(anchor)
        if known is None:
            message = f"there is no complete anchor &{anchor} above it"
            self._stop("document.alias", event, message, "Define the anchor first, outside of itself")
            return
        value, size = known
        self._aliased += size
        if self._aliased > MAX_ALIASED_VALUES:
            message = f"its aliases stand for more than {MAX_ALIASED_VALUES} values"
            self._stop("document.too_large", event, message, "Write the values out, or use `vars`")
        if self._at_key():
            if isinstance(value, str):
                frame = self._stack[-1]
                frame.expects_key, frame.key, frame.dropped = False, value, value in frame.value
                return
            self._stop("document.key", event, "a key must be a text", "Use a text as the key")
        self._mark(event)
        self._put(value, size=size)

    def _put(self, value: Any, *, size: int) -> None:
        if not self._stack:
            self._root = value
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.expects_key:  # a collection that stood where a key belongs
            frame.expects_key = False
            return
        else:
            if not frame.dropped and frame.key is not None:
                frame.value[frame.key] = value
            frame.expects_key, frame.key, frame.dropped = True, None, False
        frame.size += size

    def _at_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].expects_key

    def _here(self) -> str:
        parts: list[str | int] = []
        for frame in self._stack:
            if isinstance(frame.value, list):
                parts.append(len(frame.value))
            elif frame.key is not None:
                parts.append(frame.key)
        return pointer(*parts)

    def _mark(self, event: Any) -> None:
        if self.lines is not None:
            self.lines.setdefault(self._here(), event.start_mark.line + 1)

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            message = f"the tag {brief(event.tag)!r} is not allowed ({_place(event)})"
            self.findings.error(
                "document.tag", self._here(), message, fix="Remove the tag; quote a value to make it text"
            )

    def _stop(self, code: str, event: Any, message: str, fix: str) -> None:
        self.findings.error(code, self._here(), f"{message} ({_place(event)})", fix=fix)
        raise _Stop

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        context = f" {error.context}" if error.context else ""
        problem = error.problem or "not YAML"
        fix = None
        if "cannot start any token" in problem:
            fix = "Indent with spaces, not tabs, and put quotes around a text that starts with %, @ or `"
        elif "mapping values are not allowed" in problem:
            fix = "Put quotes around a text that contains `: `, and check the indentation"
        elif "did not find expected" in problem:
            fix = "Check indentation, brackets and quotes above this place"
        self.findings.error("document.syntax", self._here(), f"{place}{problem}{context}", fix=fix)


def _place(event: Any) -> str:
    mark = event.start_mark
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _character_message(text: str, error: yaml.YAMLError) -> str:
    position: object = getattr(error, "position", None)
    if not isinstance(position, int):
        return f"not YAML: {error}"
    # libyaml counts bytes, the pure reader characters; both are the same up to the first letter beyond ASCII.
    before = text.encode("utf-8", "replace")[:position].decode("utf-8", "replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"line {line}, column {column}: {getattr(error, 'reason', 'unacceptable character')}"
