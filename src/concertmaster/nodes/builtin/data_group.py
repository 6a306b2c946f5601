"""data.group: the items of a list that have something in common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from concertmaster import Context, Input, PerItem, node
from concertmaster.nodes.builtin.items import demand_key, items_of, look_up, watched


@node(id="data.group", category="data", effect="none", summary="by", icon="group", title="Group list")
def data_group(
    items: Input[Any],
    *,
    by: Annotated[Sequence[str], Field(min_length=1)],
    value: PerItem | None = None,
    context: Context | None = None,
) -> list[Any]:
    """Put together the items of a list that are equal in one or more keys.

    What comes out is a list of groups, in the order in which they turn up: `key` (with several keys an object of
    them), `count` and `items`. Tables of any size are for `table.aggregate`.

    Args:
        by: Keys of the items, with dots for keys inside, as in `address.city`. An item without the key is in the
            group null.
        value: What to make of a group, where `item` is the group, such as
            `{city: "{{ item.key }}", total: "{{ item.items | sum(attribute='price') }}"}`.

    Example:
        ```yaml
        concertmaster: 1
        name: by-city
        nodes:
          people:
            type: data.set
            config: {value: [{name: Ada, city: Rome}, {name: Alan, city: Oslo}, {name: Grace, city: Rome}]}
          cities:
            type: data.group
            config: {by: [city], value: {city: "{{ item.key }}", names: "{{ item.items | map(attribute='name') }}"}}
        edges: [people -> cities]
        outputs: {cities: "{{ nodes.cities }}"}
        ```
    """
    found = items_of(items)
    for path in by:
        demand_key(found, path)
    groups: dict[str, dict[str, Any]] = {}
    for index, item in watched(found, context):
        keys = {path: look_up(item, path, index=index) for path in by}
        # As JSON, so that 1 and true, or 1 and "1", are different, and objects can be keys.
        name = json.dumps(list(keys.values()), sort_keys=True)
        group = groups.get(name)
        if group is None:
            group = groups[name] = {"key": keys[by[0]] if len(by) == 1 else keys, "count": 0, "items": []}
        group["count"] += 1
        group["items"].append(item)
    made = list(groups.values())
    return made if value is None else [value.of(group, index) for index, group in watched(made, context)]
