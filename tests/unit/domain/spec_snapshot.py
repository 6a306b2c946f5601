"""A small registry snapshot for tests of validation: specs as plain data, no functions behind them."""

from __future__ import annotations

from dataclasses import dataclass, field

from concertmaster.domain.ports import PortType
from concertmaster.domain.spec import NodeSpec, OutletSpec, Port

TABLE = PortType("table")
FILE = PortType("file")


def config_schema(*required: str, **properties: object) -> dict[str, object]:
    """The schema of a config with these properties."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


SPECS = (
    NodeSpec(
        "file.read",
        outlets=(OutletSpec(type=TABLE),),
        schema=config_schema(
            "path",
            path={"type": "string", "minLength": 1},
            format={"enum": ["csv", "parquet"]},
            limit={"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
            columns={"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        ),
        effect="read",
    ),
    NodeSpec(
        "table.sql",
        ports=(Port("in", TABLE),),
        any_port=TABLE,
        outlets=(OutletSpec(type=TABLE),),
        schema=config_schema("query", query={"type": "string", "format": "sql"}),
        effect="none",
    ),
    NodeSpec("table.sql", version=2, ports=(Port("in", TABLE),), any_port=TABLE, outlets=(OutletSpec(type=TABLE),)),
    NodeSpec(
        "table.join",
        ports=(Port("in", TABLE), Port("right", TABLE)),
        outlets=(OutletSpec(type=TABLE),),
        effect="none",
    ),
    NodeSpec("table.union", ports=(Port("in", PortType("table", many=True)),), outlets=(OutletSpec(type=TABLE),)),
    NodeSpec("file.write", ports=(Port("in", TABLE),), outlets=(OutletSpec(type=FILE),), schema={"type": "object"}),
    NodeSpec("text.size", ports=(Port("in", PortType("json", {"type": "string"})),)),
    NodeSpec(
        "data.set",
        outlets=(OutletSpec(type=PortType("json")),),
        schema=config_schema("value", value={}),
        effect="none",
    ),
    NodeSpec(
        "number.make", outlets=(OutletSpec(type=PortType("json", {"type": "integer"})),), schema={"type": "object"}
    ),
    NodeSpec(
        "logic.if",
        ports=(Port("in", required=False),),
        outlets=(OutletSpec("true", passthrough=True), OutletSpec("false", passthrough=True)),
        schema=config_schema("condition", condition={"type": "boolean"}),
        effect="none",
    ),
    NodeSpec(
        "logic.switch",
        ports=(Port("in", required=False),),
        outlets=(OutletSpec("default", passthrough=True),),
        dynamic_outlets="cases",
        schema=config_schema("cases", cases={"type": "object"}),
        effect="none",
    ),
    NodeSpec(
        "http.request",
        schema=config_schema(
            "url",
            url={"type": "string"},
            timeout={"type": "number"},
            connection={
                "anyOf": [{"type": "string", "format": "connection", "x-connection": "http"}, {"type": "null"}]
            },
            headers={"type": "object", "additionalProperties": {"type": "string"}},
            code={"type": "string", "x-expression": False, "maxLength": 30},
        ),
        idempotent=False,
    ),
    NodeSpec("flow.for_each", schema={"type": "object"}, container="each"),
)


@dataclass(frozen=True)
class Snapshot:
    """Specs by type and version."""

    specs: dict[tuple[str, int], NodeSpec] = field(
        default_factory=lambda: {(spec.id, spec.version): spec for spec in SPECS}
    )

    def spec(self, type_id: str, version: int | None = None) -> NodeSpec | None:
        if version is not None:
            return self.specs.get((type_id, version))
        versions = [spec for (known, _), spec in self.specs.items() if known == type_id]
        return max(versions, key=lambda spec: spec.version, default=None)

    def quarantined(self, reference: str) -> str | None:
        return None

    def ids(self) -> tuple[str, ...]:
        return tuple(sorted({type_id for type_id, _ in self.specs}))
