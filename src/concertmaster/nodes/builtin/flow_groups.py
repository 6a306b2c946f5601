"""flow.race, flow.lock: run a body once, under a rule."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, JsonValue

from concertmaster import Input, node
from concertmaster.nodes.flow import Await

_IN_BODY: dict[str, JsonValue] = {"x-expression": False, "x-deferred": True}


@node(id="flow.race", category="flow", effect="none", container="race", summary="wins", icon="flag", title="Race")
async def flow_race(
    value: Input[Any] = None,  # noqa: ARG001 (the engine hands it to the body)
    *,
    wins: Annotated[int, Field(ge=1)] = 1,
) -> Await:
    """Let branches run against each other: the first to come to its end wins, and the rest is cancelled.

    A branch ends with a node of the body that has no outgoing edge. A branch that fails has not won, and the others
    go on. What comes out is `{winner, value}`, with more than one win a list of these in their order.

    Args:
        wins: How many branches win.

    Example:
        ```yaml
        concertmaster: 1
        name: whoever-is-first
        nodes:
          race:
            type: flow.race
            body:
              nodes:
                fast: {type: flow.wait, config: {duration: 10ms}}
                slow: {type: flow.wait, config: {duration: 1h}}
        outputs: {winner: "{{ nodes.race.winner }}"}
        ```
    """
    return Await("children", {"kind": "race", "total": 1, "settings": {"wins": wins}})


@node(id="flow.lock", category="flow", effect="none", container="lock", summary="name", icon="lock", title="Lock")
async def flow_lock(
    value: Input[Any] = None,  # noqa: ARG001 (the engine hands it to the body)
    *,
    name: Annotated[str, Field(min_length=1, max_length=200)],
    limit: Annotated[int, Field(ge=1)] = 1,
    result: Annotated[Any, Field(json_schema_extra=_IN_BODY)] = None,  # noqa: ARG001 (rendered in the body)
) -> Await:
    """Run the body while holding a lock, which no other execution holds at that time.

    The name counts everywhere: in all workflows, on all servers. With a `limit` it is a semaphore. Whoever has to wait
    is served in the order of arrival, higher priorities first; a server that dies gives its locks back. What comes out
    is what the body's last node gives.

    Args:
        name: Name of the lock, such as `account-{{ inputs.account }}`.
        limit: How many may hold it at one time.
        result: What comes out, as an expression of the body.

    Example:
        ```yaml
        concertmaster: 1
        name: one-at-a-time
        nodes:
          exclusive:
            type: flow.lock
            config: {name: warehouse}
            body:
              nodes:
                load: {type: data.set, config: {value: loaded}}
        outputs: {state: "{{ nodes.exclusive }}"}
        ```
    """
    return Await("children", {"kind": "lock", "total": 1, "slot": {"key": f"lock/{name}", "limit": limit}})
