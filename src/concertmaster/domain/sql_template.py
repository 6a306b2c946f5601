"""SQL with `{{ }}`: values become bound parameters, `{{ e | ident }}` a quoted identifier, never text.

Trap: the text around the expressions is scanned as DuckDB 2.0 reads it (nested comments, E'' strings, dollar quotes,
back-ticks), because a quoted identifier written inside a string literal could end that literal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from concertmaster.domain.expression_steps import Reference
from concertmaster.domain.expression_template import Part, compiled_parts
from concertmaster.domain.expression_values import Budget, ExpressionError, to_text, wrong_kind

_MAX_IDENTIFIER = 255
_DOLLAR_TAG = re.compile(r"\$([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$")
_MARKER = re.compile(r"\$\w*|\?")
_NEAR = re.compile(r"[\w$'\"`@#]")
_COMMENT_SIGN = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Marker:
    """Where something stands in SQL text: the parameter `name`, or the identifier itself."""

    name: str
    identifier: bool = False


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL ready to run.

    Attributes:
        text: with `$p1`, `$p2`, ... where values go; `execute(sql.text, sql.parameters)` in DuckDB.
        parameters: exactly the parameters that `text` names; no two `Sql` of one rendered config share a name.
        identifiers: what `ident` quoted; whoever runs the text checks them against the columns of its inputs first.
        parts: the text in pieces, for those who write it in another dialect (`written`).
    """

    text: str
    parameters: dict[str, Any] = field(default_factory=lambda: {})
    identifiers: tuple[str, ...] = ()
    parts: tuple[str | Marker, ...] = field(default=(), compare=False, repr=False)

    def written(self, *, parameter: Callable[[str], str], identifier: Callable[[str], str]) -> str:
        """The text in another dialect.

        Args:
            parameter: called with the name of each, in the order of the text.
            identifier: quotes one.
        """
        pieces = (
            part if isinstance(part, str) else identifier(part.name) if part.identifier else parameter(part.name)
            for part in self.parts or self._found()
        )
        return "".join(pieces)

    def _found(self) -> Iterator[str | Marker]:
        """The pieces of a text that somebody has written with `$p1` in it."""
        for piece in re.split(r"(\$\w+)", self.text):
            yield Marker(piece[1:]) if piece[1:] in self.parameters and piece[0] == "$" else piece

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated, serialization=core_schema.plain_serializer_function_ser_schema(lambda sql: sql.text)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "sql"}

    @classmethod
    def _validated(cls, value: Any) -> Sql:
        if isinstance(value, Sql):
            return value
        if isinstance(value, str):
            return cls(value)
        raise ValueError("SQL must be text")


@dataclass(frozen=True, slots=True)
class SqlTemplate:
    """Compiled SQL text."""

    parts: tuple[str | Part, ...]
    references: frozenset[Reference]

    def render(self, scope: Mapping[str, Any], budget: Budget | None = None) -> Sql:
        """Compute the expressions and bind them.

        Raises:
            ExpressionError: an expression fails, or what stands before `ident` is no name.
        """
        spend = budget or Budget()
        texts: list[str] = []
        pieces: list[str | Marker] = []
        parameters: dict[str, Any] = {}
        identifiers: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                texts.append(part)
                pieces.append(part)
                continue
            value = part.run(scope, spend)
            if part.expression.identifier:
                identifiers.append(_identifier(value, part, spend))
                texts.append('"' + identifiers[-1].replace('"', '""') + '"')
                pieces.append(Marker(identifiers[-1], identifier=True))
            else:
                name = spend.next_parameter()
                parameters[name] = value
                texts.append(f"${name}")
                pieces.append(Marker(name))
        return Sql("".join(texts), parameters, tuple(identifiers), tuple(pieces))


def parse_sql(text: str) -> SqlTemplate:
    """Compile SQL text with expressions.

    Raises:
        ExpressionError: an expression is wrong, or stands inside a literal, comment or identifier.
    """
    parts = tuple(compiled_parts(text))
    if any(isinstance(part, Part) for part in parts):
        _check_places(parts)
    references = frozenset[Reference]().union(*(part.expression.references for part in parts if isinstance(part, Part)))
    return SqlTemplate(parts, references)


