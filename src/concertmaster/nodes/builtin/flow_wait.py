"""flow.wait: go on later, or when an event comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from concertmaster import Input, UserError, Wait, node
from concertmaster.domain.durations import LONGEST
from concertmaster.nodes.flow import Await


@node(
    id="flow.wait",
    category="flow",
    effect="none",
    passthrough=True,
    summary="duration",
    icon="hourglass",
    title="Wait",
)
async def flow_wait(
    value: Input[Any] = None,  # noqa: ARG001 (it goes out again when the wait is over)
    *,
    duration: Annotated[timedelta | None, Field(ge=timedelta(), le=timedelta(days=3660))] = None,
    until: datetime | None = None,
    event: Annotated[str | None, Field(min_length=1, max_length=200)] = None,
    key: Annotated[str, Field(max_length=200)] = "",
    timeout: Annotated[timedelta | None, Field(gt=timedelta(), le=LONGEST)] = None,
) -> Wait | Await:
    """Go on after a while, at a point in time, or when a named event comes.

    A waiting execution needs no memory, and waits on over restarts. Its time runs on while it waits: for more than 7
    days, give the workflow a longer `policy.timeout`. After a time whatever is wired in goes out
    unchanged; after an event, the data that came with it.

    Args:
        duration: How long, such as `90s`, `15m`, `36h` or `7d`.
        until: When, as ISO 8601 with a zone, such as `2026-12-24T18:00:00Z`; without a zone it is UTC. A moment that is
            over goes on at once.
        event: Name of the event, sent by `flow.event` or `POST /api/v1/events/{name}`.
        key: Correlation key: only an event with the same key counts.
        timeout: How long to wait for the event; then the node fails with `wait.timeout`.

    Example:
        ```yaml
        concertmaster: 1
        name: later
        nodes:
          first: {type: data.set, config: {value: 1}}
          pause: {type: flow.wait, config: {duration: 20ms}}
          second: {type: data.set, config: {value: "{{ input + 1 }}"}}
        edges: [first -> pause, pause -> second]
        outputs: {second: "{{ nodes.second }}"}
        ```
    """
    if sum(given is not None for given in (duration, until, event)) != 1:
        raise UserError("wait.config", "A wait needs one of `duration`, `until` and `event`")
    if event is None and (key or timeout is not None):
        raise UserError("wait.config", "`key` and `timeout` belong to the wait for an `event`")
    if event is not None:
        return Await("event", {"name": event, "key": key}, timeout=timeout)
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return Wait(duration or timedelta(), until)
