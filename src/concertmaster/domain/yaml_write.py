"""Writes plain JSON data as YAML: one form for one value, byte for byte the same with every release.

An emitter of our own, because the bytes are hashed, diffed and kept in git, and a library's may change. Text
stands plain where every reader takes it for that text, multi-line text in block scalars, all else in quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from concertmaster.domain.yaml_scalars import is_text

Inline = Callable[[tuple[str, ...]], bool]
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
# Control characters, the line breaks of Unicode, the byte order mark and what is no character.
_NOT_READABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
# An unquoted key must end within 1024 characters of its start, or the reader gives up.
_LONGEST_KEY = 1000


def write_yaml(value: Mapping[str, Any], *, inline: Inline = lambda _: False) -> str:
    """The text, ended by a line feed.

    Args:
        inline: whether the list of numbers at this path of keys stands on one line, in brackets.
    """
    if not value:
        return "{}\n"
    return "\n".join(_mapping(value, 0, (), inline)) + "\n"


def _mapping(value: Mapping[str, Any], indent: int, path: tuple[str, ...], inline: Inline) -> Iterator[str]:
    pad = " " * indent
    for key, item in value.items():
        name = _line(key)
        if len(name) > _LONGEST_KEY:
            yield f"{pad}? {name}"
            name = ""
        yield from _entry(f"{pad}{name}:", item, indent, (*path, key), inline)


def _entry(head: str, item: Any, indent: int, path: tuple[str, ...], inline: Inline) -> Iterator[str]:
    match item:
        case Mapping() if item:
            yield head
            yield from _mapping(cast("Mapping[str, Any]", item), indent + 2, path, inline)
        case [_, *_] if not inline(path):
            yield head
            yield from _elements(cast("list[Any]", item), indent + 2, path, inline)
        case str() if _fits_block(item):
            yield from _block(head, item, indent + 2)
        case _:
            yield f"{head} {_scalar(item)}"


def _element(item: Any, indent: int, path: tuple[str, ...], inline: Inline) -> Iterator[str]:
    dash = " " * indent + "-"
    if isinstance(item, Mapping | list) and item:
        # A collection in a list starts on the line of the dash.
        lines = (
            _mapping(cast("Mapping[str, Any]", item), indent + 2, path, inline)
            if isinstance(item, Mapping)
            else _elements(cast("list[Any]", item), indent + 2, path, inline)
        )
        for number, line in enumerate(lines):
            yield f"{dash} {line[indent + 2 :]}" if number == 0 else line
    else:
        yield from _entry(dash, item, indent, path, inline)


def _elements(items: list[Any], indent: int, path: tuple[str, ...], inline: Inline) -> Iterator[str]:
    for item in items:
        yield from _element(item, indent, path, inline)


def _scalar(item: Any) -> str:
    match item:
        case None:
            return "null"
        case bool():
            return "true" if item else "false"
        case int() | float():
            return repr(item)
        case str():
            return _line(item)
        case Mapping():
            return "{}"
        case _:
            return "[" + ", ".join(_scalar(element) for element in item) + "]"


def _line(text: str) -> str:
    """Text on one line: plain where that is safe, else in the quotes that need no escapes."""
    if _is_plain(text):
        return text
    if '"' in text or "\\" in text:
        single_line = "\n" not in text and "\t" not in text and not _NOT_READABLE.search(text)
        if single_line:
            return "'" + text.replace("'", "''") + "'"
    return _NOT_READABLE.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _is_plain(text: str) -> bool:
    if not text or text[0] in _INDICATORS or text[0] == " " or text[-1] in " :":
        return False
    if "\n" in text or "\t" in text or ": " in text or " #" in text:
        return False
    return not text.startswith(("---", "...")) and not _NOT_READABLE.search(text) and is_text(text)


def _fits_block(text: str) -> bool:
    return "\n" in text and bool(text.strip("\n\t ")) and not _NOT_READABLE.search(text)


def _block(head: str, text: str, indent: int) -> Iterator[str]:
    body = text.rstrip("\n")
    ending = len(text) - len(body)
    chomping = "-" if ending == 0 else "" if ending == 1 else "+"
    # Where the first line starts with white space or is empty, the reader cannot guess the indentation.
    indication = "2" if text[0] in " \t\n" else ""
    yield f"{head} |{indication}{chomping}"
    pad = " " * indent
    for line in body.split("\n"):
        yield pad + line if line else ""
    yield from [""] * (ending - 1)
