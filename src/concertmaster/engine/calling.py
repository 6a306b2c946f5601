"""Calling: what a node's function is called with, and what becomes of its result; in every process alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from concertmaster.domain.errors import UserError
from concertmaster.domain.plain_json import plain
from concertmaster.domain.ports import ANY
from concertmaster.domain.problems import plain_message, pointer
from concertmaster.domain.schemas import faults
from concertmaster.domain.values import Stored, Value
from concertmaster.engine.conversion import Conversion
from concertmaster.nodes.node_type import NodeType

Inputs = Mapping[str, Value | list[Value]]


def validated(type_: NodeType, config: Mapping[str, Any], *, node: str) -> BaseModel:
    """The rendered config, checked again.

    Raises:
        UserError: `node.config_invalid`, with the place in the workflow.
    """
    if type_.rules:
        _demand_rules(type_, config, node=node)
    try:
        return type_.config_model.model_validate(config)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = pointer("nodes", node, "config", *first["loc"])
        raise UserError("node.config_invalid", f"{place}: {plain_message(first['msg'])}", pointer=place) from error


def _demand_rules(type_: NodeType, config: Mapping[str, Any], *, node: str) -> None:
    """Raise for a value that does not fit its schema, where that demands more than the model."""
    for name, schema in type_.rules.items():
        try:
            value = plain(config[name])
        except (KeyError, ValueError):
            # It has its default, or is no JSON any more: SQL, or an expression for each item.
            continue
        for fault in faults(schema, value):
            place = pointer("nodes", node, "config", name, *fault.path)
            raise UserError("node.config_invalid", f"{place}: {fault.message}", pointer=place)


def keywords_of(
    type_: NodeType,
    model: BaseModel,
    inputs: Inputs,
    conversion: Conversion,
    *,
    context: object,
    opened: Mapping[str, Any],
) -> dict[str, Any]:
    """The arguments of one call, loaded in the form that each parameter wants; blocks.

    Args:
        opened: the values of connection parameters.
    """
    loaded: dict[str, Any] = {}
    for port, value in inputs.items():
        argument = type_.argument(port)
        if argument is None:
            continue
        if isinstance(value, list):
            loaded[port] = [conversion.load(item, argument.kind) for item in value]
        else:
            loaded[port] = conversion.load(value, argument.kind)
    return {**type_.keywords(model, loaded, context), **opened}


def saved(
    type_: NodeType, outlet: str, value: Any, conversion: Conversion, *, redact: Callable[[Any], Any] | None
) -> Stored:
    """What the function gave for an outlet, as a value that can travel; blocks."""
    want = next((declared.type for declared in type_.spec.outlets if declared.name == outlet), ANY)
    return conversion.save(value, want, redact=redact)
