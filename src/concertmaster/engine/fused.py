"""Fused: the nodes of a group computed as one, in one thread: the tail's table is stored, the others become plans.

Whatever goes wrong, the group is not told of it: its nodes then run one by one, and each has its own errors.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from concertmaster.data.table import ParquetFile
from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.interfaces import Turn
from concertmaster.domain.values import (
    NULL,
    Column,
    Pin,
    PlannedTable,
    Recipe,
    Step,
    Stored,
    TableRef,
    Value,
    artifacts_named,
)
from concertmaster.engine.attempt import LONG_SECONDS
from concertmaster.engine.calling import keywords_of, saved, validated
from concertmaster.engine.context import NodeContext
from concertmaster.engine.conversion import Conversion
from concertmaster.engine.job import Attempt
from concertmaster.engine.parts import Engine
from concertmaster.engine.plain_config import plain_config
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.readings import Reading
from concertmaster.engine.scope import scope_of
from concertmaster.engine.state import ExecutionState
from concertmaster.nodes.lazy import Member, NotTogetherError

_OUTLET = "out"


class NotThisTimeError(Exception):
    """With these configs and inputs they have to run one by one, or take hardly longer when they do."""


@dataclass(frozen=True, slots=True)
class Fused:
    """How a group ended.

    Attributes:
        attempts: of the nodes that it began with.
        members: in the order in which they end.
        outputs: of each of them, on its only outlet.
    """

    attempts: Sequence[Attempt]
    members: Sequence[PlanNode]
    outputs: Mapping[str, Value]


@dataclass(slots=True)
class _Part:
    """A member about to be computed.

    Attributes:
        rendered: its config, not checked.
        inputs: port to values, or places of members.
        files: of the workspace that it asked for, with their digests.
        frame: what it is read into, for a source whose table is not stored.
        value: its table, where that is stored.
        fresh: what was read before does not count.
    """

    planned: PlanNode
    context: NodeContext
    rendered: Mapping[str, Any]
    config: BaseModel
    inputs: dict[str, list[Stored | int]]
    fresh: bool
    files: dict[str, Pin] = field(default_factory=lambda: {})
    frame: Any = None
    value: Stored | None = None


async def run_fused(
    engine: Engine,
    state: ExecutionState,
    members: Sequence[PlanNode],
    context_of: Callable[[PlanNode], NodeContext],
    turn: Turn,
) -> Mapping[str, Value]:
    """Compute them; the output of each.

    Raises:
        NotTogetherError: they would not give for certain what they give one by one.
        NotThisTimeError: other configs and inputs are needed.
        Exception: what any of them raises.
    """
    contexts: list[NodeContext] = []
    try:
        parts: list[_Part] = []
        for planned in members:
            contexts.append(context_of(planned))
            parts.append(await _part(engine, state, planned, contexts[-1], {n.id: i for i, n in enumerate(members)}))

        def stop() -> None:
            for context in contexts:
                context.stop()

        if await asyncio.to_thread(_size, parts) < engine.settings.fuse_above:
            raise NotThisTimeError("little to gain")
        artifacts = {digest for part in parts for value in _values(part) for digest, _ in artifacts_named(value)}
        with engine.artifacts.holding(artifacts):
            return await engine.compute.run(partial(_compute, engine, parts), where="thread", stop=stop, turn=turn)
    finally:
        for context in contexts:
            context.close()


async def _part(
    engine: Engine, state: ExecutionState, planned: PlanNode, context: NodeContext, places: Mapping[str, int]
) -> _Part:
    inputs: dict[str, list[Stored | int]] = {}
    for index in planned.incoming:
        edge = state.plan.edges[index]
        argument = planned.type.argument(edge.port)
        if edge.source in places:
            given: Value | int = places[edge.source]
        else:
            given = state.nodes[edge.source].outputs[edge.outlet]
            if not isinstance(given, TableRef):
                raise NotThisTimeError("an input that is no stored table")
        if argument is not None and (argument.many or edge.port not in inputs):
            inputs.setdefault(edge.port, []).append(given)
    main = inputs.get("in", [NULL])[0]
    seen = NULL if isinstance(main, int) else main
    rendered = planned.config.render(await scope_of(engine, state, planned.config.references, seen))
    config = validated(planned.type, rendered, node=planned.id)
    if planned.type.isolated(config):
        raise NotThisTimeError("a node that runs in a process of its own")
    return _Part(planned, context, rendered, config, inputs, state.fresh)


def _size(parts: Sequence[_Part]) -> int:
    """How many bytes come from outside; blocks."""
    size = sum(value.size_bytes for part in parts for value in _values(part))
    for part in parts:
        lazy = part.planned.type.lazy
        try:
            size += lazy.size(part.config, part.context) if lazy is not None and lazy.size is not None else 0
        except (ConcertMasterError, OSError):
            return 0  # The node that reads it has a better place to say what is wrong.
    return size


def _values(part: _Part) -> list[Stored]:
    return [one for ones in part.inputs.values() for one in ones if not isinstance(one, int)]


def _compute(engine: Engine, parts: Sequence[_Part]) -> Mapping[str, Value]:
    """In a thread."""
    began = time.monotonic()
    for part in parts:
        if part.planned.type.lazy is not None and part.planned.type.lazy.family is None:
            _read(engine, part)
    rest = [place for place, part in enumerate(parts) if part.frame is None and part.value is None]
    family = parts[-1].planned.type.lazy and parts[-1].planned.type.lazy.family
    assert family is not None
    together = family.compute([_member(engine, parts, parts[place], rest) for place in rest])
    tail = parts[-1]
    conversion = Conversion(engine.artifacts, engine.workspace, tail.context.made_scratch, tail.context.cancelled)
    tail.value = saved(tail.planned.type, _OUTLET, together.result, conversion, redact=None)
    for part in parts:
        for pin in part.files.values():
            if engine.artifacts.sources.digest(part.context.path(pin.path)) != pin.sha256:
                raise NotTogetherError(f"{pin.path} has changed meanwhile")
    _keep_young(engine, tail.value, began)
    columns: dict[int, Sequence[Column]] = dict(zip(rest[:-1], together.columns, strict=True))
    outputs: dict[str, Value] = {}
    for place, part in enumerate(parts):
        if part.value is not None:
            outputs[part.planned.id] = part.value
        else:
            known = _columns_of(part.frame) if part.frame is not None else columns[place]
            outputs[part.planned.id] = PlannedTable(tuple(known), _recipe(parts, place))
    return outputs


def _read(engine: Engine, part: _Part) -> None:
    """Call a source: what it has in memory is handed on, anything else is stored as always.

    So is what it had in memory before of the same files: those that are read time and again are parsed no more than
    twice, and those that are new each time never stored.
    """
    type_ = part.planned.type
    reading = Reading(
        engine.readings,
        type_,
        part.rendered,
        part.context,
        lambda name, path: part.files.update({name: _pin(engine, name, path)}),
    )
    if not part.fresh and (known := reading.known(engine.artifacts)) is not None:
        part.value = known
        return
    conversion = Conversion(engine.artifacts, engine.workspace, None, part.context.cancelled)
    result = type_.function(**keywords_of(type_, part.config, {}, conversion, context=reading.context, opened={}))
    if not isinstance(result, ParquetFile) and _frames().in_memory(result) and not reading.again():
        part.frame = result
    else:
        conversion = replace(conversion, scratch=part.context.made_scratch)
        part.value = saved(type_, _OUTLET, result, conversion, redact=None)
        part.files.clear()
    reading.keep(part.value)


def _pin(engine: Engine, relative: str, path: Path) -> Pin:
    return Pin(relative, path.stat().st_size, engine.artifacts.sources.digest(path))


def _member(engine: Engine, parts: Sequence[_Part], part: _Part, rest: Sequence[int]) -> Member:
    conversion = Conversion(engine.artifacts, engine.workspace, None, part.context.cancelled)

    def given(one: Stored | int) -> Any:
        if not isinstance(one, int):
            return conversion.load(one, "table")
        source = parts[one]
        if source.value is not None:
            return conversion.load(source.value, "table")
        return rest.index(one) if source.frame is None else source.frame

    inputs = {port: [given(one) for one in ones] for port, ones in part.inputs.items()}
    return Member(part.planned.type, part.config, inputs, part.context)


def _columns_of(frame: Any) -> tuple[Column, ...]:
    return tuple(Column(name, _frames().type_word(dtype)) for name, dtype in frame.collect_schema().items())


def _frames() -> Any:
    # Brings Polars, which a server without tables never needs.
    return import_module("concertmaster.data.parquet")


def _recipe(parts: Sequence[_Part], place: int) -> Recipe:
    """How the table of a member is made."""
    wanted = [place]
    for one in wanted:
        inputs = parts[one].inputs.values()
        wanted.extend(i for ones in inputs for i in ones if isinstance(i, int) and parts[i].value is None)
    places = sorted(set(wanted))
    pins = tuple(pin for one in places for pin in parts[one].files.values())
    return Recipe(tuple(_step(parts, parts[one], places) for one in places), pins)


def _step(parts: Sequence[_Part], part: _Part, places: Sequence[int]) -> Step:
    spec = part.planned.spec

    def told(one: Stored | int) -> Stored | int:
        if not isinstance(one, int):
            return one
        value = parts[one].value
        return places.index(one) if value is None else value

    inputs = {port: tuple(told(one) for one in ones) for port, ones in part.inputs.items()}
    return Step(f"{spec.id}@{spec.version}", spec.source_hash, plain_config(dict(part.rendered)), inputs)


def _keep_young(engine: Engine, value: Value, began: float) -> None:
    """What was stored long ago, and no event has named yet, might be taken for left behind."""
    if time.monotonic() - began < LONG_SECONDS or value.artifact is None:
        return
    if not engine.artifacts.reuse(value.artifact):
        raise NotTogetherError("what was stored has gone meanwhile")
