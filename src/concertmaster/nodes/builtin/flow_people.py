"""flow.approve: a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from concertmaster import Input, node
from concertmaster.domain.durations import LONGEST
from concertmaster.nodes.flow import Await


@node(
    id="flow.approve",
    category="flow",
    effect="none",
    outlets=("approved", "rejected"),
    summary="title",
    icon="user-check",
    title="Approve",
)
async def flow_approve(
    value: Input[Any] = None,  # noqa: ARG001 (only orders and feeds `input`)
    *,
    title: Annotated[str, Field(min_length=1, max_length=300)],
    instructions: str = "",
    assignees: list[str] = [],  # noqa: B006 (the model copies it)
    form: Mapping[str, Mapping[str, Any]] = {},
    due: Annotated[timedelta | None, Field(gt=timedelta(), le=LONGEST)] = None,
    when_due: Literal["fail", "approve", "reject"] = "fail",
) -> Await:
    """Wait until a person approves or rejects.

    The question stands in the inbox of approvals, with a form where one is given. It can be answered once. What goes
    out, by `approved` or `rejected`, is `{decision, by, at, comment, data}`, where `data` is what the form holds.

    Args:
        title: The question, short.
        instructions: What to look at before deciding.
        assignees: Who is asked, for people to read: whoever is logged in can decide, and a token with the
            scope `admin`.
        form: Fields to fill in, each a JSON Schema, as the `inputs` of a workflow are.
        due: How long to wait, such as `2d`; without it, and at most, as long as the execution may take: 7 days, unless
            `policy.timeout` of the workflow says otherwise.
        when_due: What happens when nobody has decided in time; the form then holds its defaults.

    Example:
        ```yaml
        concertmaster: 1
        name: signed-off
        nodes:
          ask: {type: flow.approve, config: {title: Publish the numbers?, due: 50ms, when_due: reject}}
          publish: {type: data.set, config: {value: published}}
          leave: {type: data.set, config: {value: left alone}}
        edges: [ask.approved -> publish, ask.rejected -> leave]
        outputs: {what: "{{ nodes.publish or nodes.leave }}"}
        ```
    """
    about = {
        "title": title,
        "instructions": instructions,
        "assignees": list(assignees),
        "form": {name: dict(schema) for name, schema in form.items()},
        "when_due": when_due,
    }
    return Await("approval", about, timeout=due)
