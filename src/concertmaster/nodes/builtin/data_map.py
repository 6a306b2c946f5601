"""data.map: each item of a list made into another."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from concertmaster import Context, Input, PerItem, node
from concertmaster.nodes.builtin.items import items_of, watched


@node(id="data.map", category="data", effect="none", summary="value", icon="list-restart", title="Map list")
def data_map(
    items: Input[Any],
    *,
    value: Annotated[PerItem, Field(json_schema_extra={"examples": ["{{ item.price * item.count }}"]})],
    context: Context | None = None,
) -> list[Any]:
    """Make a new list with a value for each item.

    In `value`, `item` is the item and `index` its place, from 0; everything else that expressions can see is there as
    well. The rows of a table come as objects, up to 100,000 of them; larger tables are for `table.select`.

    Args:
        value: What to make of an item: an expression such as `{{ item.price * inputs.rate }}`, or an object or list
            with expressions in it.

    Example:
        ```yaml
        concertmaster: 1
        name: totals
        inputs: {rate: {type: number, default: 2}}
        nodes:
          orders: {type: data.set, config: {value: [{id: 7, price: 10}, {id: 8, price: 2.5}]}}
          totals: {type: data.map, config: {value: {order: "{{ item.id }}", total: "{{ item.price * inputs.rate }}"}}}
        edges: [orders -> totals]
        outputs: {totals: "{{ nodes.totals }}"}
        ```
    """
    return [value.of(item, index) for index, item in watched(items_of(items), context)]
