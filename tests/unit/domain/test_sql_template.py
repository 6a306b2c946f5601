"""SQL templates: values are bound, identifiers quoted, and no value changes what the SQL means. Proven on DuckDB."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from concertmaster.domain.expression import ExpressionError
from concertmaster.domain.sql_template import Sql, parse_sql

EVIL = [
    "' or 1=1 --",
    "'; drop table t; --",
    "x' union select 'pwned",
    '" or ""="',
    '"; drop table t; --',
    'a"."b',
    "\\' or 1=1 --",
    "\\",
    "'",
    '"',
    "`",
    "$$",
    "$p1",
    "?",
    "/*",
    "*/ or 1=1 /*",
    "--",
    "\n-- x",
    "1) or (1=1",
    "0 or 1=1",
    "null",
    "ｏr ＇1＇",
    "\u02bc or 1=1",
    "{{ inputs.a }}",
    "%' or '%'='",
    "E'\\''",
    "\r\n",
    "',(select 1),'",
]


def run(text: str, **inputs: Any) -> list[tuple[Any, ...]]:
    sql = parse_sql(text).render({"inputs": inputs})
    with duckdb.connect() as connection:
        connection.execute('create table t (name varchar, "a b" integer, "q""q" integer)')
        connection.execute("insert into t values ('one', 1, 10), ('two', 2, 20)")
        rows = connection.execute(sql.text, sql.parameters).fetchall()
        assert connection.execute("select count(*) from t").fetchall() == [(2,)]
        return rows


@pytest.mark.parametrize("value", EVIL)
def test_a_value_is_only_ever_a_value(value: str) -> None:
    assert run("select name from t where name = {{ inputs.v }}", v=value) == []
    assert run("select {{ inputs.v }}, 'a''b', E'\\'' -- it's\n", v=value) == [(value, "a'b", "'")]


@pytest.mark.parametrize("value", EVIL)
def test_an_identifier_is_only_ever_one_identifier(value: str) -> None:
    text = "select x.{{ inputs.c | ident }} from (select 7 as {{ inputs.c | ident }}) x"
    assert run(text, c=value) == [(7,)]
    assert parse_sql(text).render({"inputs": {"c": value}}).identifiers == (value, value)


def test_values_keep_their_types() -> None:
    row = run(
        "select {{ inputs.i }}, {{ inputs.f }}, {{ inputs.b }}, {{ inputs.n }}, {{ inputs.l }}",
        i=1,
        f=1.5,
        b=True,
        n=None,
        l=[1, 2],
    )
    assert row == [(1, 1.5, True, None, [1, 2])]
    assert run('select name from t where "a b" in {{ inputs.l }}', l=[2, 3]) == [("two",)]
    assert run("select name from t order by {{ inputs.c | ident }} desc limit {{ inputs.n }}", c='q"q', n=1) == [
        ("two",)
    ]
    assert run("select name from t where name like {{ '%' ~ inputs.w }}", w="ne") == [("one",)]
    assert run("select {{ inputs.d }}::date::varchar", d="2013-01-02") == [("2013-01-02",)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select '{{ inputs.v }}'", "sql.expression_in_literal"),
        ("select 'a''{{ inputs.v }}'", "sql.expression_in_literal"),
        ("select '%{{ inputs.v | ident }}%'", "sql.expression_in_literal"),
        ('select "{{ inputs.v }}"', "sql.expression_in_literal"),
        ("select `{{ inputs.v | ident }}`", "sql.expression_in_literal"),
        ("select 1 -- {{ inputs.v }}", "sql.expression_in_literal"),
        ("select 1 /* {{ inputs.v }} */", "sql.expression_in_literal"),
        ("select 1 /* /* */ {{ inputs.v | ident }} */", "sql.expression_in_literal"),
        ("select $$ {{ inputs.v }} $$", "sql.expression_in_literal"),
        ("select $a$ $$ {{ inputs.v }} $a$", "sql.expression_in_literal"),
        ("select E'\\' {{ inputs.v | ident }} '", "sql.expression_in_literal"),
        ("select e'a''\\' {{ inputs.v | ident }} '", "sql.expression_in_literal"),
        ("select '\\' , ' {{ inputs.v }} '", "sql.expression_in_literal"),
        ("select '", None),
        ("select ' {{ inputs.v }}", "sql.expression_in_literal"),
        ("select col_{{ inputs.v }}", "sql.expression_in_identifier"),
        ("select {{ inputs.v | ident }}_x", "sql.expression_in_identifier"),
        ("select {{ inputs.v }}0", "sql.expression_in_identifier"),
        ("select {{ inputs.v }}{{ inputs.v }}", "sql.expression_in_identifier"),
        ('select "a"{{ inputs.v | ident }}', "sql.expression_in_identifier"),
        ("select 'a'{{ inputs.v }}", "sql.expression_in_identifier"),
        ("select ${{ inputs.v }}", "sql.parameter"),
        ("select $p1, {{ inputs.v }}", "sql.parameter"),
        ("select ?, {{ inputs.v }}", "sql.parameter"),
        ("select a$$, {{ inputs.v }} $$", "sql.parameter"),
        ("select {{ inputs.v | ident | upper }}", "expression.ident"),
        ("select {{ 'a' ~ inputs.v | ident }}", "expression.ident"),
        ("select {{ inputs.v | ident('x') }}", "expression.argument"),
        ("select {{ nope }}", "expression.unknown_root"),
        ("{% if inputs.v %} select 1", "expression.statement"),
    ],
)
def test_where_an_expression_may_not_stand(text: str, code: str | None) -> None:
    if code is None:
        parse_sql(text)
        return
    with pytest.raises(ExpressionError) as caught:
        parse_sql(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "select 'it''s', {{ inputs.v }}",
        "select '-- no comment', {{ inputs.v }} -- a 'comment\n",
        "select 'a' -- it's\n, {{ inputs.v }}",
        "select 1 -- it's\r, {{ inputs.v }}",
        "select /* it's \" -- */ 'a', {{ inputs.v }}",
        "select /* a /* b */ ' */ 'a', {{ inputs.v }}",
        "select $$ it's $$, {{ inputs.v }}",
        "select $t$ it's $$ $t$, {{ inputs.v }}",
        "select E'it\\'s', {{ inputs.v }}",
        "select E'it''s \\' x', {{ inputs.v }}",
        "select 'back\\', {{ inputs.v }}",
        'select 1 as "it\'s""--", {{ inputs.v }}',
        "select 1 as `it's`, {{ inputs.v }}",
        "select 5 - - 3, {{ inputs.v }}",
    ],
)
def test_the_scanner_reads_sql_as_duckdb_does(text: str) -> None:
    assert run(text, v="value")[0][-1] == "value"


@pytest.mark.parametrize("value", [None, 1, "", "a\x00b", "x" * 300, ["a"]])
def test_only_a_name_can_be_an_identifier(value: Any) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_sql("select {{ inputs.v | ident }}").render({"inputs": {"v": value}})
    assert caught.value.details["position"] == 7


def test_a_pydantic_field_takes_text_and_sql() -> None:
    class Config(BaseModel):
        query: Sql

    assert Config.model_validate({"query": "select 1"}).query == Sql("select 1")
    ready = Sql("select $p1", {"p1": 1})
    assert Config(query=ready).query is ready
    assert TypeAdapter(Sql).json_schema() == {"type": "string", "format": "sql"}
    assert Config.model_json_schema()["properties"]["query"]["format"] == "sql"
    assert Config(query=ready).model_dump() == {"query": "select $p1"}
    with pytest.raises(ValidationError):
        Config.model_validate({"query": 1})
