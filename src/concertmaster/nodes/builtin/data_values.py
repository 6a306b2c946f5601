"""data.set and data.template: values made of the workflow's own data."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from concertmaster import node


@node(id="data.set", category="data", effect="none", summary="value", icon="braces", title="Set value")
async def data_set(value: Any = None) -> Any:
    """Give a value to the nodes that follow.

    Args:
        value: Anything JSON can hold; `{{ }}` in it is computed.

    Example:
        ```yaml
        concertmaster: 1
        name: greeting
        inputs: {name: {type: string, default: world}}
        nodes:
          person: {type: data.set, config: {value: {name: "{{ inputs.name }}", length: "{{ inputs.name | length }}"}}}
        outputs: {name: "{{ nodes.person.name }}"}
        ```
    """
    return value


@node(id="data.template", category="data", effect="none", summary="template", icon="text-quote", title="Template text")
async def data_template(
    template: Annotated[str, Field(json_schema_extra={"format": "textarea"})],
) -> str:
    """Make a text out of a template.

    Args:
        template: Text in which `{{ }}` is computed, such as `{{ nodes.routes.rows }} routes are late`.

    Example:
        ```yaml
        concertmaster: 1
        name: message
        inputs: {name: {type: string, default: world}}
        nodes:
          text: {type: data.template, config: {template: "Hello {{ inputs.name }}!"}}
        outputs: {text: "{{ nodes.text }}"}
        ```
    """
    return template
