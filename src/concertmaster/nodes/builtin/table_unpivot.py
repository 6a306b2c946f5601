"""table.unpivot: columns become rows."""

from __future__ import annotations

from collections.abc import Sequence

from concertmaster import Context, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import demand_columns, quoted
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.kinds import kind_of
from concertmaster.nodes.builtin.duck.query import Column, Name, Query, listed


@node(
    id="table.unpivot",
    lazy=DUCK,
    category="tables",
    effect="none",
    summary="columns",
    icon="unfold-vertical",
    title="Unpivot",
)
def table_unpivot(
    table: Table,
    columns: Sequence[Column] = (),
    keep: Sequence[Column] = (),
    name: Name = "name",
    value: Name = "value",
    missing: bool = True,
    as_text: bool = False,
    context: Context | None = None,
) -> Table:
    """Make a row out of each cell of some columns: wide to long.

    The rows made from one row stand together, in the order of the columns.

    Args:
        columns: Columns to make rows of; without them, all but those to keep.
        keep: Columns that stay, their values repeated in each row; without them, all other columns.
        name: Name of the new column that says which column a value is from.
        value: Name of the new column with the values.
        missing: Also make rows of cells without a value.
        as_text: Make all values text, where they are of types that do not go together.

    Example:
        ```yaml
        concertmaster: 1
        name: facts-of-airports
        nodes:
          airports: {type: file.read, config: {path: airports.csv}}
          facts: {type: table.unpivot, config: {keep: [faa], as_text: true, name: fact}}
        edges: [airports -> facts]
        outputs: {rows: "{{ nodes.facts.rows }}", columns: "{{ nodes.facts.columns }}"}
        ```
    """
    query = Query(context, tables={"input": table})
    known = tuple(query.types)
    demand_columns([*columns, *keep], known)
    both = set(columns) & set(keep)
    if both:
        raise UserError("unpivot.both", f"'{min(both)}' cannot be in `columns` and in `keep`")
    if not columns and not keep:
        raise UserError("unpivot.columns", "Say which `columns` to make rows of, or which to `keep`")
    melted = list(columns) or [column for column in known if column not in keep]
    stay = list(keep) or [column for column in known if column not in melted]
    if not melted:
        raise UserError("unpivot.columns", "All columns are to be kept; none is left to make rows of")
    for new in (name, value):
        if new.lower() in {column.lower() for column in stay} or name.lower() == value.lower():
            raise UserError("unpivot.double_column", f"There would be two columns '{new}'; choose another name")
    if not as_text:
        _refuse_mixture(melted, query)
    cells = [f"{quoted(column)}::VARCHAR" if as_text else quoted(column) for column in melted]
    made = [
        f"unnest([{listed(query.value(column) for column in melted)}]) AS {quoted(name)}",
        f"unnest([{listed(cells)}]) AS {quoted(value)}",
    ]
    text = f"SELECT {listed([*map(quoted, stay), *made])} FROM input"
    return query.run(text if missing else f"SELECT * FROM ({text}) WHERE {quoted(value)} IS NOT NULL")


def _refuse_mixture(columns: Sequence[str], query: Query) -> None:
    kinds: dict[str, str] = {}
    for column in columns:
        kind = kind_of(query.types[column])
        if kind != "nothing":
            kinds.setdefault(kind, column)
    if len(kinds) > 1:
        first, other, *_ = kinds.values()
        raise UserError(
            "unpivot.types_differ",
            f"'{first}' is {query.types[first]} and '{other}' is {query.types[other]}, which do not go into one "
            "column; set `as_text`, choose the columns, or convert some with table.cast before",
        )
