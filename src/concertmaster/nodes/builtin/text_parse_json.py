"""text.parse_json: JSON text as data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from concertmaster import Input, UserError, node
from concertmaster.nodes.builtin.texts import bytes_of


@node(id="text.parse_json", category="text", effect="none", icon="file-json", title="Parse JSON")
def text_parse_json(
    value: Input[Any] = None,
    *,
    text: Annotated[str, Field(json_schema_extra={"format": "textarea"})] | None = None,
    lines: bool = False,
    on_error: Literal["fail", "null"] = "fail",
) -> Any:
    """Make data of JSON text.

    Args:
        text: The text, in place of what is wired in (a text, a file, or the answer of `http.request`).
        lines: Each line is a JSON value of its own (JSON lines); what comes out is a list.
        on_error: What text that is no JSON does: it fails the node, or gives null.

    Example:
        ```yaml
        concertmaster: 1
        name: parse-order
        inputs: {message: {type: string, default: '{"id": 7, "items": ["tea", "rice"]}'}}
        nodes:
          order: {type: text.parse_json, config: {text: "{{ inputs.message }}"}}
        outputs: {first: "{{ nodes.order.items[0] }}"}
        ```
    """
    source = bytes_of(value, text)
    if not lines:
        return _read(source, on_error, "The text")
    split = enumerate(source.splitlines(), 1)
    return [_read(line, on_error, f"Line {number}") for number, line in split if line.strip()]


def _read(source: bytes, on_error: str, what: str) -> Any:
    try:
        return orjson.loads(source.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        if on_error == "null":
            return None
        around = source[max(0, error.pos - 20) : error.pos + 20].decode(errors="replace")
        raise UserError(
            "json.invalid",
            f"{what} is no JSON: {error}, near {around!r}; mend it where it is made, or say `on_error: null`",
            line=error.lineno,
            column=error.colno,
        ) from error
