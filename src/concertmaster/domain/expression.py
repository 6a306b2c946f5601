"""Expressions, `{{ }}` in any config value: the public door.

The syntax is Jinja2's, parsed by Jinja2; what is computed is our own closed language on plain data (`expression_walk`).
Values come out as references into the scope, so whoever renders does not change what it gets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from concertmaster.domain.expression_parse import has_expression
from concertmaster.domain.expression_per_item import ITEM_ROOTS, PerItem
from concertmaster.domain.expression_schema import SchemaView
from concertmaster.domain.expression_steps import ROOTS, Reference
from concertmaster.domain.expression_template import Render, compile_text
from concertmaster.domain.expression_values import Budget, ExpressionError, MissingKey
from concertmaster.domain.problems import pointer
from concertmaster.domain.sql_template import parse_sql

__all__ = [
    "ROOTS",
    "CompiledConfig",
    "ExpressionError",
    "ExpressionProblem",
    "MissingKey",
    "Reference",
    "compile_config",
    "compile_value",
    "evaluate",
    "per_item",
]
_MAX_DEPTH = 100
_ANYTHING = SchemaView.of(None)


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """What is wrong with an expression; `pointer` is relative to the compiled value ("/query")."""

    pointer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CompiledConfig:
    """A config whose expressions are compiled.

    Attributes:
        problems: of the expressions that could not be compiled; render only when there are none.
        references: everything the expressions read from the scope.
    """

    problems: tuple[ExpressionProblem, ...]
    references: frozenset[Reference]
    _source: Any = field(repr=False)
    _render: Render | None = field(repr=False)

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The config with its expressions computed; parts without any are shared with the source.

        Args:
            scope: a value for each root that is available; plain data.
        Raises:
            ExpressionError: an expression fails or did not compile; `details["pointer"]` names the config value.
        """
        if self.problems:
            first = self.problems[0]
            raise ExpressionError(first.code, first.message, pointer=first.pointer)
        return self._source if self._render is None else self._render(scope, Budget())


def compile_config(config: Mapping[str, Any], schema: Mapping[str, Any] | None = None) -> CompiledConfig:
    """Compile the expressions of a node's config, walking it beside its JSON Schema.

    A value whose schema says `x-expression: false` is literal; one with `format: sql` is rendered to `Sql` when it has
    expressions, and one with `x-per-item: true` to `PerItem`; every other text is a template. Never raises: what is
    wrong is in `problems`.
    """
    return _compile(config, SchemaView.of(schema))


def compile_value(value: Any, *, roots: tuple[str, ...] = ROOTS) -> CompiledConfig:
    """Compile the expressions of any JSON value. Never raises: what is wrong is in `problems`.

    Args:
        roots: what an expression may start with, where that is another scope than that of a workflow.
    """
    return _compile(value, _ANYTHING, roots)


def per_item(value: Any, scope: Mapping[str, Any] | None = None) -> PerItem:
    """A value that is computed for each item, as a node gets it whose schema says `x-per-item: true`.

    Raises:
        ExpressionError: an expression did not compile.
    """
    compiled = compile_config({"value": value}, {"properties": {"value": {"x-per-item": True}}})
    rendered = compiled.render(scope or {})["value"]
    return rendered if isinstance(rendered, PerItem) else PerItem(rendered)


def evaluate(text: str, scope: Mapping[str, Any]) -> Any:
    """Render one text: a single `{{ e }}` keeps the value's type, everything else gives text.

    Raises:
        ExpressionError: the text does not compile or an expression fails.
    """
    return compile_text(text).render(scope, Budget()) if has_expression(text) else text


def _compile(value: Any, schema: SchemaView, roots: tuple[str, ...] = ROOTS) -> CompiledConfig:
    compiler = _Compiler(roots)
    render = compiler.value(value, schema, ())
    problems = tuple(compiler.problems)
    return CompiledConfig(problems, frozenset(compiler.references), value, render)


class _Compiler:
    """Compiles one config; a value without expressions compiles to None and is used as it is."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._roots = roots
        self.problems: list[ExpressionProblem] = []
        self.references: set[Reference] = set()

    def value(self, value: Any, schema: SchemaView, path: tuple[str | int, ...]) -> Render | None:
        if schema.literal:
            return None
        if schema.per_item:
            return self._per_item(value, path)
        if len(path) > _MAX_DEPTH:
            self._note(path, ExpressionError("expression.too_deep", f"A config may be nested {_MAX_DEPTH} levels deep"))
            return None
        if isinstance(value, str):
            return self._text(value, schema, path) if has_expression(value) else None
        if isinstance(value, Mapping):
            return self._object(cast("Mapping[str, Any]", value), schema, path)
        if isinstance(value, list | tuple):
            return self._list(list(cast("list[Any]", value)), schema, path)
        return None

    def _per_item(self, value: Any, path: tuple[str | int, ...]) -> Render | None:
        inner = _Compiler(self._roots)
        render = inner.value(value, _ANYTHING, path)
        self.problems += inner.problems
        self.references |= {reference for reference in inner.references if reference.root not in ITEM_ROOTS}
        return None if render is None else lambda scope, _: PerItem(value, scope, render)

    def _text(self, text: str, schema: SchemaView, path: tuple[str | int, ...]) -> Render | None:
        try:
            template = parse_sql(text) if schema.sql else compile_text(text, roots=self._roots)
        except ExpressionError as error:
            self._note(path, error)
            return None
        self.references |= template.references
        return _at(template.render, pointer(*path))

    def _object(self, entries: Mapping[str, Any], schema: SchemaView, path: tuple[str | int, ...]) -> Render | None:
        compiled: dict[str, Render] = {}
        for key, item in entries.items():
            render = self.value(item, schema.property(key), (*path, key))
            if render is not None:
                compiled[key] = render
        if not compiled:
            return None
        changes = list(compiled.items())

        def run(scope: Mapping[str, Any], budget: Budget) -> dict[str, Any]:
            rendered = dict(entries)
            for key, render in changes:
                rendered[key] = render(scope, budget)
            return rendered

        return run

    def _list(self, items: list[Any], schema: SchemaView, path: tuple[str | int, ...]) -> Render | None:
        compiled = [self.value(item, schema.item(index), (*path, index)) for index, item in enumerate(items)]
        changes = [(index, render) for index, render in enumerate(compiled) if render is not None]
        if not changes:
            return None

        def run(scope: Mapping[str, Any], budget: Budget) -> list[Any]:
            rendered = list(items)
            for index, render in changes:
                rendered[index] = render(scope, budget)
            return rendered

        return run

    def _note(self, path: tuple[str | int, ...], error: ExpressionError) -> None:
        source = error.details.get("expression")
        shown = f"{error.message} (in {{{{ {source} }}}})" if source else error.message
        self.problems.append(ExpressionProblem(pointer(*path), error.code, shown))


def _at(render: Render, place: str) -> Render:
    def run(scope: Mapping[str, Any], budget: Budget) -> Any:
        try:
            return render(scope, budget)
        except ExpressionError as error:
            raise error.at(pointer=place) from error.__cause__

    return run
