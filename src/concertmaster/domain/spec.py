"""NodeSpec: everything about a node type that is plain data: what palette, form, validator and decider need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, cast

from concertmaster.domain.ports import ANY, PortType

Effect = Literal["none", "read", "write"]
Isolation = Literal["none", "process"]
Container = Literal["each", "while", "until", "race", "lock"]


@dataclass(frozen=True, slots=True)
class Port:
    """An input of a node type. `implicit`: the hidden optional `in` that only orders and feeds `{{ input }}`."""

    name: str
    type: PortType = ANY
    required: bool = True
    implicit: bool = False


@dataclass(frozen=True, slots=True)
class OutletSpec:
    """An output of a node type. `passthrough`: it has the type of whatever is wired to `in`."""

    name: str = "out"
    type: PortType = ANY
    passthrough: bool = False


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node type as plain data.

    Attributes:
        id: dotted lower case, `table.sql`.
        version: counts from 1; a changed schema needs a new one.
        docs: the docstring as Markdown.
        ports: in order; the first is named `in`.
        any_port: type of the ports of any name that `**tables: Table` gives, None when there are none.
        outlets: in order; without the `error` outlet, which every node has.
        dynamic_outlets: config key holding a mapping whose keys are outlets too, before the declared ones
            (`logic.switch` cases); they have the type of what is wired to `in`.
        schema: JSON Schema (draft 2020-12) of the config, type object, additionalProperties false.
        effect: none (same input, same output), read (looks at the world), write (changes the world).
        effect_by: config field and the values of it for which the effect is `read` (HTTP GET), else `effect`; the
            value `none` is an effect itself.
        isolation: process: it runs in a killable child process.
        idempotent: a write that may be repeated with the same key.
        idempotent_by: config field and the values of it for which a write may be repeated, where others may not.
        summary_field: the config key that tells most, shown on the node card.
        example: a runnable workflow document in YAML, or "".
        container: what becomes of the `body` that every node of this type has; None for a type that has none.
        source_hash: hash of the code that defined it, "" for built-ins.
        kept: that code is kept by its hash, and an execution that began with it finds it again.
        migrates: it can make its config of that of the version before.
        programs: of a type that runs programs of the machine those that it may run here, `*` for any; empty: it is
            off. None where there is no such rule.
    """

    id: str
    version: int = 1
    category: str = "code"
    title: str = ""
    description: str = ""
    docs: str = ""
    icon: str = ""
    tags: tuple[str, ...] = ()
    ports: tuple[Port, ...] = (Port("in", required=False, implicit=True),)
    any_port: PortType | None = None
    outlets: tuple[OutletSpec, ...] = (OutletSpec(),)
    dynamic_outlets: str | None = None
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "additionalProperties": False})
    effect: Effect = "write"
    effect_by: tuple[str, frozenset[str]] | None = None
    idempotent: bool = True
    idempotent_by: tuple[str, frozenset[str]] | None = None
    isolation: Isolation = "none"
    summary_field: str | None = None
    example: str = ""
    container: Container | None = None
    source_hash: str = ""
    kept: bool = False
    migrates: bool = False
    programs: tuple[str, ...] | None = None

    @property
    def switch(self) -> str | None:
        """What switches it on, where a setting has it off; None when it is on."""
        if self.programs is None or self.programs:
            return None
        return "Name the programs that it may run in the setting SHELL_ALLOW (CONCERTMASTER_SHELL_ALLOW) and restart"

    @property
    def deferred(self) -> tuple[str, ...]:
        """Config keys whose expressions are rendered inside of the body, for each item (`x-deferred`)."""
        properties: Mapping[str, Any] = self.schema.get("properties") or {}
        return tuple(name for name, schema in properties.items() if schema.get("x-deferred"))

    @property
    def reference(self) -> str:
        """`type@version`, as a saved document names it."""
        return f"{self.id}@{self.version}"

    def port(self, name: str) -> Port | None:
        """The port of that name; with `any_port` every name has one."""
        for port in self.ports:
            if port.name == name:
                return port
        return Port(name, self.any_port, required=False) if self.any_port is not None else None

    def outlets_of(self, config: Mapping[str, Any]) -> tuple[OutletSpec, ...]:
        """The outlets of a use with this config, without `error`."""
        cases = config.get(self.dynamic_outlets) if self.dynamic_outlets else None
        if not isinstance(cases, Mapping):
            return self.outlets
        names = cast("Mapping[str, Any]", cases)
        return (*(OutletSpec(name, passthrough=True) for name in names), *self.outlets)

    def effect_of(self, config: Mapping[str, Any]) -> Effect:
        """The effect of a use with this config; an expression in the deciding field counts as the declared effect."""
        if self.effect_by is None:
            return self.effect
        name, reading = self.effect_by
        value = self._value(config, name)
        if not isinstance(value, str) or value.upper() not in reading:
            return self.effect
        return "none" if value == "none" else "read"

    def idempotent_of(self, config: Mapping[str, Any]) -> bool:
        """Whether a use with this config may be repeated; an expression in the deciding field counts as no."""
        if self.idempotent_by is None:
            return self.idempotent
        name, repeatable = self.idempotent_by
        return self.idempotent or self._value(config, name) in repeatable

    def _value(self, config: Mapping[str, Any], name: str) -> Any:
        return config.get(name, (self.schema.get("properties") or {}).get(name, {}).get("default"))


class Specs(Protocol):
    """Where validation and planning look node types up: a registry snapshot."""

    def spec(self, type_id: str, version: int | None = None) -> NodeSpec | None:
        """The spec of a type; the newest version when none is given; None when unknown."""
        ...

    def ids(self) -> tuple[str, ...]:
        """All type ids, sorted; used for "did you mean"."""
        ...

    def quarantined(self, reference: str) -> str | None:
        """The source of a `type@version` that is served in its last good version; None when it is the newest."""
        ...
