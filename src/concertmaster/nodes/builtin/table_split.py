"""table.split: the rows of a table into several tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from concertmaster import Context, Sql, Table, UserError, node
from concertmaster.nodes.builtin.duck.query import Query
from concertmaster.nodes.builtin.outlet_names import OutletNames

_REST = "rest"
_PARTS = 1_000_000


@node(
    id="table.split",
    category="tables",
    effect="none",
    outlets=(_REST,),
    dynamic_outlets="cases",
    summary="cases",
    icon="split",
    title="Split rows",
)
def table_split(
    table: Table,
    cases: Annotated[
        Mapping[
            str,
            Annotated[Sql, Field(title="Condition")]
            | Annotated[float, Field(gt=0, le=1, title="Fraction", json_schema_extra={"examples": [0.8]})],
        ],
        Field(min_length=1),
        OutletNames(_REST),
    ],
    mode: Literal["first", "all"] = "first",
    seed: int = 0,
    context: Context | None = None,
) -> dict[str, Table]:
    """Split the rows of a table by conditions, or at random.

    Each case makes an outlet of its name; rows of no case leave through `rest`. Rows keep their order, and an outlet
    without rows gives an empty table. The conditions are tried once for each outlet, so they must not be random
    themselves.

    Args:
        cases: Name of an outlet to a SQL condition such as `dep_delay > 15`; or, for all of them, to a fraction such as
            `0.8`, which takes about that part of the rows.
        mode: A row goes to the `first` case that holds, or to `all` that hold.
        seed: Another number splits at random in another way.

    Example:
        ```yaml
        concertmaster: 1
        name: late-and-other
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          parts: {type: table.split, config: {cases: {late: dep_delay > 15, january: month = 1}}}
          late: {type: table.sort, config: {by: [-dep_delay]}}
        edges: [flights -> parts, parts.late -> late]
        outputs: {late: "{{ nodes.late.rows }}", rest: "{{ nodes.parts.rest.rows }}"}
        ```
    """
    fractions = {name: case for name, case in cases.items() if not isinstance(case, Sql)}
    if fractions and len(fractions) < len(cases):
        raise UserError("split.mixed", "Give all cases a condition, or all a fraction; or use two nodes")
    if sum(fractions.values()) > 1 + 1e-9:
        raise UserError("split.too_much", f"The fractions add up to {sum(fractions.values()):g}; they must not pass 1")
    if fractions:
        return _at_random(table, fractions, seed, context)
    conditions = {name: case for name, case in cases.items() if isinstance(case, Sql)}
    names = list(conditions)
    result: dict[str, Table] = {}
    for place, name in enumerate([*names, _REST]):
        query = Query(context, tables={"input": table})
        before = names[:place] if mode == "first" or name == _REST else []
        terms = [f"{query.expression(conditions[other], f'case {other}')} IS NOT TRUE" for other in before]
        if name != _REST:
            terms.append(query.expression(conditions[name], f"case {name}"))
        result[name] = query.run(f"SELECT * FROM input WHERE {' AND '.join(terms)}")
    return result


def _at_random(table: Table, fractions: Mapping[str, float], seed: int, context: Context | None) -> dict[str, Table]:
    """Each row falls, by a hash of its number, somewhere from 0 to a million, which the outlets share."""
    result: dict[str, Table] = {}
    start = 0.0
    for name in [*fractions, _REST]:
        query = Query(context, tables={"input": table})
        row = query.free()
        end = start + fractions[name] if name in fractions else 2.0
        fallen = f"hash({row}, {query.value(seed)}) % {_PARTS}"
        within = f"{fallen} >= {round(start * _PARTS)} AND {fallen} < {round(end * _PARTS)}"
        result[name] = query.run(f"SELECT * EXCLUDE ({row}) FROM {query.numbered(row)} WHERE {within} ORDER BY {row}")
        start = end
    return result
