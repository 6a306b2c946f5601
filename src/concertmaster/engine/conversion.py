"""Conversion between values and what node functions take and return, for one attempt.

Trap: `data.convert` brings polars, pyarrow and duckdb (some 100 MB and half a second), so it is loaded when the
first table or file passes, never at start: a server that only moves JSON stays small.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.json_value import load_json, save_json
from concertmaster.data.kinds import Kind
from concertmaster.domain.ports import PortType
from concertmaster.domain.values import JsonValue, PlannedTable, Stored, Value

_PLAIN = (dict, list, str, int, float, bool, type(None))


def is_stream(result: object) -> bool:
    """Whether a node returned an async generator of tables."""
    return inspect.isasyncgen(result)


@dataclass(frozen=True, slots=True)
class Conversion:
    """Everything here blocks, but loading inline JSON.

    Attributes:
        scratch: the attempt's scratch folder if it has one; files in it move into the store when returned.
        cancelled: whether the attempt should end.
    """

    artifacts: ArtifactStore
    workspace: Path
    scratch: Path | None
    cancelled: Callable[[], bool]

    def load(self, value: Value, kind: Kind) -> Any:
        """A value in the form that a parameter of that kind wants; a planned table is stored before, see `Job`."""
        assert not isinstance(value, PlannedTable)
        if isinstance(value, JsonValue) and kind in ("json", "handle"):
            return load_json(value, self.artifacts)
        return _convert().load(value, kind, self.artifacts, self.workspace)

    def save(self, result: Any, want: PortType, *, redact: Callable[[Any], Any] | None) -> Stored:
        """A result as a value; JSON passes through `redact`, once as it is and once as what it became.

        The second time finds what hides in objects: a dataclass, a model, the connection itself.
        """
        if inspect.isgenerator(result):
            result = _while_wanted(cast("Generator[Any, Any, Any]", result), self.cancelled)
        plain = redact(result) if redact is not None and isinstance(result, str | dict | list) else result
        if type(plain) in _PLAIN and want.kind not in ("table", "file"):
            saved: Stored = save_json(plain, self.artifacts)
        else:
            saved = _convert().save(plain, self.artifacts, workspace=self.workspace, scratch=self.scratch, want=want)
        if redact is None or not isinstance(saved, JsonValue):
            return saved
        data = load_json(saved, self.artifacts)
        clean = redact(data)
        return saved if clean == data else save_json(clean, self.artifacts)

    async def gather(self, results: AsyncIterable[Any]) -> Stored:
        """Write the tables of an async generator into one."""
        return await _convert().save_stream(results, self.artifacts)


def _while_wanted(pieces: Generator[Any, Any, Any], cancelled: Callable[[], bool]) -> Iterator[Any]:
    """The pieces until the attempt is told to end: one that never ends would go on filling the disk."""
    with closing(pieces):
        for piece in pieces:
            if cancelled():
                # Nobody hears of it: the attempt has ended for everybody else.
                raise RuntimeError("the attempt was told to end")
            yield piece


def _convert() -> Any:
    return import_module("concertmaster.data.convert")
