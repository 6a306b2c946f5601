"""flow.for_each, flow.while, flow.until: run a body many times."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from concertmaster import Input, node
from concertmaster.nodes.flow import Await

_IN_BODY: dict[str, JsonValue] = {"x-expression": False, "x-deferred": True}
Condition = Annotated[str | bool, Field(json_schema_extra=_IN_BODY)]
Result = Annotated[Any, Field(json_schema_extra=_IN_BODY)]
Bound = Annotated[int, Field(ge=1, le=1_000_000)]


@node(
    id="flow.for_each",
    category="flow",
    effect="none",
    container="each",
    summary="items",
    icon="repeat",
    title="For each",
)
async def flow_for_each(
    value: Input[Any] = None,  # noqa: ARG001 (the engine takes the items from it)
    *,
    items: list[Any] | None = None,
    concurrency: Annotated[int, Field(ge=1, le=1_000)] = 10,
    on_error: Literal["stop", "continue", "collect"] = "stop",
    batch: Annotated[int | None, Field(ge=1)] = None,
    enough: Annotated[int | None, Field(ge=1)] = None,
    result: Result = None,  # noqa: ARG001 (rendered in the body)
) -> Await:
    """Run the body once for each item of a list or table.

    The items are those of the list or table that is wired in, or `items`. In the body `item` and `index` are those of
    the item, and nodes without incoming edges get the item on their port `in`. What comes out is the list of the items'
    results, in the order of the items; tables are put together to one table.

    Args:
        items: The items, in place of what is wired in.
        concurrency: How many items run at one time.
        on_error: What a failing item does: `stop` fails the loop, `continue` goes on and puts null in its place,
            `collect` puts `{"error": {...}}` there.
        batch: So many items, or rows of a table, make one item; a batch of rows is a table.
        enough: Stop when so many items have succeeded; the rest is cancelled and gives null.
        result: What an item gives, as an expression of the body, such as `{{ nodes.price * 2 }}`; without it what the
            body's last node gives.

    Example:
        ```yaml
        concertmaster: 1
        name: squares
        nodes:
          numbers: {type: data.set, config: {value: [1, 2, 3]}}
          each:
            type: flow.for_each
            config: {concurrency: 2}
            body:
              nodes:
                square: {type: data.set, config: {value: "{{ item * item }}"}}
        edges: [numbers -> each]
        outputs: {squares: "{{ nodes.each }}"}
        ```
    """
    settings = {"concurrency": concurrency, "on_error": on_error, "enough": enough}
    about = {"kind": "each", "settings": settings, "enough": enough}
    return Await("children", about, items=items, batch=batch)


@node(id="flow.while", category="flow", effect="none", container="while", icon="rotate-cw", title="While")
async def flow_while(
    value: Input[Any] = None,  # noqa: ARG001 (the engine takes it)
    *,
    condition: Condition,  # noqa: ARG001 (rendered before each round)
    maximum: Bound,
    result: Result = None,  # noqa: ARG001
) -> Await:
    """Run the body again and again while a condition holds.

    In the condition and in the body `item` is what the round before gave, at first what is wired in, and `index` counts
    rounds from 0. What comes out is what the last round gave.

    Args:
        condition: Looked at before each round, such as `{{ item.more }}`.
        maximum: More rounds than this are a failure.
        result: What a round gives, as an expression of the body; without it what the body's last node gives.

    Example:
        ```yaml
        concertmaster: 1
        name: doubling
        nodes:
          one: {type: data.set, config: {value: 1}}
          grow:
            type: flow.while
            config: {condition: "{{ item < 100 }}", maximum: 20}
            body:
              nodes:
                double: {type: data.set, config: {value: "{{ item * 2 }}"}}
        edges: [one -> grow]
        outputs: {power: "{{ nodes.grow }}"}
        ```
    """
    return Await("children", {"kind": "while", "total": maximum, "span": 100})


@node(id="flow.until", category="flow", effect="none", container="until", icon="rotate-ccw", title="Until")
async def flow_until(
    value: Input[Any] = None,  # noqa: ARG001 (the engine takes it)
    *,
    condition: Condition,  # noqa: ARG001 (rendered after each round)
    maximum: Bound,
    result: Result = None,  # noqa: ARG001
) -> Await:
    """Run the body, and again until a condition holds.

    In the body `item` is what the round before gave, at first what is wired in; in the condition it is what the round
    gave that has just ended, and `nodes` are those of that round. `index` counts rounds from 0.

    Args:
        condition: Looked at after each round, such as `{{ nodes.status.body.done }}`.
        maximum: More rounds than this are a failure.
        result: What a round gives, as an expression of the body; without it what the body's last node gives.

    Example:
        ```yaml
        concertmaster: 1
        name: poll
        nodes:
          wait_for_it:
            type: flow.until
            config: {condition: "{{ item.tries == 3 }}", maximum: 10}
            body:
              nodes:
                pause: {type: flow.wait, config: {duration: 10ms}}
                look: {type: data.set, config: {value: {tries: "{{ index + 1 }}"}}}
              edges: [pause -> look]
        outputs: {tries: "{{ nodes.wait_for_it.tries }}"}
        ```
    """
    return Await("children", {"kind": "until", "total": maximum, "span": 100})
