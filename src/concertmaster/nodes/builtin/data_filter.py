"""data.filter: which items of a list stay."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from concertmaster import Context, Input, PerItem, UserError, node
from concertmaster.nodes.builtin.items import items_of, watched


@node(id="data.filter", category="data", effect="none", summary="condition", icon="list-filter", title="Filter list")
def data_filter(
    items: Input[Any],
    *,
    condition: Annotated[
        PerItem, Field(json_schema_extra={"type": ["string", "boolean"], "examples": ["{{ item.price > 10 }}"]})
    ],
    context: Context | None = None,
) -> list[Any]:
    """Keep the items of a list for which a condition holds.

    In the condition, `item` is the item and `index` its place, from 0. Tables of any size are for `table.filter`.

    Args:
        condition: An expression that is true or false, such as `{{ item.price > 10 and item.city in inputs.cities }}`.

    Example:
        ```yaml
        concertmaster: 1
        name: dear-orders
        nodes:
          orders: {type: data.set, config: {value: [{id: 7, price: 10}, {id: 8, price: 2.5}]}}
          dear: {type: data.filter, config: {condition: "{{ item.price > 5 }}"}}
        edges: [orders -> dear]
        outputs: {dear: "{{ nodes.dear }}"}
        ```
    """
    return [item for index, item in watched(items_of(items), context) if _holds(condition.of(item, index), index)]


def _holds(found: Any, index: int) -> bool:
    if isinstance(found, bool):
        return found
    raise UserError(
        "data.not_a_condition",
        f"The condition gives {str(found)[:60]!r} for item {index}, which is neither true nor false; compare it with "
        "something, as in {{ item.price > 10 }}",
        index=index,
    )
