"""The pydantic model of a node's config, made from its config parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo

from concertmaster.nodes.credentials import Connection
from concertmaster.nodes.schema import with_markers
from concertmaster.nodes.signature import ConfigParameter, refuse

_CONFIG = ConfigDict(extra="forbid", protected_namespaces=(), populate_by_name=True)


def build_config_model(
    function: Callable[..., Any], parameters: Sequence[ConfigParameter], texts: Mapping[str, str]
) -> tuple[type[BaseModel], dict[str, str]]:
    """Make the model.

    Args:
        texts: descriptions by parameter name, from the docstring; those in the annotation win.
    Returns:
        The model, and parameter name to attribute of the model: they differ where pydantic keeps a name for itself.
    Raises:
        UserError: `node.bad_signature` when a parameter's type cannot be config.
    """
    definitions: dict[str, Any] = {}
    fields: dict[str, str] = {}
    for parameter in parameters:
        if isinstance(parameter.default, FieldInfo):
            refuse(
                function,
                parameter.name,
                "Field(...) as a default would reach the function when it is called directly",
                f"write `{parameter.name}: Annotated[..., Field(...)] = default`",
            )
        taken = hasattr(BaseModel, parameter.name) or parameter.name.startswith("_")
        attribute = f"config_{parameter.name.lstrip('_')}" if taken else parameter.name
        fields[parameter.name] = attribute
        definitions[attribute] = _definition(function, parameter, texts, alias=parameter.name if taken else None)
    name = "".join(word.title() for word in function.__name__.split("_")) + "Config"
    return create_model(name, __config__=_CONFIG, **definitions), fields


def connection_fields(parameters: Sequence[ConfigParameter]) -> tuple[str, ...]:
    """Names of the parameters whose value is a Connection."""
    return tuple(parameter.name for parameter in parameters if _holds_connection(parameter.annotation))


def _definition(
    function: Callable[..., Any], parameter: ConfigParameter, texts: Mapping[str, str], *, alias: str | None
) -> tuple[Any, Any]:
    annotation = with_markers(parameter.annotation)
    extra: dict[str, Any] = {}
    if parameter.name in texts and not _described(annotation):
        extra["description"] = texts[parameter.name]
    if alias is not None and not _aliased(annotation):
        extra["alias"] = alias
    try:
        TypeAdapter(annotation)
    except (PydanticUserError, TypeError, NameError) as error:
        refuse(
            function,
            parameter.name,
            f"its type is neither data nor config ({str(error).splitlines()[0].rstrip('.')})",
            "use a data type (Table, pl.LazyFrame, File, Input[...]), Context, or a type that JSON can fill",
        )
    if extra:
        annotation = Annotated[annotation, Field(**extra)]
    return annotation, ... if parameter.default is inspect.Parameter.empty else parameter.default


def _marks(annotation: Any) -> list[FieldInfo]:
    found = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return [mark for mark in found if isinstance(mark, FieldInfo)]


def _described(annotation: Any) -> bool:
    return any(mark.description for mark in _marks(annotation))


def _aliased(annotation: Any) -> bool:
    return any(mark.alias for mark in _marks(annotation))


def _holds_connection(annotation: Any) -> bool:
    if annotation is Connection:
        return True
    return any(_holds_connection(part) for part in get_args(annotation))
