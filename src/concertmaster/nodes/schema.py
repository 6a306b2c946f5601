"""Config model to JSON Schema (draft 2020-12) with the hints that forms are made of."""

from __future__ import annotations

import re
import types
from datetime import timedelta
from typing import Annotated, Any, Union, cast, get_args, get_origin

import jsonschema_rs
from pydantic import (
    BaseModel,
    BeforeValidator,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from concertmaster.domain.durations import format_duration, parse_duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ACRONYMS = {
    "api",
    "csv",
    "html",
    "http",
    "https",
    "id",
    "ip",
    "json",
    "jsonl",
    "sql",
    "tls",
    "ui",
    "uri",
    "url",
    "utc",
    "xml",
    "yaml",
}


def config_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a config model: properties in the signature's order (`x-order`), each with a title.

    Raises:
        ValueError: a type has no JSON Schema, a default is not JSON, or a hint makes the schema invalid.
    """
    try:
        schema = model.model_json_schema(schema_generator=_FormSchema)
    except PydanticInvalidForJsonSchema as error:
        raise ValueError(str(error).splitlines()[0]) from error
    schema.pop("title", None)
    schema.pop("description", None)
    for part in (schema, *cast("dict[str, dict[str, Any]]", schema.get("$defs", {})).values()):
        for order, (name, field) in enumerate(cast("dict[str, Any]", part.get("properties", {})).items()):
            field.setdefault("title", title_of(name))
            field.setdefault("x-order", order)
    schema.setdefault("properties", {})
    try:
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"the JSON Schema of the config is invalid: {error.message}") from error
    return schema


def title_of(name: str) -> str:
    """`maximum_rows` to "Maximum rows", `base_url` to "Base URL"."""
    words = [word.upper() if word.lower() in _ACRONYMS else word.lower() for word in re.split(r"[_\W]+", name) if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def with_markers(annotation: Any) -> Any:
    """The same annotation with durations taken and shown as people write them, also inside unions and containers."""
    if annotation is timedelta:
        return Duration
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return Annotated[(with_markers(parts[0]), *parts[1:])]
    if origin in (Union, types.UnionType):
        return Union[tuple(with_markers(part) for part in parts)]  # noqa: UP007
    if origin in (list, dict, tuple, set):
        return cast("Any", origin)[tuple(with_markers(part) for part in parts)]
    return annotation


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


_DURATION_IN = BeforeValidator(_duration)
_DURATION_OUT = PlainSerializer(format_duration, return_type=str)
_DURATION_HINT = WithJsonSchema({"type": "string", "format": "duration", "examples": ["30s", "5m", "PT1H"]})
Duration = Annotated[timedelta, _DURATION_IN, _DURATION_OUT, _DURATION_HINT]
"""`timedelta` for fields of models inside of a config; parameters of a function need only `timedelta`."""


class _FormSchema(GenerateJsonSchema):
    """Pydantic's generator with titles in sentence case; what pydantic only warns of is an error here."""

    def get_title_from_name(self, name: str) -> str:
        return title_of(name)

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def emit_warning(
        self,
        kind: JsonSchemaWarningKind,  # noqa: ARG002  (pydantic's signature)
        detail: str,
    ) -> None:
        raise ValueError(detail)
