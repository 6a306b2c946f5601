"""Registry: an immutable snapshot of every node type there is; a change makes a new snapshot, swapped whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from concertmaster.domain.spec import NodeSpec
from concertmaster.nodes.node_type import NodeType

SourceKind = Literal["builtin", "entry_point", "folder"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where node types came from, or tried to.

    Attributes:
        name: what people know it by: file name, entry point name, `built-in`.
        module: the Python module, or its file as long as it could not be imported.
        types: `type@version` of what it offers.
        error: the traceback of a quarantined source.
        line: line in its file where the error shows, when it is known.
    """

    name: str
    kind: SourceKind
    module: str
    types: tuple[str, ...] = ()
    status: Literal["active", "quarantined"] = "active"
    error: str | None = None
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The form used by REST."""
        return {
            "name": self.name,
            "kind": self.kind,
            "module": self.module,
            "types": list(self.types),
            "status": self.status,
            "error": self.error,
            "line": self.line,
        }


class Registry:
    """`(id, version)` to node type. Implements `domain.spec.Specs`; equal questions get equal answers for ever."""

    __slots__ = ("_ids", "_newest", "_types", "sources")

    def __init__(self, types: Iterable[NodeType] = (), sources: Sequence[Source] = ()) -> None:
        """Make a snapshot.

        Raises:
            ValueError: two node types have the same id and version.
        """
        found: dict[tuple[str, int], NodeType] = {}
        newest: dict[str, NodeType] = {}
        for type_ in types:
            key = (type_.spec.id, type_.spec.version)
            if key in found:
                raise ValueError(f"two node types are called {type_.spec.reference}")
            found[key] = type_
            if type_.spec.id not in newest or newest[type_.spec.id].spec.version < type_.spec.version:
                newest[type_.spec.id] = type_
        self._types: Mapping[tuple[str, int], NodeType] = MappingProxyType(found)
        self._newest = newest
        self._ids = tuple(sorted(newest))
        self.sources = tuple(sources)

    def spec(self, type_id: str, version: int | None = None) -> NodeSpec | None:
        """The spec of a type; the newest version when none is given; None when unknown."""
        found = self.find(type_id, version)
        return found.spec if found else None

    def ids(self) -> tuple[str, ...]:
        """All type ids, sorted."""
        return self._ids

    def find(self, type_id: str, version: int | None = None) -> NodeType | None:
        """The node type; the newest version when none is given; None when unknown."""
        return self._newest.get(type_id) if version is None else self._types.get((type_id, version))

    def all(self) -> tuple[NodeType, ...]:
        """Every version of every type, by id and version."""
        return tuple(self._types[key] for key in sorted(self._types))

    def newest(self) -> tuple[NodeType, ...]:
        """The newest version of every type, by id."""
        return tuple(self._newest[type_id] for type_id in self._ids)
