"""http.graphql: a query or mutation, and its errors as errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from concertmaster import Connection, Context, OperationalError, node
from concertmaster.nodes.builtin.durations import Duration
from concertmaster.nodes.builtin.http_request import Headers, http_request, shown

_SHOWN = 500


@node(
    id="http.graphql",
    category="http",
    effect="write",
    effect_by=("kind", ("query",)),
    idempotent=True,
    summary="url",
    icon="waypoints",
    title="GraphQL",
)
async def http_graphql(
    url: Annotated[str, Field(min_length=1)],
    query: Annotated[
        str, Field(min_length=1, json_schema_extra={"format": "textarea", "examples": ["query ($id: ID!) { ... }"]})
    ],
    context: Context,
    variables: Mapping[str, Any] | None = None,
    kind: Literal["query", "mutation"] = "query",  # noqa: ARG001  (the engine reads it)
    operation: str | None = None,
    headers: Headers = None,
    connection: Connection[Literal["http"]] | None = None,
    timeout: Duration = "30s",
    on_errors: Literal["fail", "data"] = "fail",
) -> Any:
    """Send a GraphQL query or mutation and give its `data`.

    Values belong into `variables`, never into the text of the query. GraphQL answers errors with status 200; here they
    fail the node. The same addresses are refused as by `http.request`.

    The example needs a GraphQL server at `url`.

    Args:
        url: Where to; relative to the connection's `base_url` when that is set.
        query: The query or mutation.
        variables: Values of its variables; `{{ }}` in them is computed.
        kind: Whether it only reads (`query`) or changes something (`mutation`).
        operation: Which one to run, when the text holds several.
        headers: Further headers, text; an expression may give a number.
        connection: Credentials, a connection of type `http`, as for `http.request`.
        timeout: Of the whole exchange, such as `30s`.
        on_errors: Errors fail the node, or `data`: what came all the same goes on, as `{data, errors}`.

    Example:
        ```yaml
        concertmaster: 1
        name: graphql
        inputs: {url: {type: string, default: "http://127.0.0.1:8000/graphql"}}
        nodes:
          country:
            type: http.graphql
            config:
              url: "{{ inputs.url }}"
              query: "query ($code: ID!) { country(code: $code) { name } }"
              variables: {code: NO}
        outputs: {name: "{{ nodes.country.country.name }}"}
        ```
    """
    sent: dict[str, Any] = {"query": query, "variables": dict(variables or {})}
    if operation is not None:
        sent["operationName"] = operation
    answer = await http_request(
        url,
        context,
        method="POST",
        headers={"Accept": "application/graphql-response+json, application/json", **(headers or {})},
        body=sent,
        connection=connection,
        timeout=timeout,
        response="json",
    )
    body: Any = answer["body"]
    if not isinstance(body, dict) or not ({"data", "errors"} & set(cast("dict[str, Any]", body))):
        raise OperationalError(
            "graphql.no_answer",
            f"{shown(url)} did not answer as GraphQL servers do, with `data` or `errors`; check the URL",
            retryable=False,
        )
    found = cast("dict[str, Any]", body)
    errors = found.get("errors")
    if on_errors == "data":
        return {"data": found.get("data"), "errors": errors or []}
    if errors:
        raise OperationalError("graphql.errors", f"{shown(url)} answered: {_told(errors)}", retryable=False, sent=True)
    return found.get("data")


def _told(errors: Any) -> str:
    """Messages and paths of the first errors."""
    listed = cast("list[Any]", errors) if isinstance(errors, list) else [errors]
    texts: list[str] = []
    for error in listed[:3]:
        entry = cast("dict[str, Any]", error) if isinstance(error, dict) else {"message": json.dumps(error)}
        path = ".".join(map(str, cast("list[Any]", entry.get("path") or [])))
        texts.append(f"{entry.get('message')}{f' (at {path})' if path else ''}")
    return "; ".join(texts)[:_SHOWN]
