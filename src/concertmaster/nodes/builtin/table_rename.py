"""table.rename: what the columns of a table are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, cast

import polars as pl

from concertmaster import UserError, node
from concertmaster.nodes.builtin.duck.columns import demand_columns, quoted
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.query import Query, listed
from concertmaster.nodes.builtin.duck.rows import Rows

_STYLES: Mapping[str, Callable[[str], str]] = {
    "keep": str,
    "lower": str.lower,
    "upper": str.upper,
    "trim": lambda name: " ".join(name.split()),
    "snake_case": lambda name: _snake_case(name),
}


@node(
    id="table.rename",
    lazy=DUCK,
    category="tables",
    effect="none",
    summary="columns",
    icon="pencil",
    title="Rename columns",
)
def table_rename(
    table: pl.LazyFrame,
    columns: Mapping[str, str] | None = None,
    style: Literal["keep", "snake_case", "lower", "upper", "trim"] = "keep",
    prefix: str = "",
    suffix: str = "",
) -> pl.LazyFrame:
    """Rename columns, one by one or all by a rule.

    The columns keep their order. A name given in `columns` is taken as it is; the rule, prefix and suffix are for the
    others.

    Args:
        columns: Old name to new name.
        style: Rule for the other columns; `snake_case` makes `Dep. Delay` to `dep_delay`, `trim` takes off spaces.
        prefix: Put before each of the other columns.
        suffix: Put after each of the other columns.

    Example:
        ```yaml
        concertmaster: 1
        name: tidy-names
        nodes:
          airports: {type: file.read, config: {path: airports.csv}}
          tidy: {type: table.rename, config: {columns: {faa: code}, style: upper}}
        edges: [airports -> tidy]
        outputs: {columns: "{{ nodes.tidy.columns }}"}
        ```
    """
    given = columns or {}
    if not given and style == "keep" and not prefix and not suffix:
        raise UserError("rename.nothing", "There is nothing to rename: set `columns`, `style`, `prefix` or `suffix`")
    frame = table.lazy()
    known = frame.collect_schema().names()
    demand_columns(given, known)
    styled = _STYLES[style]
    renamed = {name: given[name] if name in given else f"{prefix}{styled(name)}{suffix}" for name in known}
    origin: dict[str, str] = {}
    for old, name in renamed.items():
        if not name:
            raise UserError("rename.empty", f"The column '{old}' would have no name", column=old)
        if name in origin:
            raise UserError(
                "rename.double_column",
                f"'{origin[name]}' and '{old}' would both be called '{name}'; give one of them a name in `columns`",
                columns=[origin[name], old],
            )
        origin[name] = old
    given = cast("pl.LazyFrame | Rows", table)
    if isinstance(given, Rows):
        shown = listed(f"{quoted(old)} AS {quoted(name)}" for old, name in renamed.items())
        return cast("pl.LazyFrame", Query(None, tables={"input": given}).run(f"SELECT {shown} FROM input"))
    return frame.rename(renamed)


def _snake_case(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.sub(r"\W+|_+", "_", words).strip("_").lower() or "column"