def _identifier(value: Any, part: Part, budget: Budget) -> str:
    place = {"position": part.snippet.position, "expression": part.snippet.source.strip()[:200]}
    if not isinstance(value, str):
        raise wrong_kind("ident needs the name of a column as text", value).at(**place)
    name = to_text(value, budget)
    if not name or len(name) > _MAX_IDENTIFIER or "\x00" in name:
        raise ExpressionError("sql.identifier", f"A column name has 1 to {_MAX_IDENTIFIER} characters", **place)
    return name


def _check_places(parts: tuple[str | Part, ...]) -> None:
    scanner = _Scanner()
    for index, part in enumerate(parts):
        if isinstance(part, str):
            scanner.feed(part)
            continue
        position = part.snippet.position
        if scanner.inside:
            raise ExpressionError(
                "sql.expression_in_literal",
                f"The expression stands inside a {scanner.inside}, where it can't be a parameter; take it out "
                "(a pattern for example is `like {{ '%' ~ inputs.word ~ '%' }}`)",
                position=position,
            )
        before, after = (parts[index - 1] if index else ""), (parts[index + 1] if index + 1 < len(parts) else "")
        if not _apart(before, -1) or not _apart(after, 0):
            raise ExpressionError(
                "sql.expression_in_identifier",
                "The expression touches a word, number, quote or another expression; put spaces around it, "
                "and build a column name inside of it: {{ ('sum_' ~ inputs.name) | ident }}",
                position=position,
            )


def _apart(neighbour: str | Part, edge: int) -> bool:
    return isinstance(neighbour, str) and (not neighbour or _NEAR.match(neighbour[edge]) is None)


class _Scanner:
    """Follows what kind of token the text is in; literals and comments may reach across expressions."""

    _START = re.compile(r"'|\"|`|--|/\*|\$|\?")
    _NAMES: ClassVar = {"'": "string literal", '"': "quoted identifier", "`": "quoted identifier"}

    def __init__(self) -> None:
        self.inside = ""
        self._end = re.compile("")
        self._depth = 0

    def feed(self, text: str) -> None:
        at = 0
        while at < len(text):
            at = self._leave(text, at) if self.inside else self._enter(text, at)

    def _enter(self, text: str, at: int) -> int:
        found = self._START.search(text, at)
        if found is None:
            return len(text)
        sign, start = found.group(), found.start()
        if sign in self._NAMES:
            escapes = sign == "'" and re.search(r"(?<!\w)[eE]$", text[max(0, start - 2) : start]) is not None
            goes_on = rf"{sign}{sign}|\\." if escapes else sign + sign
            self.inside, self._end = self._NAMES[sign], re.compile(f"(?P<on>{goes_on})|{sign}", re.S)
        elif sign == "--":
            self.inside, self._end = "comment", re.compile(r"\n|\r")
        elif sign == "/*":
            self.inside, self._end, self._depth = "comment", _COMMENT_SIGN, 1
        elif sign == "$" and (tag := _DOLLAR_TAG.match(text, start)) is not None and not _in_word(text, start):
            self.inside, self._end = "dollar-quoted string", re.compile(re.escape(tag.group()))
            return tag.end()
        else:
            marker = _MARKER.match(text, start)
            raise ExpressionError(
                "sql.parameter",
                f"{marker.group()[:40] if marker else sign!r}: write parameters as {{{{ inputs.name }}}} only",
            )
        return found.end()

    def _leave(self, text: str, at: int) -> int:
        found = self._end.search(text, at)
        if found is None:
            return len(text)
        if self._end is _COMMENT_SIGN:
            self._depth += 1 if found.group() == "/*" else -1
            if self._depth:
                return found.end()
        if found.lastgroup != "on":
            self.inside = ""
        return found.end()


def _in_word(text: str, at: int) -> bool:
    return at > 0 and re.match(r"\w", text[at - 1]) is not None
