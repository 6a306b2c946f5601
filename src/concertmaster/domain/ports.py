"""Port types and which fits which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

PortKind = Literal["table", "file", "json", "any"]


@dataclass(frozen=True, slots=True)
class PortType:
    """What may travel through a port.

    Attributes:
        kind: table, file, json, or any of them as an unread handle.
        schema: JSON Schema of a json value, None when anything goes.
        many: the port takes several edges and gives the node a list.
    """

    kind: PortKind = "any"
    schema: Mapping[str, Any] | None = None
    many: bool = False

    def as_json(self) -> dict[str, Any]:
        """The form used by REST."""
        return {"kind": self.kind, "schema": self.schema, "many": self.many}


ANY = PortType()


def fits(source: PortType, target: PortType) -> bool:
    """Whether a wire may go from an outlet of type `source` to a port of type `target`.

    Kinds must be equal or one side be `any`; two json schemas must have a type in common. `many` is about the
    number of edges and plays no part here.
    """
    if "any" in (source.kind, target.kind):
        return True
    if source.kind != target.kind:
        return False
    ours, theirs = _json_types(source.schema), _json_types(target.schema)
    if ours is None or theirs is None:
        return True
    return (
        bool(ours & theirs) or ("integer" in ours and "number" in theirs) or ("number" in ours and "integer" in theirs)
    )


def _json_types(schema: Mapping[str, Any] | None) -> set[str] | None:
    """The `type` words of a schema, None when it does not say."""
    declared: object = schema.get("type") if schema else None
    if declared is None:
        return None
    return {declared} if isinstance(declared, str) else set(cast("list[str]", declared))
