"""From text to syntax trees: finds the `{{ }}` in a text and parses each with Jinja2, within bounds.

Trap: Jinja2 only parses. Its compiler, environment look-ups and filters are never reached, and a tree may hold any
node kind of Jinja2; what is allowed is decided by the walker alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, TemplateError, nodes
from jinja2.parser import Parser

from concertmaster.domain.expression_values import ExpressionError

MAX_TEXT = 1_048_576
MAX_SOURCE = 8_192
MAX_EXPRESSIONS = 1_000
MAX_NODES = 1_000
MAX_DEPTH = 64

_ENVIRONMENT = Environment(autoescape=True)
_STATEMENT = re.compile(
    r"\{%[-+]?\s*(?:if|elif|else|endif|for|endfor|set|endset|block|extends|include|import|from|macro|call|filter|with"
    r"|raw|endraw|do|autoescape)\b"
)
_OUTSIDE = re.compile(r"['\"(\[{)\]}]")
_ENDS_OF_STRING = {quote: re.compile(rf"\\.|{quote}", re.S) for quote in "'\""}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """What stands between one `{{` and its `}}`; `position` is the offset of the `{{` in the text."""

    source: str
    position: int


def has_expression(text: str) -> bool:
    """Whether a text needs compiling at all."""
    return "{{" in text or ("{%" in text and _STATEMENT.search(text) is not None)


def split_text(text: str) -> list[str | Snippet]:
    """Cut a text into literal parts and expressions, in order; literal parts are kept to the byte.

    Raises:
        ExpressionError: the text is too long, has a statement, or a `{{` that does not end.
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError("expression.too_long", f"A text with expressions may have {MAX_TEXT:,} characters")
    parts: list[str | Snippet] = []
    count = at = 0
    while (start := text.find("{{", at)) >= 0:
        _append_literal(parts, text[at:start], at)
        end = _find_end(text, start)
        parts.append(_snippet(text, start, end))
        count += 1
        if count > MAX_EXPRESSIONS:
            raise ExpressionError("expression.too_many", f"A text may have {MAX_EXPRESSIONS} expressions", position=at)
        at = end + 2
    _append_literal(parts, text[at:], at)
    return parts


def parse(source: str) -> nodes.Expr:
    """The syntax tree of one expression, without its braces.

    Raises:
        ExpressionError: not Jinja2 expression syntax, or larger or deeper than the bounds.
    """
    try:
        parser = Parser(_ENVIRONMENT, source, state="variable")
        tree = parser.parse_expression()
        rest: Any = parser.stream.current
    except TemplateError as error:
        line = getattr(error, "lineno", 1)
        raise ExpressionError("expression.syntax", f"Not an expression: {error.message}", line=line) from error
    except RecursionError as error:
        raise _too_deep() from error
    except (ValueError, OverflowError, SyntaxError) as error:
        raise ExpressionError("expression.syntax", f"Not an expression: {error}") from error
    if not parser.stream.eos:
        hint = "; put a list in [ ]" if rest.type == "comma" else ""
        raise ExpressionError("expression.syntax", f"Unexpected {rest.value!r} after the expression{hint}")
    _check_size(tree)
    return tree


def _append_literal(parts: list[str | Snippet], literal: str, offset: int) -> None:
    statement = _STATEMENT.search(literal)
    if statement is not None:
        raise ExpressionError(
            "expression.statement",
            f"{statement.group()!r}: statements are not supported; use {{{{ a if b else c }}}} "
            "or a node of its own, and {{ '{%' }} for the characters themselves",
            position=offset + statement.start(),
        )
    if literal:
        parts.append(literal)


def _snippet(text: str, start: int, end: int) -> Snippet:
    source = text[start + 2 : end]
    if source[:1] in {"-", "+"} or source[-1:] in {"-", "+"}:
        raise ExpressionError(
            "expression.syntax",
            "Whitespace control ({{- and -}}) is not supported; write a space after {{ and before }}",
            position=start,
        )
    if not source.strip():
        raise ExpressionError("expression.syntax", "There is nothing between {{ and }}", position=start)
    return Snippet(source, start)


def _find_end(text: str, start: int) -> int:
    """Offset of the `}}` that ends the expression at `start`; those in strings and after open braces do not count."""
    limit = min(len(text), start + MAX_SOURCE + 4)
    open_brackets: list[str] = []
    at = start + 2
    while (found := _OUTSIDE.search(text, at, limit)) is not None:
        sign, at = found.group(), found.end()
        if sign in _ENDS_OF_STRING:
            at = _after_string(text, at, limit, quote=sign)
            if at < 0:
                raise ExpressionError("expression.syntax", f"The string has no closing {sign}", position=start)
        elif sign in _CLOSING:
            open_brackets.append(_CLOSING[sign])
        elif open_brackets and open_brackets[-1] == sign:
            open_brackets.pop()
        elif sign == "}" and text[at : at + 1] == "}":
            # Brackets still open here are the parser's to report: it names the one that is missing.
            return at - 1
    if limit < len(text):
        raise ExpressionError(
            "expression.too_long",
            f"No }}}} within {MAX_SOURCE:,} characters, the most one expression has",
            position=start,
        )
    raise ExpressionError(
        "expression.syntax", "{{ has no closing }}; for the signs themselves write {{ '{{' }}", position=start
    )


def _after_string(text: str, at: int, limit: int, *, quote: str) -> int:
    """Offset after the closing quote, -1 when there is none."""
    for found in _ENDS_OF_STRING[quote].finditer(text, at, limit):
        if found.group() == quote:
            return found.end()
    return -1


def _check_size(tree: nodes.Node) -> None:
    level: list[nodes.Node] = [tree]
    count = depth = 0
    while level:
        depth += 1
        count += len(level)
        if depth > MAX_DEPTH:
            raise _too_deep()
        if count > MAX_NODES:
            raise ExpressionError("expression.too_long", f"An expression may have {MAX_NODES:,} parts")
        level = [child for node in level for child in node.iter_child_nodes()]


def _too_deep() -> ExpressionError:
    return ExpressionError("expression.too_deep", f"An expression may be nested {MAX_DEPTH} levels deep")
