"""Extra rules: what a config's JSON Schema demands and its pydantic model does not know, from `json_schema_extra`.

A document is checked by the schema; a value that was rendered is checked by the model, and where there are such rules
by the schema of its field too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

_KEYWORDS = frozenset(
    {
        *("pattern", "minLength", "maxLength", "enum", "const", "not", "if", "allOf", "anyOf", "oneOf"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "prefixItems", "items"),
        *("minProperties", "maxProperties", "propertyNames", "patternProperties", "required", "dependentRequired"),
        *("dependentSchemas", "additionalProperties", "properties"),
    }
)
# Others, such as `path`, only tell a form what to draw.
_FORMATS = frozenset(
    {"date", "time", "date-time", "email", "uri", "uuid", "hostname", "ipv4", "ipv6", "regex", "json-pointer"}
)


def extra_rules(
    schema: Mapping[str, Any], model: type[BaseModel], fields: Mapping[str, str]
) -> dict[str, Mapping[str, Any]]:
    """The schema of each config parameter that has such rules, complete in itself.

    Args:
        schema: of the whole config.
        fields: parameter name to attribute of the model.
    """
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties") or {}
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return {
        name: {**properties[name], **definitions}
        for name, attribute in fields.items()
        if name in properties and _ruled(model.model_fields[attribute], set())
    }


def _ruled(part: Any, seen: set[int]) -> bool:
    """Whether there are such rules in a field, an annotation, or the models in it."""
    if id(part) in seen:
        return False
    seen.add(id(part))
    if isinstance(part, FieldInfo):
        extra: Any = part.json_schema_extra
        # What a function does to a schema is known when it is called, and it may do anything.
        return callable(extra) or _demands(extra) or any(_ruled(one, seen) for one in (part.annotation, *part.metadata))
    if isinstance(part, WithJsonSchema):
        return part.json_schema is not None and bool(part.json_schema.keys() & _KEYWORDS)
    if isinstance(part, type) and issubclass(part, BaseModel):
        extra = part.model_config.get("json_schema_extra")
        return callable(extra) or _demands(extra) or any(_ruled(one, seen) for one in part.model_fields.values())
    return any(_ruled(one, seen) for one in get_args(part))


def _demands(extra: Mapping[str, Any] | None) -> bool:
    return extra is not None and (bool(extra.keys() & _KEYWORDS) or extra.get("format") in _FORMATS)
