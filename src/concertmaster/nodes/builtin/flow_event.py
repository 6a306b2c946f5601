"""flow.event: send a named event."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, cast

from pydantic import Field

from concertmaster import Context, Input, node
from concertmaster.nodes.flow import EventSender

_LONGEST = timedelta(days=366)


@node(id="flow.event", category="flow", effect="write", summary="name", icon="radio", title="Send event")
async def flow_event(
    context: Context,
    value: Input[Any] = None,
    *,
    name: Annotated[str, Field(min_length=1, max_length=200)],
    key: Annotated[str, Field(max_length=200)] = "",
    data: Any = None,
    keep: Annotated[timedelta, Field(ge=timedelta(), le=_LONGEST)] = timedelta(days=1),
) -> Any:
    """Send a named event to every execution that waits for it, and to event triggers.

    It arrives at each wait with the same name and key, and, while it is kept, at those that begin to wait later; the
    same wait gets it once. Sent again after a crash it is the same event.

    Args:
        name: What waits and triggers know it by.
        key: Correlation key: only waits with the same key get it.
        data: What goes with it, at most 64 KiB; without it what is wired in.
        keep: How long it is kept for those that begin to wait later; `0s` reaches only those that wait now.

    Example:
        ```yaml
        concertmaster: 1
        name: ping
        nodes:
          send: {type: flow.event, config: {name: pong, key: "{{ execution.id }}", data: {ball: 1}}}
          wait: {type: flow.wait, config: {event: pong, key: "{{ execution.id }}", timeout: 1m}}
        edges: [send -> wait]
        outputs: {ball: "{{ nodes.wait.ball }}"}
        ```
    """
    sender = cast("EventSender", context)
    event = {"name": name, "key": key, "data": value if data is None else data, "keep_seconds": keep.total_seconds()}
    return await sender.send_event({**event, "idempotency_key": context.idempotency_key})
