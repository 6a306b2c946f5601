"""A declarative node as a node type: its form from its schemas, its work by `http.request` and `http.paginate`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field, WithJsonSchema

from concertmaster.domain.ports import ANY, PortType
from concertmaster.domain.problems import pointer
from concertmaster.domain.schemas import faults
from concertmaster.domain.spec import Effect, NodeSpec, OutletSpec, Port
from concertmaster.nodes.builtin.http_paginate import http_paginate
from concertmaster.nodes.builtin.http_request import READING, http_request
from concertmaster.nodes.config_model import build_config_model
from concertmaster.nodes.context import Context
from concertmaster.nodes.credentials import Connection, ConnectionOf
from concertmaster.nodes.declared.reading import Declared
from concertmaster.nodes.node_type import Argument, NodeType
from concertmaster.nodes.schema import config_schema, title_of
from concertmaster.nodes.signature import ConfigParameter


def declared_type(declared: Declared) -> NodeType:
    """The node type of a declaration.

    Raises:
        ValueError: the fields make no valid JSON Schema together.
    """
    given, connection = declared.declaration, declared.connection
    call = _call(declared)
    parameters = [_parameter(name, schema) for name, schema in given.config.items()]
    if connection is not None:
        parameters.append(_connection(connection.type, required=connection.required))
    model, fields = build_config_model(call, parameters, {})
    schema = config_schema(model)
    data = (Argument("in", "input", "handle", optional=True),) if declared.reads_input else ()
    effect: Effect = given.effect or ("read" if given.request.method in READING else "write")
    result = given.response.json_schema
    spec = NodeSpec(
        id=given.id,
        version=given.version,
        category=given.category,
        title=given.title or title_of(given.id.rpartition(".")[2]),
        description=given.description,
        docs="\n\n".join(part for part in (given.description, given.docs) if part),
        icon=given.icon,
        tags=tuple(given.tags),
        ports=(Port("in", ANY, required=False, implicit=not data),),
        outlets=(OutletSpec("out", PortType("json", result) if result is not None else ANY),),
        schema=schema,
        effect=effect,
        idempotent=given.idempotent,
        summary_field=given.summary or next(iter(schema.get("required", ())), None),
        example=inspect.cleandoc(given.example) + "\n" if given.example else "",
    )
    made = NodeType(
        spec=spec,
        function=call,
        config_model=model,
        fields=fields,
        arguments=data,
        context="context",
        connections=("connection",) if connection is not None else (),
        call="loop",
        host=declared.url.host,
    )
    call.node_type = made  # pyright: ignore[reportFunctionMemberAccess]
    return made


def _parameter(name: str, schema: Mapping[str, Any]) -> ConfigParameter:
    default = schema.get("default", inspect.Parameter.empty)
    annotation: Any = Annotated[Any, AfterValidator(functools.partial(_checked, schema)), WithJsonSchema(dict(schema))]
    return ConfigParameter(name, annotation, default)


def _connection(type_: str, *, required: bool) -> ConfigParameter:
    told = Field(description=f"Credentials: a connection of type `{type_}`.")
    if required:
        return ConfigParameter("connection", Annotated[Connection, ConnectionOf(type_), told], inspect.Parameter.empty)
    return ConfigParameter("connection", Annotated[Annotated[Connection, ConnectionOf(type_)] | None, told], None)


def _checked(schema: Mapping[str, Any], value: Any) -> Any:
    """A value of a field; what was rendered has to fit as what was written."""
    for fault in faults(schema, value):
        raise ValueError(f"{pointer(*fault.path)}: {fault.message}" if fault.path else fault.message)
    return value


def _call(declared: Declared) -> Callable[..., Any]:
    """The function: one request, or all pages, through the guarded client with the connection's credentials."""
    given, request, paging = declared.declaration, declared.declaration.request, declared.declaration.paging

    async def call(
        context: Context, *, input: Any = None, connection: Connection[Any] | None = None, **config: Any
    ) -> Any:
        scope: dict[str, Any] = {"config": config, "input": input}
        sent = cast("dict[str, Any]", declared.request.render(scope))
        url, headers, query = declared.url.render(scope), _texts(sent["headers"]), _given(sent["query"])
        if paging is not None:
            items = await http_paginate(
                url,
                context,
                paging=paging.by,
                items=paging.items,
                next=paging.next,
                parameter=paging.parameter,
                start=paging.start,
                headers=headers,
                query=query,
                connection=connection,
                max_pages=paging.max_pages,
                timeout=request.timeout,
            )
            answer: Mapping[str, Any] = {"items": items}
            value: Any = items
        else:
            answer = cast(
                "Mapping[str, Any]",
                await http_request(
                    url,
                    context,
                    method=request.method,
                    headers=headers,
                    query=query,
                    body=sent["body"],
                    connection=connection,
                    timeout=request.timeout,
                    response=request.response,
                ),
            )
            value = answer["body"]
        scope["answer"] = answer
        if declared.value is not None:
            value = declared.value.render(scope)
        if declared.each is None or not isinstance(value, list):
            return value
        each = declared.each
        return [
            each.render({**scope, "item": item, "index": index}) for index, item in enumerate(cast("list[Any]", value))
        ]

    call.__name__ = given.id.rpartition(".")[2]
    return call


def _given(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entries.items() if value is not None}


def _texts(entries: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in _given(entries).items()
    }
