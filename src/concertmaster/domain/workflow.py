"""Workflow: the parsed document. `document.py` reads and writes it; nothing here is I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from concertmaster.domain.policy import NodePolicy, WorkflowPolicy

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire: `source[.outlet] -> target[.port]`."""

    source: str
    target: str
    outlet: str = "out"
    port: str = "in"

    def __str__(self) -> str:
        outlet = "" if self.outlet == "out" else f".{self.outlet}"
        port = "" if self.port == "in" else f".{self.port}"
        return f"{self.source}{outlet} -> {self.target}{port}"


@dataclass(frozen=True, slots=True)
class Body:
    """The graph inside a container node."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A use of a node type.

    Attributes:
        type: `id` or `id@version`; saving fills the version in.
        config: as written, expressions unrendered.
    """

    type: str
    config: Mapping[str, Any] = field(default_factory=lambda: {})
    title: str | None = None
    policy: NodePolicy = field(default_factory=NodePolicy)
    disabled: bool = False
    body: Body | None = None

    @property
    def type_id(self) -> str:
        """The type without its version."""
        return self.type.partition("@")[0]

    @property
    def type_version(self) -> int | None:
        """The pinned version, None when the document leaves it open."""
        version = self.type.partition("@")[2]
        return int(version) if version.isdigit() else None


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts executions; `inputs` are expressions over `trigger`."""

    type: str
    config: Mapping[str, Any] = field(default_factory=lambda: {})
    inputs: Mapping[str, Any] = field(default_factory=lambda: {})


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow document. Mappings keep the document's order."""

    name: str
    title: str | None = None
    description: str | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: {})
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {})
    vars: Mapping[str, Any] = field(default_factory=lambda: {})
    triggers: Mapping[str, Trigger] = field(default_factory=lambda: {})
    nodes: Mapping[str, Node] = field(default_factory=lambda: {})
    edges: tuple[Edge, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=lambda: {})
    policy: WorkflowPolicy = field(default_factory=WorkflowPolicy)
    notes: Any = None
    groups: Any = None
    layout: Mapping[str, tuple[float, float]] = field(default_factory=lambda: {})
