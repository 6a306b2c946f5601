"""Known attacks on template engines: each is refused, or harmless, in bounded time and memory."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from concertmaster.domain.expression import ExpressionError, compile_value, evaluate
from concertmaster.domain.expression_values import BUDGET

SCOPE: dict[str, Any] = {
    "input": {"text": "x" * 1_000, "list": list(range(1_000)), "deep": [[[["y" * 100] * 100]]]},
    "inputs": {"a": "a", "n": 5},
    "nodes": {"x": {"rows": 1}},
    "item": 1,
    "index": 0,
    "trigger": None,
    "vars": {},
    "execution": {"id": "e"},
}
REACHES_OBJECTS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__']['__mro__'][1]['__subclasses__']() }}",
    "{{ ().__class__.__bases__[0].__subclasses__()[59].__init__.__globals__ }}",
    "{{ [].__class__.__base__.__subclasses__() }}",
    "{{ {}.__class__.__bases__ }}",
    "{{ (1).__class__ }}",
    "{{ 1.0.__class__ }}",
    "{{ true.__class__ }}",
    "{{ input.__class__ }}",
    "{{ input['__class__'] }}",
    "{{ input['__cla' ~ 'ss__'] }}",
    "{{ input['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "{{ input['\\u005f\\u005fclass__'] }}",
    "{{ input.list.__init__.__globals__ }}",
    "{{ input.text.format }}",
    "{{ input.text.encode('utf8') }}",
    "{{ input.keys() }}",
    "{{ input.items.__self__ }}",
    "{{ input | attr('__class__') }}",
    "{{ input | attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ ''|attr('__class__')|attr('__mro__') }}",
    "{{ [input] | map(attribute='__class__') }}",
    "{{ [input] | map('attr', '__class__') }}",
    "{{ ['a'] | map('__class__') }}",
    "{{ [input] | map(attribute='__class__.__mro__.1') }}",
    "{{ [input] | selectattr('__class__') }}",
    "{{ [input] | sort(attribute='__class__') }}",
    "{{ [input] | sum(attribute='__len__') }}",
    "{{ [input] | unique(attribute='__class__') }}",
    "{{ [input] | join(',', attribute='__doc__') }}",
    "{{ [input] | groupby('__class__') }}",
    "{{ config }}",
    "{{ config.items() }}",
    "{{ self }}",
    "{{ self.__init__.__globals__.__builtins__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ request.application.__globals__ }}",
    "{{ url_for.__globals__['os'].popen('id').read() }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ lipsum() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ dict.__bases__ }}",
    "{{ dict(a=1) }}",
    "{{ range(10) }}",
    "{{ range.__class__ }}",
    "{{ caller() }}",
    "{{ super() }}",
    "{{ super.__init__ }}",
    "{{ loop.cycle }}",
    "{{ varargs }}",
    "{{ kwargs }}",
    "{{ environment }}",
    "{{ context }}",
    "{{ exec('x') }}",
    "{{ eval('1') }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ __import__('os').system('id') }}",
    "{{ input.text() }}",
    "{{ (lambda: 1)() }}",
    "{{ [x for x in input.list] }}",
    "{{ f'{input}' }}",
    "{{ input.text if (input := 1) }}",
    "{{ input.text.format(input) }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '{0.__class__}' | format(1) }}",
    "{{ '%s' | format(input) }}",
    "{{ '%s' % input }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}' | format(1) }}",
    "{{ 'x' | center(1000000000) }}",
    "{{ 'x' | indent(1000000000) }}",
    "{{ 'x' | safe }}",
    "{{ 'x' | pprint }}",
    "{{ [1] | random }}",
    "{{ 'x' | filesizeformat }}",
    "{{ 'x' | xmlattr }}",
    "{{ 'x' is filter }}",
    "{{ 'x' is callable }}",
    "{{ 'x' is sameas 'x' }}",
    "{{ 'x' | upper(*input.list) }}",
    "{{ 'x' | upper(**input) }}",
    "{% for x in range(10) %}{{ x }}{% endfor %}",
    "{% set x = 1 %}",
    "{%- import 'os' as os -%}",
    "{% include '/etc/passwd' %}",
    "{% raw %}{{ 1 }}{% endraw %}",
    "{% filter upper %}x{% endfilter %}",
    "{{ {%if 1%} }}",
    "{{ {# #} }}",
    "{{ \uff49nput.text }}",
    "{{ ｓelf }}",
    "{{ i\u200bnput }}",
    "{{ input\u2024text }}",
    "{{ “a” }}",
    "{{ input.text\x00 }}",
    "{{ ''.\u005f\u005fclass\u005f\u005f }}",
    "{{ input['\\N{LOW LINE}_class__'] }}",
    "{{ '\\ud800' | date }}",
    "{{ '\\x' }}",
    "{{ '\\N{nope}' }}",
    "{{ a.b.c.d }}",
    "{{ _ }}",
    "{{ None.__class__ or x }}",
]
BURNS_TIME_OR_MEMORY = [
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [0] * 10**9 }}",
    "{{ ('a' * 1000000) * 1000000 }}",
    "{{ 9**9**9**9 }}",
    "{{ 9**9**9 }}",
    "{{ (-9)**9**9 }}",
    "{{ 2**-1000000000000 }}",
    "{{ 10.0**400 }}",
    "{{ 1e308 * 10 }}",
    "{{ 1e999 }}",
    "{{ -1e308 - 1e308 }}",
    "{{ 18446744073709551615 + 1 }}",
    "{{ 9223372036854775808 * -2 }}",
    "{{ " + "9" * 5_000 + " }}",
    "{{ 0x" + "f" * 5_000 + " }}",
    "{{ '" + "9" * 5_000 + "' | int }}",
    "{{ '1e400' | float }}",
    "{{ 'nan' | float }}",
    "{{ '[NaN]' | fromjson }}",
    "{{ '[1e999]' | fromjson }}",
    "{{ '" + "[" * 6_000 + "' | fromjson }}",
    "{{ ('[' * 100000) | fromjson }}",
    "{{ (('[' * 50000) ~ (']' * 50000)) | fromjson }}",
    "{{ ('[' ~ ('0,' * 4000000) ~ '0]') | fromjson }}",
    "{{ ('a' * 1000000) | replace('a', 'b' * 1000000) }}",
    "{{ ('a' * 1000000) | replace('', 'b' * 1000) }}",
    "{{ ('a' * 4000000) | split('a') }}",
    "{{ ('a' * 4000000) | list }}",
    "{{ ('a,' * 2000000) | split(',') | join('x' * 1000000) }}",
    "{{ ([1] * 100000) | join('x' * 100000) }}",
    "{{ ([('a' * 100000)] * 100000) | join }}",
    "{{ ([([([1] * 1000)] * 1000)] * 1000) }}",
    "{{ ([([([1] * 1000)] * 1000)] * 1000) | tojson }}",
    "{{ [([([1] * 1000)] * 1000), ([([1] * 1000)] * 1000)] == [([([1] * 1000)] * 1000)] }}",
    "{{ ([input.deep] * 100000) }}",
    "{{ [input.deep, input.deep] * 3000 }}",
    "{{ ([input] * 1000) | map(attribute='list') }}",
    "{{ ([input] * 1000) | tojson(indent=1000) }}",
    "{{ ([1] * 1000000) | sort | sort | sort | sort }}",
    "{{ ('é' * 1000000) | urlencode | urlencode | urlencode }}",
    "{{ ([3] * 2000000) | sum }}",
    "{{ 5 | round(-1000000000) }}",
    "{{ 5 | round(10**9) }}",
    "{{ 'x' | tojson(indent=1000000000) }}",
    "{{ 1 | date('%1000000000d') }}",
    "{{ 1 | date('%' ~ 'Y' * 1000) }}",
    "{{ 1 | date('%-Y') }}",
    "{{ 1 | date('%') }}",
    "{{ 1e300 | date }}",
    "{{ 'a' | map(attribute='a.' * 1000) }}",
    "{{ ('a' * 1000000) ~ ('b' * 1000000) ~ ('a' * 9000000) ~ ('b' * 9000000) }}",
    "{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}",
    "{{ " + "[" * 3_000 + "]" * 3_000 + " }}",
    "{{ " + "-" * 3_000 + "1 }}",
    "{{ " + " not" * 1_500 + " 1 }}",
    "{{ " + "1+" * 3_000 + "1 }}",
    "{{ " + "1 if 1 else " * 500 + "1 }}",
    "{{ input" + ".a" * 3_000 + " }}",
    "{{ 1" + " | abs" * 1_000 + " }}",
    "{{ '" + "\\'" * 3_000 + " }}",
    "{{ " + "\"'" * 3_001 + " }}",
    "{{ " + "1_" * 3_000 + " }}",
    "{{" * 100_000,
    "{{ 1 }}" * 2_000,
    "{{ '" * 50_000,
    "x" * 2_000_000 + "{{ 1 }}",
    "{{ " + "x" * 2_000_000 + " }}",
    "{{ 1 if " * 100_000,
    "{%" * 100_000 + "{{",
]


@pytest.mark.parametrize("payload", REACHES_OBJECTS)
def test_no_object_is_ever_reached(payload: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(payload, SCOPE)


@pytest.mark.parametrize("payload", BURNS_TIME_OR_MEMORY, ids=lambda payload: payload[:60])
def test_a_bomb_is_refused_in_bounded_time(payload: str) -> None:
    started = time.process_time()
    with pytest.raises(ExpressionError):
        evaluate(payload, SCOPE)
    assert time.process_time() - started < 2.0


@pytest.mark.parametrize(
    "payload",
    [
        "{{ 'a' * 1000000 }}",
        "{{ [[1] * 1000] * 100 }}",
        "{{ ('a,' * 100000) | split(',') | unique | length }}",
        "{{ ([input.deep] * 10) | tojson }}",
        "{{ input.list | map('string') | join(',') }}",
    ],
)
def test_what_is_let_through_fits_the_budget_as_json(payload: str) -> None:
    assert len(json.dumps(evaluate(payload, SCOPE))) < 2 * BUDGET


def test_a_key_that_a_million_items_miss_costs_little() -> None:
    scope = {"input": [{f"key_{number}": 1 for number in range(20)}] * 300_000}
    started = time.process_time()
    assert evaluate("{{ input | map(attribute='kex_1', default=2) | sum }}", scope) == 600_000
    assert time.process_time() - started < 2.0


def test_many_references_to_one_large_value_are_one_bomb() -> None:
    scope = {"input": {"big": [[0] * 100] * 5_000}}
    assert evaluate("{{ [input.big] }}", scope) == [scope["input"]["big"]]
    with pytest.raises(ExpressionError, match="more data"):
        evaluate("{{ [input.big, input.big, input.big, input.big, input.big] }}", scope)
    with pytest.raises(ExpressionError, match="more data"):
        evaluate("{{ [input, input, input, input, input] | map(attribute='big') }}", scope)


def test_what_is_walked_several_times_is_paid_several_times() -> None:
    scope = {"input": [[0] * 100] * 5_000}
    assert evaluate("{{ input | tojson | length }}", scope) == 1_510_000
    with pytest.raises(ExpressionError, match="more data"):
        evaluate("{{ " + " + ".join(["(input | tojson | length)"] * 4) + " }}", scope)


def test_a_python_object_in_the_scope_is_not_handed_out() -> None:
    class Leaky:
        secret = "s"

        def __str__(self) -> str:
            return self.secret

    scope = {"input": {"o": Leaky(), "f": open}}
    for payload in (
        "{{ input.o }}",
        "{{ input.o.secret }}",
        "x{{ input.o }}",
        "{{ [input.o] | tojson }}",
        "{{ input.f }}",
    ):
        with pytest.raises(ExpressionError):
            evaluate(payload, scope)


def test_values_are_data_never_templates() -> None:
    scope = {"inputs": {"evil": "{{ execution.id }}{% if 1 %}", "key": "__class__"}, "execution": {"id": "secret"}}
    assert evaluate("{{ inputs.evil }}", scope) == "{{ execution.id }}{% if 1 %}"
    assert evaluate("a{{ inputs.evil }}", scope) == "a{{ execution.id }}{% if 1 %}"
    assert compile_value({"x": ["{{ inputs.evil }}"]}).render(scope) == {"x": ["{{ execution.id }}{% if 1 %}"]}


def test_the_budget_is_for_a_whole_config() -> None:
    one = "{{ 'a' * 3000000 }}"
    assert len(compile_value([one]).render(SCOPE)[0]) == 3_000_000
    with pytest.raises(ExpressionError, match="more data"):
        compile_value([one] * 10).render(SCOPE)
