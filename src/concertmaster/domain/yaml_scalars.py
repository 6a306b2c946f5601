"""YAML 1.2 core schema: what a plain scalar is. Dates, `on`, `yes` and sexagesimals are text."""

from __future__ import annotations

import re

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

# What readers of YAML 1.1 take for something else than text; we quote it so that they agree with us.
_OTHERS_MISREAD = re.compile(
    r"(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|<<|=)"
    r"|[-+]?[0-9][0-9_,]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[-+]?0b[01_]+|[-+]?0x[0-9a-fA-F_]+|[-+]?0o?[0-7_]+"
    r"|[-+]?(?:[0-9][0-9_]*)?\.?[0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?"
)
# Python refuses to read a longer decimal; no number a document may hold is that long.
_LONGEST_NUMBER = 400
_NUMBER_START = frozenset("0123456789+-.")


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar.

    Raises:
        ValueError: it is a number that JSON does not have (infinite, not a number, hundreds of digits).
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in _NUMBER_START:
        return text
    return _number(text)


def is_text(text: str) -> bool:
    """Whether every reader takes the plain scalar for text."""
    if text in _NULL or text in _BOOL or _OTHERS_MISREAD.fullmatch(text):
        return False
    try:
        return isinstance(resolve(text), str)
    except ValueError:
        return False


def _number(text: str) -> str | int | float:
    patterns = (_INT, _OCTAL, _HEX, _FLOAT, _NOT_FINITE)
    form = next((pattern for pattern in patterns if pattern.fullmatch(text)), None)
    if form is None:
        return text
    if form is _NOT_FINITE or len(text) > _LONGEST_NUMBER:
        raise ValueError(text)
    if form is _FLOAT:
        return float(text)
    return int(text, {_INT: 10, _OCTAL: 8, _HEX: 16}[form])
