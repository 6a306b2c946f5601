"""flow.wait: go on later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from concertmaster import Input, UserError, Wait, node


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
) -> Wait:
    """Go on after a while, or at a point in time.

    A waiting execution needs no memory, and waits on over restarts. Whatever is wired in goes out unchanged.

    Args:
        duration: How long, such as `90s`, `15m`, `36h` or `7d`.
        until: When, as ISO 8601 with a zone, such as `2026-12-24T18:00:00Z`; without a zone it is UTC. A moment that is
            over goes on at once.

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
    if (duration is None) == (until is None):
        raise UserError("wait.config", "A wait needs either `duration` or `until`, and not both")
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return Wait(duration or timedelta(), until)
