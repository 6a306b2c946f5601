"""Readings: the tables that sources gave, which they would give again while nobody changes the files they read.

The table of a source is told by its config and by the files that it asks its context for: recipes of planned tables
hold no more. So a file that is as it was is not read again. What is known of that is in the memory of this process;
after a start each file is read anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.sources import Fingerprint, settled
from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.recent import Recent
from concertmaster.domain.values import TableRef, Value
from concertmaster.nodes.context import Context
from concertmaster.nodes.node_type import NodeType

_REMEMBERED = 1_000
# Of these nothing would be heard if the source was not called.
_HEARD = frozenset({"logger", "log", "progress"})


@dataclass(frozen=True, slots=True)
class _Former:
    files: Mapping[str, Fingerprint]
    table: TableRef | None


class Readings:
    """Remembers those of late. Safe for use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Recent[bytes, _Former] = Recent(_REMEMBERED)

    def get(self, key: bytes) -> _Former | None:
        """The last one under that key."""
        with self._lock:
            return self._known.get(key)

    def put(self, key: bytes, former: _Former) -> None:
        """Remember one."""
        with self._lock:
            self._known.put(key, former)


class Reading:
    """A call of a source; all of it blocks.

    Attributes:
        context: for the call; it tells which files are asked for.
    """

    def __init__(
        self,
        readings: Readings,
        type_: NodeType,
        config: Mapping[str, Any],
        context: Context,
        on_path: Callable[[str, Path], None] | None = None,
    ) -> None:
        """Args:
        config: rendered.
        on_path: called with each file that is asked for, by its name and where it is, before it is read.
        """
        self.context = _Watched(context, on_path)
        self._inner = context
        self._readings = readings
        self._key = _key_of(type_, config)

    def known(self, artifacts: ArtifactStore) -> TableRef | None:
        """What it would give, if that is stored: it is young then."""
        former = self._former()
        if former is None or former.table is None:
            return None
        try:
            same = all(settled(self._inner.path(name)) == mark for name, mark in former.files.items())
        except (ConcertMasterError, OSError):
            return None  # It has its own words for what is wrong.
        return former.table if same and artifacts.reuse(former.table.artifact) else None

    def again(self) -> bool:
        """Whether it was called before on the very files that it has asked for by now."""
        former = self._former()
        return former is not None and former.files == self.context.files

    def keep(self, table: Value | None) -> None:
        """Remember what it gave, None where that is not stored; not if somebody has changed a file meanwhile."""
        asked = self.context.asked
        files = {name: mark for name, (path, mark) in asked.items() if mark is not None and settled(path) == mark}
        same = asked and len(files) == len(asked) and not self.context.heard
        if self._key is not None and same and (table is None or isinstance(table, TableRef)):
            self._readings.put(self._key, _Former(files, table))

    def _former(self) -> _Former | None:
        return None if self._key is None else self._readings.get(self._key)


class _Watched:
    """A context that tells which files of the workspace are asked for.

    Attributes:
        asked: name to where it is, and what shows whether it changes; None where nothing does.
        heard: it was used for more than to read.
    """

    def __init__(self, context: Context, on_path: Callable[[str, Path], None] | None) -> None:
        self.asked: dict[str, tuple[Path, Fingerprint | None]] = {}
        self.heard = False
        self._context = context
        self._on_path = on_path

    @property
    def files(self) -> Mapping[str, Fingerprint | None]:
        """What shows whether the files change."""
        return {name: mark for name, (_, mark) in self.asked.items()}

    def __getattr__(self, name: str) -> Any:
        self.heard = self.heard or name in _HEARD
        return getattr(self._context, name)

    def path(self, relative: str | Path, *, write: bool = False) -> Path:
        found = self._context.path(relative, write=write)
        self.heard = self.heard or write
        # The first time is before anything of it was read.
        self.asked.setdefault(str(relative), (found, settled(found)))
        if self._on_path is not None:
            self._on_path(str(relative), found)
        return found


def is_source(type_: NodeType) -> bool:
    """Whether its table is told by config and files, where nothing is wired in."""
    lazy = type_.lazy
    return lazy is not None and lazy.family is None and type_.call == "thread" and not type_.connections


def _key_of(type_: NodeType, config: Mapping[str, Any]) -> bytes | None:
    spec = type_.spec
    try:
        return orjson.dumps([spec.id, spec.version, spec.source_hash, config], option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return None
