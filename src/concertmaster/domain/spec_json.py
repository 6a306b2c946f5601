"""NodeSpec as plain JSON and back: what a child process, a manifest and the memory of the registry hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from concertmaster.domain.errors import UserError
from concertmaster.domain.spec import NodeSpec

_ADAPTER: TypeAdapter[NodeSpec] = TypeAdapter(NodeSpec)


def spec_to_json(spec: NodeSpec) -> dict[str, Any]:
    """Every field of a spec; equal specs give equal JSON."""
    data: dict[str, Any] = _ADAPTER.dump_python(spec, mode="json")
    if spec.effect_by is not None:
        data["effect_by"] = [spec.effect_by[0], sorted(spec.effect_by[1])]
    if spec.idempotent_by is not None:
        data["idempotent_by"] = [spec.idempotent_by[0], sorted(spec.idempotent_by[1])]
    return data


def spec_from_json(data: Mapping[str, Any]) -> NodeSpec:
    """Inverse of `spec_to_json`.

    Raises:
        UserError: `node.bad_description`, it is none.
    """
    try:
        return _ADAPTER.validate_python(dict(data))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError("node.bad_description", f"{place}: {first['msg']}") from error
