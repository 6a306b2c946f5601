"""One call in a child: find the function, load its inputs, call it, store its result, all as plain data in the end."""

from __future__ import annotations

import asyncio
import errno
import inspect
import resource
import traceback
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.errors import ConcertMasterError, UserError
from concertmaster.domain.execution import Failure
from concertmaster.domain.values import to_json
from concertmaster.engine.calling import keywords_of, saved, validated
from concertmaster.engine.conversion import Conversion, is_stream
from concertmaster.engine.failures import failure_of, trace_of
from concertmaster.engine.isolated_job import Code, IsolatedJob
from concertmaster.executors.child_context import ChildContext
from concertmaster.executors.ending import REMEDY
from concertmaster.nodes import code_store
from concertmaster.nodes.code_store import CodeStore
from concertmaster.nodes.installed import import_installed
from concertmaster.nodes.module_files import import_module, package_name
from concertmaster.nodes.node_type import NodeType, node_type_of
from concertmaster.nodes.options import listed

LONGEST_TEXT = 64 * 2**20


@dataclass(frozen=True, slots=True)
class CallPlace:
    """What a call has beside its job.

    Attributes:
        store: folder for artifacts that are not finished; it goes with the child, however that ends.
    """

    context: ChildContext
    store: Path
    memory_bytes: int


def answer_of(place: CallPlace) -> Mapping[str, Any]:
    """Run the job of a context and give the answer: `{"outputs": {outlet: value}}`, `{"options": {...}}` or
    `{"failure": {...}}`."""
    context = place.context
    try:
        if context.job.options is not None:
            return {"options": _options(context.job, context.job.options, context)}
        return {"outputs": _outputs(context.job, place)}
    except BaseException as error:
        failure = _failure(error, context.node, place.memory_bytes)
        if failure.code == "node.raised":
            context.logger.error("%s", trace_of(error))
        return {"failure": _as_answer(failure)}


def _outputs(job: IsolatedJob, place: CallPlace) -> dict[str, Any]:
    type_ = _loaded(job.code, job.data_dir)
    store = ArtifactStore(job.artifacts, unfinished=place.store)
    conversion = Conversion(store, job.workspace, place.context.folder, place.context.cancelled)
    model = validated(type_, job.config, node=job.node)
    keywords = keywords_of(type_, model, job.inputs, conversion, context=place.context, opened=job.opened)
    result = type_.function(**keywords)
    if inspect.isawaitable(result) or is_stream(result):
        return asyncio.run(_awaited(type_, result, job, place, conversion))
    return _stored(type_, result, job, place, conversion)


def _options(job: IsolatedJob, asked: tuple[str, str], context: ChildContext) -> dict[str, Any]:
    """What a function for options gives: `{"items": [[value, label]], "more": bool}`."""
    type_ = _loaded(job.code, job.data_dir)
    source = type_.options[asked[0]]
    given = {name: type_.checked(name, value) for name, value in job.config.items()}
    given |= {name: connection for name, connection in job.opened.items() if connection is not None}
    call, search = source.bound(given, asked[1], context)
    result = call()
    if inspect.isawaitable(result):
        result = asyncio.run(_result(result))
    found, more = listed(result, search)
    return {"items": [[one.value, one.label] for one in found], "more": more}


async def _result(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def _awaited(
    type_: NodeType, result: Any, job: IsolatedJob, place: CallPlace, conversion: Conversion
) -> dict[str, Any]:
    """The same for what an `async def` gave; what it streams needs the loop it is made on."""
    if not is_stream(result):
        result = await result
    if is_stream(result):
        return {job.outlets[0]: to_json(await conversion.gather(result))}
    return _stored(type_, result, job, place, conversion)


def _stored(type_: NodeType, result: Any, job: IsolatedJob, place: CallPlace, conversion: Conversion) -> dict[str, Any]:
    _refuse_long_text(result)
    redact = place.context.redact if place.context.has_secrets else None
    return {
        name: to_json(saved(type_, name, value, conversion, redact=redact))
        for name, value in type_.split(result, outlets=job.outlets).items()
    }


def _refuse_long_text(result: Any) -> None:
    """Raise for a text that the JSON encoder reserves more memory for than this process may have: it asks for 16 times
    the length at once, and ends the process with a segmentation fault where it does not get that."""
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < LONGEST_TEXT:
        # It cannot have held one.
        return
    waiting, seen = [result], set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise UserError(
                "node.output_too_large",
                f"The result has a text of {len(value) / 2**20:,.0f} MiB, and {LONGEST_TEXT // 2**20} MiB is the limit "
                "in a process of its own; write it to a file and return File(path)",
                size_bytes=len(value),
            )
        if id(value) in seen:
            continue
        if isinstance(value, dict):
            waiting.extend(cast("dict[Any, Any]", value).values())
        elif isinstance(value, list | tuple):
            waiting.extend(cast("Sequence[Any]", value))
        else:
            continue
        seen.add(id(cast("object", value)))


def _loaded(code: Code, data_dir: Path) -> NodeType:
    """The node type, its module imported as the server did it."""
    module = _stored_module(code, data_dir) if code.stored else import_installed(code.module)
    function: Any = module
    for name in code.function.split("."):
        function = getattr(function, name, None)
    type_ = node_type_of(function)
    if type_ is None:
        raise UserError(
            "node.code_changed",
            f"{code.function} in {module.__file__} is no node type (any more); an installed package that was changed "
            "needs a restart of the server",
        )
    return type_


def _stored_module(code: Code, data_dir: Path) -> ModuleType:
    """A module of a workspace, from the text that the server has: the file may have changed since."""
    files = CodeStore(data_dir / code_store.FOLDER).get(code.source_hash)
    if files is None:
        raise UserError(
            "node.code_missing",
            f"The code of {code.module} is not in {data_dir / code_store.FOLDER} (any more); save its file once more",
        )
    return import_module(package_name(code.source_hash, files.folder), code.module, files)


def _failure(error: BaseException, node: str, memory_bytes: int) -> Failure:
    if _is_out_of_memory(error):
        text = str(error).partition("\n")[0][:200]
        said = f"{type(error).__name__}: {text}" if text else type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
        return Failure(
            "node.out_of_memory",
            f"Node {node!r} asked for more memory than it may use ({memory_bytes // 2**20:,} MiB): {said}{place}; "
            + REMEDY,
            node=node,
            details={"limit_bytes": memory_bytes},
        )
    if isinstance(error, Exception):
        return failure_of(error, node=node)
    # Said as it is: SystemExit(3), KeyboardInterrupt(), a panic of Rust code.
    return failure_of(RuntimeError(f"the node raised {error!r}").with_traceback(error.__traceback__), node=node)


def _is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an exception, or what caused it, says that memory is used up; libraries have classes of their own."""
    seen = 0
    while error is not None and seen < 10:
        name = type(error).__name__
        if isinstance(error, MemoryError) or "OutOfMemory" in name:
            return True
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            return True
        if isinstance(error, ConcertMasterError):
            return False
        error, seen = error.__cause__, seen + 1
    return False


def _as_answer(failure: Failure) -> dict[str, Any]:
    return {
        "code": failure.code,
        "message": failure.message,
        "details": dict(failure.details),
        "retryable": failure.retryable,
        "nothing_sent": failure.nothing_sent,
    }
