"""flow.call: run another workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from concertmaster import Input, node
from concertmaster.nodes.flow import Await


@node(id="flow.call", category="flow", effect="none", summary="workflow", icon="workflow", title="Call workflow")
async def flow_call(
    value: Input[Any] = None,  # noqa: ARG001 (only orders and feeds `input`)
    *,
    workflow: Annotated[str, Field(min_length=1, max_length=100)],
    inputs: Mapping[str, Any] = {},
    version: Annotated[int | None, Field(ge=1)] = None,
) -> Await:
    """Run another workflow, and go on with its outputs.

    It runs as an execution of its own, linked to this one: cancelling this one cancels it, and its failure fails this
    node. A workflow may call itself; calls within calls go 32 executions deep. When it has a concurrency limit that is
    full, the call waits for a place, or with `when_full: skip` fails with `call.full`, which `policy.retry` can mend.

    Args:
        workflow: Name of the workflow.
        inputs: Its inputs.
        version: Which version of it; without it the published one, of itself the one that runs.

    Example:
        ```yaml
        concertmaster: 1
        name: countdown
        inputs: {from: {type: integer, default: 3}}
        nodes:
          more: {type: logic.if, config: {condition: "{{ inputs.from > 0 }}"}}
          again: {type: flow.call, config: {workflow: countdown, inputs: {from: "{{ inputs.from - 1 }}"}}}
        edges: [more.true -> again]
        outputs: {deepest: "{{ nodes.again.deepest if nodes.again else inputs.from }}"}
        ```
    """
    return Await("children", {"kind": "call", "workflow": workflow, "inputs": dict(inputs), "version": version})
