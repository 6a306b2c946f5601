"""logic.if, logic.switch and logic.merge: where data goes on.

`logic.switch` has an outlet for each key of its `cases`, beside `default`: the names that people give stand on the
canvas and in the edges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast

import polars as pl
from pydantic import Field

from concertmaster import File, Input, Outlet, Table, UserError, node
from concertmaster.nodes.builtin.outlet_names import OutletNames


@node(
    id="logic.if",
    category="logic",
    effect="none",
    outlets=("true", "false"),
    passthrough=True,
    summary="condition",
    icon="split",
    title="If",
)
async def logic_if(value: Input[Any] = None, *, condition: bool) -> Outlet[Any]:
    """Go on through `true` or `false`.

    Whatever is wired in goes out unchanged.

    Args:
        condition: An expression that is true or false, such as `{{ nodes.routes.rows > 0 }}`.

    Example:
        ```yaml
        concertmaster: 1
        name: large-or-small
        inputs: {amount: {type: number, default: 5}}
        nodes:
          check: {type: logic.if, config: {condition: "{{ inputs.amount > 100 }}"}}
          large: {type: data.set, config: {value: large}}
          small: {type: data.set, config: {value: small}}
        edges: [check.true -> large, check.false -> small]
        outputs: {size: "{{ nodes.large or nodes.small }}"}
        ```
    """
    return Outlet("true" if condition else "false", value)


@node(
    id="logic.switch",
    category="logic",
    effect="none",
    outlets=("default",),
    dynamic_outlets="cases",
    passthrough=True,
    summary="cases",
    icon="signpost",
    title="Switch",
)
async def logic_switch(
    value: Input[Any] = None,
    *,
    cases: Annotated[
        Mapping[str, bool],
        Field(min_length=1),
        OutletNames("default"),
    ],
    mode: Literal["first", "all"] = "first",
) -> Outlet[Any] | dict[str, Any]:
    """Go on through the outlet of the first case that holds, or of all that hold.

    Each case makes an outlet of its name; when none holds, it goes on through `default`. Whatever is wired in goes out
    unchanged.

    Args:
        cases: Name of an outlet to an expression that is true or false, tried from top to bottom.
        mode: `first` takes the first case that holds, `all` takes each that holds.

    Example:
        ```yaml
        concertmaster: 1
        name: shirt-size
        inputs: {height: {type: number, default: 170}}
        nodes:
          size:
            type: logic.switch
            config:
              cases: {tall: "{{ inputs.height > 185 }}", short: "{{ inputs.height < 165 }}"}
          large: {type: data.set, config: {value: L}}
          small: {type: data.set, config: {value: S}}
          medium: {type: data.set, config: {value: M}}
        edges: [size.tall -> large, size.short -> small, size.default -> medium]
        outputs: {size: "{{ nodes.large or nodes.small or nodes.medium }}"}
        ```
    """
    holding = [name for name, holds in cases.items() if holds] or ["default"]
    return Outlet(holding[0], value) if mode == "first" else dict.fromkeys(holding, value)


@node(id="logic.merge", category="logic", effect="none", summary="mode", icon="merge", title="Merge")
def logic_merge(values: list[Input[Any]], mode: Literal["auto", "first", "concat", "list"] = "auto") -> Any:
    """Bring several branches together.

    Takes any number of edges; skipped ones do not count. Tables are put one below the other: columns go by name, and
    a column that one of them lacks is empty there. JSON values become a list, in the order of the edges.

    Args:
        mode: `auto` does as said above; `first` takes the first value only; `concat` joins tables, or lists of JSON
            into one list; `list` makes a list of JSON values.

    Example:
        ```yaml
        concertmaster: 1
        name: together
        nodes:
          one: {type: data.set, config: {value: 1}}
          two: {type: data.set, config: {value: 2}}
          both: {type: logic.merge}
        edges: [one -> both, two -> both]
        outputs: {both: "{{ nodes.both }}"}
        ```
    """
    if not values:
        return [] if mode == "list" else None
    if mode == "first":
        return values[0]
    frames = [value for value in values if isinstance(value, Table | pl.DataFrame | pl.LazyFrame)]
    if frames and len(frames) < len(values):
        raise UserError(
            "merge.mixed",
            "Tables and other values cannot be merged into one; use `mode: first`, or convert them before",
        )
    if frames:
        if mode == "list":
            raise UserError("merge.tables", "A list holds JSON values; use `mode: concat` for tables")
        return _stacked(frames)
    if any(isinstance(value, File) for value in values):
        raise UserError("merge.files", "Files cannot be merged; read them with file.read before, or use `mode: first`")
    if mode == "concat":
        if not all(isinstance(value, list) for value in values):
            raise UserError(
                "merge.not_lists", "`mode: concat` joins tables or lists; use `mode: list` for other values"
            )
        return [item for value in values for item in cast("list[Any]", value)]
    return list(values)


def _stacked(frames: Sequence[Table | pl.DataFrame | pl.LazyFrame]) -> pl.LazyFrame:
    lazy = [frame.scan() if isinstance(frame, Table) else frame.lazy() for frame in frames]
    stacked = pl.concat(lazy, how="diagonal_relaxed")
    try:
        stacked.collect_schema()
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
        raise UserError(
            "merge.types_differ",
            f"A column has types that do not go together ({reason}); convert it with table.select before",
        ) from error
    return stacked
