"""Run one attempt: render the config, load the inputs, call the function, store what it returns.

The only place where errors of node code are caught. Blocking work (loading tables, the function itself, storing
its result) happens where the node type says; the loop only ever handles small JSON.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from concertmaster.data.json_value import is_small, save_json
from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import Abandoned
from concertmaster.domain.redaction import Redactor
from concertmaster.domain.values import NULL, FileRef, JsonValue, TableRef, Value
from concertmaster.engine.awaiting import prepared
from concertmaster.engine.calling import Inputs, keywords_of, saved, validated
from concertmaster.engine.context import NodeContext
from concertmaster.engine.conversion import Conversion, is_stream
from concertmaster.engine.damage import told_as_damage
from concertmaster.engine.failures import failure_of, trace_of
from concertmaster.engine.isolated import run_isolated
from concertmaster.engine.job import Job, artifacts_of
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.readings import Reading, is_source
from concertmaster.engine.resources import resources_of
from concertmaster.engine.reuse import Computed, Reused, find, key_of
from concertmaster.engine.scope import scope_of
from concertmaster.nodes.flow import Await, Wait

# Above that what an attempt stored at its beginning is looked after at its end.
LONG_SECONDS = 600.0
_OUTLET = "out"

Outcome = Mapping[str, Value] | Computed | Reused | Wait | Await | Failure
Gate = Callable[[list[str]], Awaitable[None]]


async def run_attempt(job: Job, *, gate: Gate | None = None) -> Outcome:
    """Run it to its end.

    Args:
        gate: awaited with the resources that the attempt will use, before anything outside is touched.
    Returns:
        The value of each taken outlet, a wait, or the failure; cancelled attempts fail with `node.cancelled`.
    """
    node, context, began = job.node, job.context, time.monotonic()
    try:
        await job.store_inputs()
        config, model = await _configured(job)
        key = key_of(job, config)
        if key is not None and (found := await find(job, key)) is not None:
            return found
        with job.engine.artifacts.holding(artifacts_of(job.inputs)):
            outcome = await _outputs(job, gate, config, model)
        if isinstance(outcome, Failure):
            return _redacted(context, await told_as_damage(outcome, job.inputs.values(), job.engine.artifacts))
        if isinstance(outcome, Wait | Await):
            return outcome
        outputs = await _without_secrets(job, outcome)
        if time.monotonic() - began > LONG_SECONDS:
            await asyncio.to_thread(_keep_young, job, outputs)
        return outputs if key is None else Computed(outputs, key)
    except Abandoned:
        return _timed_out(job, abandoned=True) if context.expired else _cancelled(job)
    except asyncio.CancelledError:
        return _timed_out(job, abandoned=False) if context.expired else _cancelled(job)
    except Exception as error:
        found = failure_of(error, node=node.id)
        failure = await told_as_damage(found, job.inputs.values(), job.engine.artifacts)
        if failure.code == "node.raised":
            context.logger.error("%s", trace_of(error))
        return _redacted(context, failure)
    finally:
        context.close()


def timeout_of(engine: Engine, node: PlanNode) -> timedelta:
    """How long an attempt may take."""
    return node.policy.timeout or engine.settings.node_timeout


def speaks_well(outcome: Outcome | None) -> bool | None:
    """Whether the other side answered, None when the outcome says nothing about it."""
    if outcome is None:
        return None
    if not isinstance(outcome, Failure):
        return True
    says_nothing = not outcome.retryable or outcome.code in ("node.raised", "node.cancelled", "breaker.open")
    return None if says_nothing else False


async def _configured(job: Job) -> tuple[dict[str, Any], BaseModel]:
    """The rendered config, as JSON and as the function gets it."""
    node = job.node
    main = job.inputs.get("in", NULL)
    seen = main[0] if isinstance(main, list) else main
    config = node.config.render(await scope_of(job.engine, job.state, node.config.references, seen, node.item))
    return config, validated(node.type, config, node=node.id)


async def _outputs(
    job: Job, gate: Gate | None, config: dict[str, Any], model: BaseModel
) -> Mapping[str, Value] | Wait | Await | Failure:
    node, context = job.node, job.context
    if gate is not None:
        await gate(resources_of(node.type, model))
    opened = {name: await _opened(context, model, node, name) for name in node.type.connections}
    if node.type.isolated(model):
        return await run_isolated(job, config, opened)
    if node.type.call == "thread":
        return await job.engine.compute.run(
            partial(_call_blocking, job, config, model, opened),
            where="thread",
            stop=context.stop,
            alone=_alone(job),
            turn=job.turn,
        )
    keywords = await _off_loop(job.inputs, partial(_keywords, job, model, opened, context))
    result = await job.engine.compute.run(
        partial(node.type.function, **keywords), where=node.type.call, stop=context.stop
    )
    if isinstance(result, Await):
        return await prepared(job, result)
    return result if isinstance(result, Wait) else await _stored(job, result)


def _call_blocking(
    job: Job, config: Mapping[str, Any], model: BaseModel, opened: Mapping[str, Any]
) -> Mapping[str, Value]:
    """Load, call and store, all in one thread; what a source gave before of the same files is there already."""
    engine, type_ = job.engine, job.node.type
    if job.inputs or not is_source(type_):
        return _called(job, model, opened, job.context)
    reading = Reading(engine.readings, type_, config, job.context)
    if not job.state.fresh and (known := reading.known(engine.artifacts)) is not None:
        return {_OUTLET: known}
    outputs = _called(job, model, opened, reading.context)
    reading.keep(outputs.get(_OUTLET))
    return outputs


def _called(job: Job, model: BaseModel, opened: Mapping[str, Any], context: object) -> Mapping[str, Value]:
    result = job.node.type.function(**_keywords(job, model, opened, context))
    return {name: _save(job, name, value) for name, value in _split(job, result).items()}


def _split(job: Job, result: Any) -> Mapping[str, Any]:
    return job.node.type.split(result, outlets=job.node.outlets)


def _keywords(job: Job, model: BaseModel, opened: Mapping[str, Any], context: object) -> dict[str, Any]:
    return keywords_of(job.node.type, model, job.inputs, _conversion(job), context=context, opened=opened)


async def _stored(job: Job, result: Any) -> Mapping[str, Value]:
    """Store what an async node returned; plain numbers and the like, and what is small, never leave the loop."""
    outputs: dict[str, Value] = {}
    for name, value in _split(job, result).items():
        if value is None or isinstance(value, bool | int | float):
            outputs[name] = save_json(value, job.engine.artifacts)
        elif is_stream(value):
            outputs[name] = await _conversion(job).gather(value)
        elif (
            isinstance(value, str | dict | list)
            and not job.context.has_secrets
            and job.node.spec.outlets[0].type.kind in ("json", "any")
            and is_small(value)
        ):
            outputs[name] = save_json(value, job.engine.artifacts)
        else:
            outputs[name] = await asyncio.to_thread(_save, job, name, value)
    return outputs


def _save(job: Job, outlet: str, value: Any) -> Value:
    redact = job.context.redact if job.context.has_secrets else None
    return saved(job.node.type, outlet, value, _conversion(job), redact=redact)


async def _without_secrets(job: Job, outputs: Mapping[str, Value]) -> Mapping[str, Value]:
    """The outputs with no secret in the cells of a table; JSON was looked at when it was stored.

    Raises:
        UserError: `file.named_by_secret`.
    """
    redactor = job.context.redactor
    if redactor is not None:
        for outlet, value in outputs.items():
            if isinstance(value, FileRef):
                _refuse_secret_name(outlet, value, redactor)
    if redactor is None or not any(isinstance(value, TableRef) for value in outputs.values()):
        return outputs
    mask = import_module("concertmaster.data.masking").mask_table
    return {
        name: await asyncio.to_thread(mask, value, job.engine.artifacts, redactor)
        if isinstance(value, TableRef)
        else value
        for name, value in outputs.items()
    }


def _refuse_secret_name(outlet: str, file: FileRef, redactor: Redactor) -> None:
    """Events tell where a file is, and a masked path would be that of no file."""
    if any(form in name for form in redactor.long_forms for name in (file.name, file.path or "")):
        raise UserError(
            "file.named_by_secret",
            f"The file at the outlet '{outlet}' has the value of a connection in its name or path, which everybody who "
            "may look at the run would see; name it otherwise",
        )


def _keep_young(job: Job, outputs: Mapping[str, Value]) -> None:
    """What was stored long ago, and no event has named yet, might be taken for left behind."""
    for outlet, value in outputs.items():
        if value.artifact is not None and not job.engine.artifacts.reuse(value.artifact):
            message = f"What node {job.node.id!r} stored for its outlet '{outlet}' has gone meanwhile; it is made anew"
            raise OperationalError("artifacts.lost", message, retryable=True)


def _conversion(job: Job) -> Conversion:
    context = job.context
    return Conversion(job.engine.artifacts, job.engine.workspace, context.made_scratch, context.cancelled)


async def _off_loop(inputs: Inputs, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run `work` on the loop when all inputs are inline, else in a thread."""
    inline = not any(_is_stored(value) for value in inputs.values())
    return work() if inline else await asyncio.to_thread(work)


