"""Functions of SQL that make large values of small ones, bounded.

DuckDB's `memory_limit` does not count values inside of vectors, and nothing can interrupt the making of one:
`repeat('x', 1000000000)` takes its gigabyte from the server. So macros stand in front of such functions; check.py
refuses names with a schema, which would go past them. What is made in several steps, such as a `replace` in what
`repeat` gave, is not bounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# Characters, bytes or items of one value. A vector has 2048 values.
LARGEST_VALUE = 2**18
_ARGUMENTS = 16
_REPEATED = "times > 1 AND $length::HUGEINT * times > $largest"
# What the message that is no number is cast to, by the parameter it stands for.
_FAILING_CASTS = {
    "times": "BIGINT",
    "stop": "BIGINT",
    "size": "BIGINT",
    "length": "INTEGER",
    "step": "INTERVAL",
    "template": "BIGINT::VARCHAR",
}
_SMALLER = (
    "a value of more than $largest characters or items could take the memory of the server; make smaller ones, or rows"
)
_WIDTHS = "a width has five digits at most, and stands in the format itself; use lpad or rpad, or smaller ones"
# A width or precision of six digits and more, or one that is an argument itself, once `%%` and `{{` are taken out.
_WIDE_PRINTF = r"%[^a-zA-Z%]*(\d{6}|\*)"
_WIDE_FORMAT = r"\{[^}]*(:[^}]*\d{6}|\{)"


def bound_values(con: duckdb.DuckDBPyConnection, functions: Iterable[str], *, largest: int = LARGEST_VALUE) -> None:
    """Put bounds in front of those of the functions that can make large values: each costs a millisecond or more.

    Args:
        functions: names in lower case, such as a query has them.
        largest: characters, bytes or items that one call may make.
    """
    for name in _MACROS.keys() & set(functions):
        con.execute(_MACROS[name].replace("$largest", str(largest)))


def _macro(name: str, *variants: tuple[str, str, str], remedy: str = _SMALLER) -> str:
    """A macro in front of a function.

    Args:
        variants: parameters, with types where the function has variants; the one that fails; and what is too large.
    """
    # Traps: it is an argument that fails, not a branch beside the call, because DuckDB computes calls of constants
    # while it plans, whatever stands around them. And it fails by a cast, because `error()` makes its expression
    # volatile, which PARTITION BY refuses.
    message = f"\x02sql.value_too_large\x02{name}(): {remedy}\x02".replace("'", "''")
    bodies: list[str] = []
    for parameters, bounded, too_large in variants:
        names = [part.split()[0] for part in parameters.split(", ")]
        failing = f"'{message}'::{_FAILING_CASTS[bounded]}"
        checked = f"CASE WHEN {too_large} THEN {failing} ELSE {bounded} END"
        arguments = ", ".join(checked if part == bounded else part for part in names)
        bodies.append(f"({parameters}) AS system.main.{name}({arguments})")
    return f'CREATE OR REPLACE TEMP MACRO "{name}" {", ".join(bodies)}'


def _series(name: str) -> str:
    span = "extract(epoch FROM stop::TIMESTAMP) - extract(epoch FROM start::TIMESTAMP)"
    seconds = "extract(epoch FROM step)"
    return _macro(
        name,
        ("stop BIGINT", "stop", "stop > $largest"),
        ("start BIGINT, stop BIGINT", "stop", "stop::HUGEINT - start > $largest"),
        ("start BIGINT, stop BIGINT, step BIGINT", "stop", "step <> 0 AND (stop::HUGEINT - start) // step > $largest"),
        ("start, stop, step INTERVAL", "step", f"{seconds} <> 0 AND ({span}) / {seconds} > $largest"),
        remedy=f"{_SMALLER} (`from {name}(...)`)",
    )


def _formatter(name: str, escaped: str, wide: str) -> str:
    too_large = f"regexp_matches(replace(template, '{escaped}', ''), '{wide}')"
    lists = [", ".join(["template", *(f"a{n}" for n in range(1, count + 1))]) for count in range(_ARGUMENTS + 1)]
    return _macro(name, *((parameters, "template", too_large) for parameters in lists), remedy=_WIDTHS)


def _padded(name: str) -> str:
    return _macro(name, ("text, length, padding", "length", "length > $largest AND length > strlen(text)"))


def _resized(name: str) -> str:
    too_large = "size > $largest AND size > len(items)"
    return _macro(name, ("items, size", "size", too_large), ("items, size, value", "size", too_large))


_MACROS = {
    "repeat": _macro(
        "repeat",
        ("value BLOB, times BIGINT", "times", _REPEATED.replace("$length", "octet_length(value)")),
        ("value VARCHAR, times BIGINT", "times", _REPEATED.replace("$length", "strlen(value)")),
        ("value, times BIGINT", "times", _REPEATED.replace("$length", "len(value)")),
    ),
    "bitstring": _macro("bitstring", ("bits, length", "length", "length > $largest")),
    "printf": _formatter("printf", "%%", _WIDE_PRINTF),
    "format": _formatter("format", "{{", _WIDE_FORMAT),
    **{name: _padded(name) for name in ("lpad", "rpad")},
    **{name: _series(name) for name in ("range", "generate_series")},
    **{name: _resized(name) for name in ("list_resize", "array_resize")},
}
