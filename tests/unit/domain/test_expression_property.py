"""Any text whatever gives a value or an ExpressionError, and what it gives is what Jinja2 itself would give."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined, UndefinedError, pass_environment
from jinja2.sandbox import SandboxedEnvironment

from concertmaster.domain.expression import ROOTS, ExpressionError, compile_config, evaluate
from concertmaster.domain.sql_template import parse_sql

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "items", ""]), inner, max_size=3)
    ),
    max_leaves=8,
)
TOKENS = st.sampled_from(
    [
        *ROOTS,
        *"()[]{}.,:|~+-*/%<>=!'\"\\ \né\u2028\x00_",
        *[
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "**",
            "//",
            "==",
            "!=",
            "<=",
            "a",
            "b",
            "items",
            "1",
            "0",
            "2.5",
            "1e9",
            "and",
            "or",
            "not",
            "in",
            "is",
            "if",
            "else",
            "none",
            "true",
            "false",
            "'a'",
        ],
        *[
            "defined",
            "number",
            "string",
            "default",
            "length",
            "upper",
            "replace('a','b')",
            "join(',')",
            "map(attribute='a')",
            "sort",
            "unique",
        ],
        *[
            "sum",
            "tojson",
            "fromjson",
            "first",
            "keys",
            "items",
            "round(2)",
            "int",
            "float",
            "string",
            "split",
            "date",
            "min",
            "ident",
        ],
        *["select('number')", "selectattr('a','eq',1)", "'\\ud800'", "'\"\\\\ud800\"'", "9223372036854775808"],
    ]
)
SOUP = st.lists(TOKENS, max_size=25).map("".join) | st.text(st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=1_500, deadline=2_000)
@given(soup=SOUP, wrapped=st.booleans(), value=PLAIN)
def test_any_text_gives_plain_data_or_an_expression_error(soup: str, wrapped: bool, value: Any) -> None:
    text = f"{{{{ {soup} }}}}" if wrapped else soup
    scope = dict.fromkeys(ROOTS, value)
    try:
        found = evaluate(text, scope)
    except ExpressionError:
        return
    orjson.dumps(found)  # the journal's encoder: it refuses large integers and lone surrogates


@settings(max_examples=500, deadline=2_000)
@given(soup=SOUP, value=PLAIN)
def test_compiling_never_raises(soup: str, value: Any) -> None:
    schema = {"properties": {"q": {"format": "sql"}}}
    compiled = compile_config({"q": soup, "t": [soup, "{{" + soup + "}}"]}, schema)
    if compiled.problems:
        return
    try:
        compiled.render(dict.fromkeys(ROOTS, value))
    except ExpressionError:
        return


@settings(max_examples=500, deadline=2_000)
@given(soup=SOUP)
def test_any_sql_text_compiles_or_gives_an_expression_error(soup: str) -> None:
    try:
        parse_sql(f"select {soup} from {{{{ {soup} }}}} {soup}")
    except ExpressionError:
        return


LEAVES = st.sampled_from(
    [
        "1",
        "2",
        "-3",
        "0",
        "2.5",
        "true",
        "false",
        "none",
        "'a'",
        "'bc'",
        "''",
        "[1, 2]",
        "['a']",
        "[]",
        "input",
        "inputs.a",
        "inputs['b']",
        "vars.list",
        "vars.list[0]",
        "vars.list[-1]",
        "vars.list[:2]",
        "vars.text",
    ]
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "and", "or", "==", "!=", "<", "<=", ">", ">=", "in"])
    filters = st.sampled_from(
        [
            "length",
            "upper",
            "lower",
            "trim",
            "abs",
            "first",
            "last",
            "sum",
            "min",
            "max",
            "sort",
            "unique | list",
            "list",
            "round(1)",
            "round(0, 'floor')",
            "round(0, 'ceil')",
            "replace('a', 'b')",
            "join('-')",
            "reverse | list",
            "int(0)",
            "float(0.0)",
            "select('number') | list",
            "default(5, true)",
        ]
    )
    tests = st.sampled_from(
        ["none", "not none", "number", "string", "mapping", "defined", "integer", "true", "in [1, 'a']"]
    )
    return st.one_of(
        st.tuples(inner, binary, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, filters).map(lambda parts: f"({parts[0]} | {parts[1]})"),
        st.tuples(inner, tests).map(lambda parts: f"({parts[0]} is {parts[1]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        inner.map(lambda part: f"(not {part})"),
        inner.map(lambda part: f"(-{part})"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}]"),
    )


def _jinja() -> SandboxedEnvironment:
    """Jinja2 with our two differences: the first or largest of nothing is null, and the text of true is `true`."""
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    for name in ("first", "last", "min", "max"):
        environment.filters[name] = _null_of_nothing(environment.filters[name])
    environment.filters["join"] = lambda items, mark="": mark.join(map(_text, items))
    return environment


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _null_of_nothing(original: Any) -> Any:
    @pass_environment
    def run(environment: Any, value: Any) -> Any:
        return None if value in ("", []) else original(environment, value)

    return run


JINJA = _jinja()
AGREED_SCOPE: dict[str, Any] = {
    "input": 3,
    "inputs": {"a": "text", "b": 1.5},
    "vars": {"list": [3, 1, 2], "text": "Hello a"},
}


@settings(max_examples=1_500, deadline=2_000)
@given(source=st.recursive(LEAVES, _grow, max_leaves=6))
def test_what_we_compute_is_what_jinja_computes(source: str) -> None:
    try:
        ours = evaluate(f"{{{{ {source} }}}}", AGREED_SCOPE)
    except ExpressionError:
        return
    try:
        theirs = JINJA.compile_expression(source, undefined_to_none=True)(**AGREED_SCOPE)
    except (TypeError, UndefinedError):
        # We are milder with null and empty lists on purpose: `1 in none` is false.
        return
    assert ours == theirs
    assert type(ours) is type(theirs)


def test_the_agreement_test_really_computes() -> None:
    assert evaluate("{{ (vars.list | sort) + [input ** 2] }}", AGREED_SCOPE) == [1, 2, 3, 9]
    assert JINJA.compile_expression("(vars.list | sort) + [input ** 2]")(**AGREED_SCOPE) == [1, 2, 3, 9]


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 2**70, object(), b"x", {1, 2}])
def test_values_that_cannot_be_stored_do_not_come_out_as_text(value: Any) -> None:
    with pytest.raises(ExpressionError):
        evaluate("x{{ input }}", {"input": value})
