"""Expectations of rows, as conditions in SQL: rows for which one is false miss it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch

from concertmaster import UserError
from concertmaster.nodes.builtin.duck.columns import quoted
from concertmaster.nodes.builtin.duck.kinds import kind_of
from concertmaster.nodes.builtin.duck.query import Query, listed
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.builtin.validation.expectations import (
    Bound,
    Condition,
    Expectation,
    NotNull,
    OneOf,
    Range,
    Referential,
    Regex,
    Unique,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report.

    Attributes:
        label: a sentence about how it should be.
        columns: whose values the report shows for rows that miss it.
        holds: SQL that is false for rows that miss it; None where it is about the table, or cannot be tried.
        fault: what is wrong with the table; "" where nothing is.
    """

    label: str
    severity: str
    tolerance: float = 0
    columns: tuple[str, ...] = ()
    holds: str | None = None
    fault: str = ""


class _Untried(Exception):
    """Why a check cannot be tried on this table: it has failed."""


def checks_of_rows(expectation: Expectation, query: Query) -> Iterator[Check]:
    """The checks that an expectation of rows makes; nothing for those of the whole table.

    A column that is missing, or of a type that cannot be checked so, is a fault of the table and no error.

    Raises:
        UserError: the expectation itself is wrong, whatever the table: a regular expression, a condition, a port.
    """
    if isinstance(expectation, NotNull):
        for column in expectation.columns:
            yield _check(expectation.model_copy(update={"columns": (column,)}), query)
    elif isinstance(expectation, Unique | Range | Regex | OneOf | Condition | Referential):
        yield _check(expectation, query)


def _check(expectation: Expectation, query: Query) -> Check:
    columns: Sequence[str] = getattr(expectation, "columns", None) or [getattr(expectation, "column", None) or ""]
    shown = tuple(column for column in columns if column)
    label, tolerance = expectation.title or sentence(expectation), getattr(expectation, "tolerance", 0)
    try:
        for column in shown:
            present(column, query.types)
        holds = _holds(expectation, query)
    except _Untried as fault:
        return Check(label, expectation.severity, tolerance, fault=str(fault))
    return Check(label, expectation.severity, tolerance, columns=shown, holds=holds)


def present(column: str, types: Mapping[str, str]) -> None:
    """Raise when a column is not there."""
    if column not in types:
        raise _Untried(missing_column(column, tuple(types)))


def missing_column(column: str, known: Sequence[str]) -> str:
    """What to say about it."""
    return f"There is no column '{column}'{hint(column, known)}"


@singledispatch
def _holds(expectation: Expectation, query: Query) -> str:
    raise NotImplementedError(type(expectation))


@_holds.register
def _(expectation: NotNull, query: Query) -> str:
    return f"{query.column(expectation.columns[0])} IS NOT NULL"


@_holds.register
def _(expectation: Unique, query: Query) -> str:
    keys = query.columns(expectation.columns)
    missing = " OR ".join(f"{key} IS NULL" for key in keys)
    return f"({missing} OR count(*) OVER (PARTITION BY {listed(keys)}) = 1)"


@_holds.register
def _(expectation: Range, query: Query) -> str:
    column = query.column(expectation.column)
    bounds = [(">=", expectation.min), ("<=", expectation.max)]
    terms = [
        f"{column} {sign} {_typed(query, expectation.column, bound)}" for sign, bound in bounds if bound is not None
    ]
    return f"({' AND '.join(terms)})"


@_holds.register
def _(expectation: Regex, query: Query) -> str:
    try:
        query.ask("SELECT regexp_full_match('', $pattern)", {"pattern": expectation.pattern})
    except UserError as error:
        raise UserError(
            "validate.regex", f"The pattern '{expectation.pattern}' is no regular expression: {error.message}"
        ) from error
    return f"regexp_full_match({query.column(expectation.column)}::VARCHAR, {query.value(expectation.pattern)})"


@_holds.register
def _(expectation: OneOf, query: Query) -> str:
    values = [_typed(query, expectation.column, value) for value in expectation.values]
    return f"{query.column(expectation.column)} IN ({listed(values)})"


@_holds.register
def _(expectation: Condition, query: Query) -> str:
    condition = expectation.condition
    checked = query.expression(condition, "the condition")
    try:
        query.ask(f"SELECT (\n{condition.text}\n) FROM input LIMIT 0", condition.parameters)
    except UserError as error:
        if error.code == "sql.unknown_column":
            raise _Untried(error.message) from error
        raise
    return checked


@_holds.register
def _(expectation: Referential, query: Query) -> str:
    other = query.types_of(expectation.table)
    references = list(expectation.references or expectation.columns)
    if len(references) != len(expectation.columns):
        raise UserError(
            "validate.references",
            f"`columns` has {len(expectation.columns)} and `references` {len(references)}; they go in pairs",
        )
    for name in references:
        if name not in other:
            raise UserError(
                "validate.references", f"Table '{expectation.table}': {missing_column(name, tuple(other))}", column=name
            )
    ours, theirs = query.columns(expectation.columns), [quoted(name) for name in references]
    missing = " OR ".join(f"{name} IS NULL" for name in ours)
    there = " AND ".join(f"{name} IS NOT NULL" for name in theirs)
    alike = all(
        kind_of(query.types[name]) == kind_of(other[reference])
        for name, reference in zip(expectation.columns, references, strict=True)
    )
    own, others = (_together(names, as_text=not alike) for names in (ours, theirs))
    return f"({missing} OR {own} IN (SELECT {others} FROM {quoted(expectation.table)} WHERE {there}))"


def _together(names: Sequence[str], *, as_text: bool) -> str:
    cells = [f"{name}::VARCHAR" if as_text else name for name in names]
    return cells[0] if len(cells) == 1 else f"row({listed(cells)})"


def _typed(query: Query, column: str, value: Bound) -> str:
    """The value in the type of the column, so that `"2024-01-01"` is a date beside dates."""
    type_ = query.types[column]
    wanted = "DOUBLE" if isinstance(value, float) else type_
    ((fits,),) = query.ask(f"SELECT try_cast($value AS {wanted}) IS NOT NULL", {"value": value})
    if not fits:
        raise _Untried(f"'{column}' is {type_}, which cannot be compared with {value!r}")
    return f"{query.value(value)}::{wanted}"


def sentence(expectation: Expectation) -> str:
    """How it should be, in words."""
    match expectation:
        case NotNull(columns=columns):
            return f"'{columns[0]}' is not missing"
        case Unique(columns=columns):
            return f"{_names(columns)} {'is' if len(columns) == 1 else 'together are'} unique"
        case Range(column=column, min=low, max=high):
            words = [f"at least {low}" if low is not None else "", f"at most {high}" if high is not None else ""]
            return f"'{column}' is {' and '.join(word for word in words if word)}"
        case Regex(column=column, pattern=pattern):
            return f"'{column}' matches {pattern}"
        case OneOf(column=column, values=values):
            more = ", ..." if len(values) > 5 else ""
            return f"'{column}' is one of {', '.join(map(str, values[:5]))}{more}"
        case Condition(condition=condition):
            return condition.text.strip()
        case Referential(columns=columns, table=table):
            return f"{_names(columns)} {'is' if len(columns) == 1 else 'are'} in the table '{table}'"
        case other:
            return other.expect


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"'{column}'" for column in columns)
