"""One text with `{{ }}` in it, compiled: typed when it is exactly one expression, text otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from concertmaster.domain.expression_parse import Snippet, split_text
from concertmaster.domain.expression_steps import ROOTS, Evaluate, Reference
from concertmaster.domain.expression_values import Budget, ExpressionError, to_text
from concertmaster.domain.expression_walk import Expression, compile_expression

Render = Callable[[Mapping[str, Any], Budget], Any]


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled text."""

    render: Render
    references: frozenset[Reference]


def compile_text(text: str, *, roots: tuple[str, ...] = ROOTS) -> Template:
    """Compile a text that has at least one expression; `roots` is what it may start with.

    Raises:
        ExpressionError: with the position of the expression that is wrong.
    """
    parts = list(compiled_parts(text, roots=roots))
    for part in parts:
        if isinstance(part, Part) and part.expression.identifier:
            raise ExpressionError("expression.ident", "ident is for SQL fields only", position=part.snippet.position)
    references = frozenset[Reference]().union(*(part.expression.references for part in parts if isinstance(part, Part)))
    if len(parts) == 1 and isinstance(parts[0], Part):
        return Template(parts[0].run, references)
    pieces = [part if isinstance(part, str) else part.run for part in parts]
    return Template(_joined(pieces), references)


@dataclass(frozen=True, slots=True)
class Part:
    """One expression of a text, in its place."""

    snippet: Snippet
    expression: Expression
    run: Evaluate


def compiled_parts(text: str, *, roots: tuple[str, ...] = ROOTS) -> Iterator[str | Part]:
    """The literal parts and compiled expressions of a text, in order.

    Raises:
        ExpressionError: with position and source of the expression that is wrong.
    """
    for part in split_text(text):
        if isinstance(part, str):
            yield part
            continue
        try:
            expression = compile_expression(part.source, roots)
        except ExpressionError as error:
            # The compiled result is shared between equal sources and the place is not, so each place has its own error.
            raise _placed(error, part) from None
        yield Part(part, expression, _positioned(expression.run, part))


def _positioned(run: Evaluate, snippet: Snippet) -> Evaluate:
    def evaluate(scope: Mapping[str, Any], budget: Budget) -> Any:
        try:
            return run(scope, budget)
        except ExpressionError as error:
            raise _placed(error, snippet) from error.__cause__

    return evaluate


def _placed(error: ExpressionError, snippet: Snippet) -> ExpressionError:
    return error.at(position=snippet.position, expression=snippet.source.strip()[:200])


def _joined(pieces: list[str | Evaluate]) -> Render:
    def render(scope: Mapping[str, Any], budget: Budget) -> str:
        texts: list[str] = []
        for piece in pieces:
            if isinstance(piece, str):
                budget.spend(len(piece))
                texts.append(piece)
            else:
                texts.append(to_text(piece(scope, budget), budget))
        return "".join(texts)

    return render
