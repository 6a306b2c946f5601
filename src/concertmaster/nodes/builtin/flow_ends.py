"""flow.fail, flow.stop: end an execution from within."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from concertmaster import Input, UserError, node


@node(id="flow.fail", category="flow", effect="none", summary="message", icon="octagon-x", title="Fail")
async def flow_fail(
    value: Input[Any] = None,  # noqa: ARG001 (only orders)
    *,
    message: Annotated[str, Field(min_length=1)],
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=100)] = "flow.fail",
) -> None:
    """Fail on purpose, with a message of your own.

    It is a failure as any other: an edge from `error` can deal with it, else the execution fails.

    Args:
        message: What went wrong, for those who look at the execution.
        code: A code for programs, in dotted lower-case words.

    Example:
        ```yaml
        concertmaster: 1
        name: checked
        nodes:
          rows: {type: data.set, config: {value: 0}}
          check: {type: logic.if, config: {condition: "{{ input > 0 }}"}}
          empty: {type: flow.fail, config: {message: There are no rows today, code: rows.missing}}
          told: {type: data.set, config: {value: "{{ input.message }}"}}
        edges: [rows -> check, check.false -> empty, empty.error -> told]
        outputs: {told: "{{ nodes.told }}"}
        ```
    """
    raise UserError(code, message)


@node(id="flow.stop", category="flow", effect="none", passthrough=True, icon="circle-stop", title="Stop")
async def flow_stop(value: Input[Any] = None) -> Any:
    """End the execution here, and well: whatever still runs is stopped, the rest does not start.

    In the body of a loop it ends the item, of a `while` or `until` also the loop. Whatever is wired in goes out
    unchanged.

    Example:
        ```yaml
        concertmaster: 1
        name: nothing-to-do
        inputs: {count: {type: integer, default: 0}}
        nodes:
          any: {type: logic.if, config: {condition: "{{ inputs.count > 0 }}"}}
          done: {type: flow.stop}
          work: {type: data.set, config: {value: worked}}
        edges: [any.false -> done, any.true -> work]
        outputs: {worked: "{{ nodes.work }}"}
        ```
    """
    return value
