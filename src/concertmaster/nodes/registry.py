"""Registry: an immutable snapshot of every node type there is; a change makes a new snapshot, swapped whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from concertmaster.domain.spec import NodeSpec
from concertmaster.nodes.node_type import NodeType

SourceKind = Literal["builtin", "entry_point", "folder"]
SourceStatus = Literal["active", "quarantined", "probing"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where node types came from, or tried to.

    Attributes:
        name: what people know it by: file name, entry point name, `built-in`.
        module: the Python module, or the file of a folder's.
        types: `type@version` of what is in service; of a quarantined source those of its last good version.
        retained: those of `types` that its newest version does not have any more.
        code: why it is quarantined, for programs.
        error: the traceback of a quarantined source.
        file, line: where the error shows, when it is known.
        hash: of the code in service, "" for built-ins.
    """

    name: str
    kind: SourceKind
    module: str
    types: tuple[str, ...] = ()
    status: SourceStatus = "active"
    code: str | None = None
    error: str | None = None
    file: str | None = None
    line: int | None = None
    retained: tuple[str, ...] = ()
    hash: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form used by REST."""
        return {
            "name": self.name,
            "kind": self.kind,
            "module": self.module,
            "types": list(self.types),
            "retained": list(self.retained),
            "status": self.status,
            "code": self.code,
            "error": self.error,
            "file": self.file,
            "line": self.line,
            "hash": self.hash,
        }


class DeferredType:
    """A node type that is known by its description; its module is imported when a plan needs it first."""

    __slots__ = ("_found", "_load", "_lock", "spec")

    def __init__(self, spec: NodeSpec, load: Callable[[], NodeType]) -> None:
        """Args:
        load: imports the module; may block, and raises UserError for a module that does not import any more.
        """
        self.spec = spec
        self._load = load
        self._found: NodeType | None = None
        self._lock = threading.Lock()

    @property
    def loaded(self) -> bool:
        """Whether `resolve` answers at once."""
        return self._found is not None

    def resolve(self) -> NodeType:
        """The node type; blocks while its module is imported."""
        with self._lock:
            if self._found is None:
                self._found = self._load()
            return self._found


class Registry:
    """`(id, version)` to node type. Implements `domain.spec.Specs`; equal questions get equal answers for ever."""

    __slots__ = ("_ids", "_newest", "_quarantined", "_types", "sources")

    def __init__(self, types: Iterable[NodeType | DeferredType] = (), sources: Sequence[Source] = ()) -> None:
        """Make a snapshot.

        Raises:
            ValueError: two node types have the same id and version.
        """
        found: dict[tuple[str, int], NodeType | DeferredType] = {}
        newest: dict[str, NodeType | DeferredType] = {}
        for type_ in types:
            key = (type_.spec.id, type_.spec.version)
            if key in found:
                raise ValueError(f"two node types are called {type_.spec.reference}")
            found[key] = type_
            if type_.spec.id not in newest or newest[type_.spec.id].spec.version < type_.spec.version:
                newest[type_.spec.id] = type_
        self._types: Mapping[tuple[str, int], NodeType | DeferredType] = MappingProxyType(found)
        self._newest = newest
        self._ids = tuple(sorted(newest))
        self.sources = tuple(sources)
        self._quarantined = {
            reference: source.name for source in sources if source.status == "quarantined" for reference in source.types
        }

    def spec(self, type_id: str, version: int | None = None) -> NodeSpec | None:
        """The spec of a type; the newest version when none is given; None when unknown."""
        found = self._look(type_id, version)
        return found.spec if found else None

    def ids(self) -> tuple[str, ...]:
        """All type ids, sorted."""
        return self._ids

    def quarantined(self, reference: str) -> str | None:
        """See `Specs`."""
        return self._quarantined.get(reference)

    def find(self, type_id: str, version: int | None = None) -> NodeType | None:
        """The node type; the newest version when none is given; None when unknown.

        One of a plugin is imported here when nobody has done that: see `unloaded`.

        Raises:
            UserError: the module does not import any more.
        """
        found = self._look(type_id, version)
        return found.resolve() if isinstance(found, DeferredType) else found

    def unloaded(self, type_id: str, version: int | None = None) -> DeferredType | None:
        """The type when `find` would have to import its module, which may block."""
        found = self._look(type_id, version)
        return found if isinstance(found, DeferredType) and not found.loaded else None

    def all(self) -> tuple[NodeType, ...]:
        """Every version of every type, by id and version."""
        found = (self._types[key] for key in sorted(self._types))
        return tuple(type_.resolve() if isinstance(type_, DeferredType) else type_ for type_ in found)

    def specs(self) -> tuple[NodeSpec, ...]:
        """The spec of every version of every type, by id and version."""
        return tuple(self._types[key].spec for key in sorted(self._types))

    def newest(self) -> tuple[NodeSpec, ...]:
        """The spec of the newest version of every type, by id."""
        return tuple(self._newest[type_id].spec for type_id in self._ids)

    def versions(self, type_id: str) -> tuple[int, ...]:
        """The versions of a type, oldest first; empty when it is unknown."""
        return tuple(sorted(version for id_, version in self._types if id_ == type_id))

    def having(self, types: Iterable[DeferredType]) -> Registry:
        """The same snapshot with these types instead of, or beside, those of the same versions."""
        other = {(type_.spec.id, type_.spec.version): type_ for type_ in types}
        return Registry({**self._types, **other}.values(), self.sources)

    def _look(self, type_id: str, version: int | None) -> NodeType | DeferredType | None:
        return self._newest.get(type_id) if version is None else self._types.get((type_id, version))
