"""Nodes that are computed together give what they give one after the other: columns, types, values, order."""

from __future__ import annotations

import re
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import polars as pl
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from concertmaster import Table
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.convert import save
from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.expression import compile_config
from concertmaster.domain.ports import PortType
from concertmaster.nodes.builtin.duck.family import compose
from concertmaster.nodes.lazy import Family, Member, NotTogetherError
from concertmaster.nodes.loader import builtin_registry
from node_context import PlainContext
from node_tables import stored

VALUES: dict[str, tuple[pl.DataType, st.SearchStrategy[Any]]] = {
    "small": (pl.Int64(), st.integers(-3, 3)),
    "large": (pl.Int64(), st.integers(-(2**63), 2**63 - 1)),
    "byte": (pl.Int8(), st.integers(-128, 127)),
    "unsigned": (pl.UInt32(), st.integers(0, 2**32 - 1)),
    # A sum of them does not depend on the order in which it is made.
    "number": (pl.Float64(), st.one_of(st.integers(-8, 8).map(lambda n: n / 4), st.sampled_from([-0.0, float("inf")]))),
    "text": (pl.String(), st.sampled_from(["", "a", "A", "b", "ä", "it's", "$p1", "NA", "10", " 7"])),
    "flag": (pl.Boolean(), st.booleans()),
    "day": (pl.Date(), st.dates(date(1900, 1, 1), date(2100, 1, 1))),
    "moment": (pl.Datetime("us"), st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))),
    "price": (pl.Decimal(10, 2), st.decimals(-1000, 1000, places=2)),
}
NAMES = ["a", "b", "key", "größe", "two words", 'quo"te', "select", "$p1", "input"]


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    """A few rows, with many equal values and missing ones."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    kinds = ["small", *(draw(st.sampled_from(sorted(VALUES))) for _ in names[1:])]
    height = draw(st.integers(0, 12))
    return pl.DataFrame(
        {
            name: pl.Series(
                draw(st.lists(st.none() | VALUES[kind][1], min_size=height, max_size=height)), dtype=VALUES[kind][0]
            )
            for name, kind in zip(names, kinds, strict=True)
        }
    )


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def uses(draw: Any, schema: dict[str, Any], many: bool) -> tuple[str, dict[str, Any]]:
    """A node type and a config for a table with these columns."""
    names = sorted(schema)
    one, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    numbers = [name for name in names if schema[name].is_numeric()] or names
    number = draw(st.sampled_from(numbers))
    some = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    expression = draw(
        st.sampled_from(
            [
                f"{quoted(number)} + 1",
                f"{quoted(number)} * {{{{ inputs.n }}}}",
                f"coalesce({quoted(one)}::varchar, '$p1')",
                f"{quoted(number)} > {{{{ inputs.n }}}} or {quoted(one)} is null",
                "{{ inputs.c | ident }}",
                "row_number() over ()",
                "timestamptz '2024-02-29 12:00:00+02' - interval 1 day",
                f"length({quoted(one)}::varchar) -- to the end",
            ]
        )
    )
    choices: list[tuple[str, dict[str, Any]]] = [
        ("table.filter", {"condition": f"{quoted(number)} >= {{{{ inputs.n }}}} or {quoted(one)} is not null"}),
        ("table.filter", {"condition": f"{quoted(number)} < 2"}),
        ("table.derive", {"columns": {"new": expression, one: f"{quoted(one)}"}}),
        ("table.select", {"columns": some, "mode": draw(st.sampled_from(["keep", "drop", "add"]))}),
        ("table.select", {"columns": {"x": expression, "y": other}, "mode": draw(st.sampled_from(["keep", "add"]))}),
        ("table.rename", {"columns": {one: "renamed"}, "prefix": draw(st.sampled_from(["", "p_"]))}),
        (
            "table.aggregate",
            {
                "by": some[: draw(st.integers(0, 3))],
                "measures": {
                    "n": "count()",
                    "total": f"sum({quoted(number)})",
                    "least": f"min({quoted(one)})",
                    "all": f"string_agg({quoted(other)}::varchar, ',' order by {quoted(other)}::varchar)",
                },
            },
        ),
        ("table.sort", {"by": [draw(st.sampled_from(["", "-"])) + name for name in some], "nulls": "first"}),
        ("table.sort", {"by": some, "limit": draw(st.integers(0, 5))}),
        ("table.dedupe", {"by": some, "keep": draw(st.sampled_from(["first", "last", "none", "repeated"]))}),
        ("table.window", {"columns": {"w": f"lag({quoted(one)})"}, "partition_by": [other]}),
        ("table.fill", {"methods": {one: draw(st.sampled_from(["forward", "most_common", "min"]))}, "by": [other]}),
        ("table.cast", {"columns": {one: draw(st.sampled_from(["text", "integer", "number"]))}, "on_error": "null"}),
        ("table.unpivot", {"columns": some, "as_text": True}),
        (
            "table.sql",
            {"query": f"with input2 as (select * from input) select * from input2 where {quoted(one)} is null;"},
        ),
        ("table.sql", {"query": f"select {quoted(one)}, count(*) c from input group by all order by all limit 4"}),
    ]
    if many:
        how = draw(st.sampled_from(["inner", "left", "right", "full", "semi", "anti", "cross"]))
        choices = [
            ("table.union", {"columns": draw(st.sampled_from(["all", "common"])), "source": "from"}),
            ("table.join", {"how": how, **({} if how == "cross" else {"left_on": [one], "right_on": ["key"]})}),
            ("table.join", {"how": how, **({} if how == "cross" else {"on": [one]}), "suffix": "_2"}),
            ("table.sql", {"query": 'select * from input union all by name select * from "right"'}),
        ]
    return draw(st.sampled_from(choices))


def member(type_id: str, config: dict[str, Any], scope: dict[str, Any], inputs: Any, context: Any) -> Member:
    found = builtin_registry().find(type_id, None)
    assert found is not None
    rendered = compile_config(config, found.spec.schema).render({"inputs": scope})
    return Member(found, found.config_model.model_validate(rendered), inputs, context)


def alone(one: Member, made: list[Table], store: ArtifactStore, workspace: Path) -> Table:
    """As an attempt of its own: from stored tables to a stored table."""
    loaded: dict[str, Any] = {}
    for port, values in one.inputs.items():
        argument = one.type.argument(port)
        assert argument is not None
        given = [made[value] if isinstance(value, int) else _table(value, store, workspace) for value in values]
        shaped = [value.scan() if argument.kind == "lazyframe" else value for value in given]
        loaded[port] = shaped if argument.many else shaped[0]
    result = one.type.function(**one.type.keywords(one.config, loaded, one.context))
    return _table(result, store, workspace)


def _table(result: Any, store: ArtifactStore, workspace: Path) -> Table:
    if isinstance(result, Table):
        return result
    ref: Any = save(result, store, workspace=workspace, want=PortType("table"))
    return Table(ref, store.local_path(ref.artifact))


COUNTED = {"together": 0, "apart": 0}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(first=tables(), second=tables(), data=st.data())
def together(first: pl.DataFrame, second: pl.DataFrame, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store, context = ArtifactStore(folder / "artifacts"), PlainContext(folder)
        # One table comes from the store, the other is the frame that a source has read.
        given: list[Any] = [stored(folder, first), second.lazy()]
        chain: list[Member] = []
        made: list[Table] = []
        heads: list[Any] = list(given)
        for _ in range(data.draw(st.integers(2, 5))):
            many = len(heads) > 1 and data.draw(st.booleans())
            head = heads.pop(data.draw(st.integers(0, len(heads) - 1)))
            known = head if not isinstance(head, int) else made[head]
            schema = dict((known if isinstance(known, pl.LazyFrame) else known.scan()).collect_schema())
            type_id, config = uses(data.draw, schema, many)
            inputs: dict[str, Any] = {"in": [head]}
            other = heads[0] if many else None
            if many:
                inputs = {"in": [head, other]} if type_id == "table.union" else {"in": [head], "right": [other]}
            scope = {"n": data.draw(st.integers(-2, 2)), "c": min(schema)}
            one = member(type_id, config, scope, inputs, context)
            try:
                made.append(alone(one, made, store, folder))
            except ConcertMasterError:
                heads.insert(0, head)
                continue
            chain.append(one)
            heads = [len(chain) - 1, *(rest for rest in heads if rest is not other or not many)]
        # Only what leads to the last one.
        last = next((head for head in heads if isinstance(head, int)), None)
        if last is None:
            return
        chain, places = _leading_to(chain, last)
        expected = [made[place] for place in places]
        try:
            result = cast("Family", chain[-1].type.lazy.family).compute(chain)  # pyright: ignore[reportOptionalMemberAccess]
        except (NotTogetherError, ConcertMasterError) as reason:
            # The engine runs them one by one then.
            event(f"apart: {reason}")
            COUNTED["apart"] += 1
            return
        COUNTED["together"] += 1
        got = _table(result.result, store, folder)
        assert got.columns == expected[-1].columns
        assert got.collect().equals(expected[-1].collect()), [
            (one.type.spec.id, one.config, one.inputs) for one in chain
        ]
        assert list(result.columns) == [table.columns for table in expected[:-1]]


def test_together_is_one_after_the_other() -> None:
    together()
    # It says something only when chains are indeed computed together.
    assert COUNTED["together"] > 3 * COUNTED["apart"], COUNTED


def _leading_to(chain: list[Member], last: int) -> tuple[list[Member], list[int]]:
    wanted = [last]
    for place in wanted:
        wanted.extend(one for ones in chain[place].inputs.values() for one in ones if isinstance(one, int))
    places = sorted(set(wanted))
    new = {place: number for number, place in enumerate(places)}
    return [
        Member(
            chain[place].type,
            chain[place].config,
            {
                port: [new[one] if isinstance(one, int) else one for one in ones]
                for port, ones in chain[place].inputs.items()
            },
            chain[place].context,
        )
        for place in places
    ], places


def test_rows_and_columns_that_nobody_reads_are_not_loaded(tmp_path: Path) -> None:
    table = stored(tmp_path, {name: range(10) for name in ("a", "b", "c", "d")})
    context = PlainContext(tmp_path)
    chain = [
        member("table.rename", {"columns": {"a": "key"}}, {}, {"in": [table]}, context),
        member("table.derive", {"columns": {"twice": "b * 2", "other": "c + d"}}, {}, {"in": [0]}, context),
        member("table.filter", {"condition": "key > {{ inputs.least }}"}, {"least": 3}, {"in": [1]}, context),
        member("table.aggregate", {"measures": {"total": "sum(twice)"}}, {}, {"in": [2]}, context),
    ]
    bench, made = compose(chain)
    scan = bench.plan(made[-1]).split("Read Parquet")[1]
    assert "Projections: b" in scan
    assert "a > 3" in scan.replace("CAST(", "").replace(")", "")
    assert not {"c", "d"} & set(re.findall(r"\w+", scan.split("Filters")[0]))


def test_a_stored_table_that_is_used_twice_is_pruned_at_each_use(tmp_path: Path) -> None:
    table = stored(tmp_path, {name: range(10) for name in ("a", "b", "c", "d")})
    context = PlainContext(tmp_path)
    query = "select l.a, r.b from input l join input r on l.a = r.b"
    chain = [
        member("table.sql", {"query": query}, {}, {"in": [table]}, context),
        member("table.filter", {"condition": "a > 3"}, {}, {"in": [0]}, context),
    ]
    bench, made = compose(chain)
    scans = bench.plan(made[-1]).split("Read Parquet")[1:]
    assert len(scans) == 2
    assert not any({"c", "d"} & set(re.findall(r"\w+", scan.split("Filters")[0])) for scan in scans)


def test_types_between_nodes_are_those_of_the_store(tmp_path: Path) -> None:
    table = stored(tmp_path, {"k": ["a", "a", "b"], "n": [1, 2, 3]})
    _same(
        tmp_path,
        ("table.aggregate", {"by": ["k"], "measures": {"total": "sum(n)"}}, {"in": [table]}),
        ("table.derive", {"columns": {"kind": "typeof(total)", "half": "total // 2"}}, {"in": [0]}),
    )


def test_order_lasts_over_many_row_groups(tmp_path: Path) -> None:
    numbers = pl.int_range(600_000, eager=True)
    table = stored(tmp_path, pl.DataFrame({"n": numbers, "k": numbers * 7919 % 50_021}))
    _same(
        tmp_path,
        ("table.sort", {"by": ["-k"]}, {"in": [table]}),
        ("table.filter", {"condition": "k % 3 <> 0"}, {"in": [0]}),
        ("table.dedupe", {"by": ["k"], "keep": "last"}, {"in": [1]}),
        ("table.union", {}, {"in": [2]}),
        ("table.window", {"columns": {"before": "lag(n)"}}, {"in": [3]}),
    )


def _same(folder: Path, *nodes: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    store, context = ArtifactStore(folder / "artifacts"), PlainContext(folder)
    chain = [member(type_id, config, {}, inputs, context) for type_id, config, inputs in nodes]
    made: list[Table] = []
    for one in chain:
        made.append(alone(one, made, store, folder))
    family = chain[-1].type.lazy.family  # pyright: ignore[reportOptionalMemberAccess]
    together = _table(cast("Family", family).compute(chain).result, store, folder)
    assert together.columns == made[-1].columns
    assert together.collect().equals(made[-1].collect())
