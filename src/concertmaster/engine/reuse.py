"""Reuse: results of nodes that only compute, kept for later executions.

A result depends on the node type and its code, the rendered config, and the inputs; tables and files count by the
digest of their bytes. What a key cannot be made of is computed each time.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from concertmaster.domain.interfaces import KeptResult
from concertmaster.domain.values import FileRef, Value, from_json, to_json
from concertmaster.engine.job import Job
from concertmaster.engine.state import ExecutionState, visible_id

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


@dataclass(frozen=True, slots=True)
class Computed:
    """The outputs of a node, to be kept under a key."""

    outputs: Mapping[str, Value]
    key: str


@dataclass(frozen=True, slots=True)
class Reused:
    """The outputs of a node that another one has computed.

    Attributes:
        origin: its `execution` and `node`.
    """

    outputs: Mapping[str, Value]
    origin: Mapping[str, str]


def key_of(job: Job, config: Mapping[str, Any]) -> str | None:
    """The digest of all that the result of an attempt depends on; None when its results are not kept."""
    if not job.node.cached:
        return None
    inputs = {port: given if isinstance(given, list) else [given] for port, given in job.inputs.items()}
    # A file of the workspace may be another one under the same name.
    if any(isinstance(value, FileRef) and value.artifact is None for given in inputs.values() for value in given):
        return None
    told = {port: [_told(value) for value in given] for port, given in inputs.items()}
    spec = job.node.spec
    code = spec.source_hash or _code_of(job.node.type.function)
    try:
        text = orjson.dumps([spec.id, spec.version, code, config, told, job.node.outlets], option=_OPTIONS)
    except TypeError:
        return None
    return hashlib.sha256(text).hexdigest()


def _told(value: Value) -> Any:
    # The name of an artifact stands for its bytes, and a table is nothing more; of a file a node may ask the name.
    whole = value.artifact is None or isinstance(value, FileRef)
    return to_json(value) if whole else [type(value).__name__, value.artifact]


@lru_cache(maxsize=4096)
def _code_of(function: Callable[..., Any]) -> str:
    """What tells one release of a node's code from another."""
    module = function.__module__
    if module.startswith("concertmaster."):
        return version("concertmaster")
    file = inspect.getsourcefile(inspect.unwrap(function))
    return "" if file is None else hashlib.sha256(Path(file).read_bytes()).hexdigest()


async def find(job: Job, key: str) -> Reused | None:
    """The result of an earlier execution, if all of it is still there."""
    if job.state.fresh:
        return None
    kept = await job.engine.results.get(key)
    if kept is None:
        return None
    outputs = {outlet: from_json(value) for outlet, value in kept.outputs.items()}
    for value in outputs.values():
        # Nobody removes it from now on: it counts as made anew.
        if value.artifact is not None and not await asyncio.to_thread(job.engine.artifacts.reuse, value.artifact):
            return None
    return Reused(outputs, {"execution": kept.execution, "node": kept.node})


def kept_of(state: ExecutionState, node: str, computed: Computed) -> KeptResult:
    """What comes with the event."""
    outputs = {outlet: to_json(value) for outlet, value in computed.outputs.items()}
    return KeptResult(computed.key, visible_id(state), node, outputs)