def _is_stored(value: Value | list[Value]) -> bool:
    if isinstance(value, list):
        return any(_is_stored(item) for item in value)
    return not isinstance(value, JsonValue) or value.artifact is not None


async def _opened(context: NodeContext, model: BaseModel, node: PlanNode, name: str) -> Any:
    reference = getattr(model, node.type.fields[name])
    return None if reference is None else await context.connection(reference)


def _alone(job: Job) -> str | None:
    """A write does not run beside an abandoned thread of its former attempt, which may still be writing."""
    return f"{job.context.execution_id}/{job.node.id}" if job.node.effect == "write" else None


def _timed_out(job: Job, *, abandoned: bool) -> Failure:
    timeout, alone = timeout_of(job.engine, job.node), _alone(job)
    message = f"Node {job.node.id!r} did not end within {timeout.total_seconds():g} s"
    if abandoned:
        message += "; its thread did not stop when told to and was left behind (check context.cancelled() in loops)"
    elif alone is not None and job.engine.compute.left_behind(alone):
        message += (
            "; it waited for the thread of an earlier attempt, which was left behind and may still be writing (check "
            "context.cancelled() in loops, or let the node run with isolation='process')"
        )
    return Failure("node.timeout", message, node=job.node.id, retryable=True)


def _cancelled(job: Job) -> Failure:
    return Failure("node.cancelled", f"Node {job.node.id!r} was cancelled", node=job.node.id)


def _redacted(context: NodeContext, failure: Failure) -> Failure:
    return Failure(
        context.redact(failure.code),
        context.redact(failure.message),
        node=failure.node,
        details=context.redact(dict(failure.details)),
        retryable=failure.retryable,
        nothing_sent=failure.nothing_sent,
    )
