"""Isolated: an attempt whose function runs in a child process: the job for the child, and its answer judged.

The child runs code that nobody has read, so its answer is checked like a request from outside: its form, that what it
names is in the artifact store, and no secret in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from concertmaster.data.json_value import load_json, save_json
from concertmaster.domain.errors import OperationalError
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import IsolatedCall
from concertmaster.domain.values import FileRef, JsonValue, Value, from_json
from concertmaster.engine.failures import MESSAGE_LIMIT, code_of, storable
from concertmaster.engine.isolated_job import Code, IsolatedJob, connection_json
from concertmaster.engine.job import Job, artifacts_of
from concertmaster.nodes.credentials import Connection

_Count = Annotated[int, Field(ge=0)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Text = Annotated[str, Field(max_length=4_096)]
_DETAIL_LIMIT = 8_192


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Json(_Model):
    kind: Literal["json"]
    bytes: _Count
    value: Any = None
    artifact: _Digest | None = None


class _Column(_Model):
    name: str
    type: _Text


class _Table(_Model):
    kind: Literal["table"]
    artifact: _Digest
    rows: _Count
    bytes: _Count
    columns: list[_Column]


class _File(_Model):
    kind: Literal["file"]
    name: _Text
    bytes: _Count
    path: _Text | None
    artifact: _Digest | None
    media_type: _Text


class _Failed(_Model):
    code: str
    message: str
    details: dict[str, str | int | float | bool | None]
    retryable: bool
    nothing_sent: bool


class _Answer(_Model):
    outputs: dict[str, Annotated[_Json | _Table | _File, Field(discriminator="kind")]] | None = None
    failure: _Failed | None = None


async def run_isolated(
    job: Job, config: Mapping[str, Any], opened: Mapping[str, Connection | None]
) -> Mapping[str, Value] | Failure:
    """Run the function in a child process.

    Args:
        config: rendered.
        opened: the connections that the config names.
    Raises:
        OperationalError: see `domain.interfaces.Compute.run_isolated`.
    """
    node, context, engine = job.node, job.context, job.engine
    if stored := list(artifacts_of(job.inputs)):
        await asyncio.to_thread(_fetch, job, stored)
    sent = IsolatedJob(
        code=Code.of(node.type),
        config=config,
        inputs=job.inputs,
        opened=opened,
        outlets=node.outlets,
        execution_id=context.execution_id,
        node=node.id,
        attempt=context.attempt,
        idempotency_key=context.idempotency_key,
        workspace=engine.workspace,
        data_dir=engine.data_dir,
        artifacts=engine.artifacts.root,
    )

    async def connection(name: str) -> Mapping[str, Any]:
        return connection_json(await context.connection(name))

    call = IsolatedCall(
        owner=f"{job.state.plan.workflow.name}/{sent.code.module}",
        node=node.id,
        job=sent.as_json(),
        unfinished=engine.artifacts.unfinished,
        memory_bytes=node.type.memory_bytes,
        expired=lambda: context.expired,
        on_log=context.log,
        on_progress=context.progress,
        connection=connection,
        turn=job.turn,
    )
    answer = await engine.compute.run_isolated(call)
    try:
        parsed = _Answer.model_validate(answer)
    except ValidationError as error:
        raise _refused(error.errors(include_url=False)[0]["msg"]) from error
    if parsed.failure is not None:
        return _failure(parsed.failure, node.id)
    return await asyncio.to_thread(_outputs, job, parsed)


def _fetch(job: Job, stored: list[str]) -> None:
    """Have on this disk what the child will read: it knows no other place."""
    for digest in stored:
        job.engine.artifacts.local_path(digest)


def _outputs(job: Job, answer: _Answer) -> Mapping[str, Value]:
    if answer.outputs is None:
        raise _refused("there is no result")
    found: dict[str, Value] = {}
    for name, given in answer.outputs.items():
        if name not in job.node.outlets:
            raise _refused(f"there is no outlet {name!r}")
        value = from_json(given.model_dump())
        # A child leaves it in our folder; if that is a cache, it is put where it belongs by now.
        if value.artifact is not None and not job.engine.artifacts.reuse(value.artifact):
            raise _refused(f"the artifact of {name!r} is not in the store")
        if isinstance(value, FileRef) and value.artifact is None:
            job.context.path(value.path or "")
        found[name] = _clean(job, value) if isinstance(value, JsonValue) else value
    return found


def _clean(job: Job, value: JsonValue) -> JsonValue:
    """Measured here, and without the secrets of this attempt."""
    if value.artifact is None:
        return save_json(job.context.redact(value.data), job.engine.artifacts)
    if not job.context.has_secrets:
        return JsonValue(None, value.artifact, job.engine.artifacts.size(value.artifact))
    return save_json(job.context.redact(load_json(value, job.engine.artifacts)), job.engine.artifacts)


def _failure(given: _Failed, node: str) -> Failure:
    return Failure(
        code_of(given.code),
        storable(given.message[:MESSAGE_LIMIT]),
        node=node,
        details={
            storable(key): storable(value[:_DETAIL_LIMIT]) if isinstance(value, str) else value
            for key, value in given.details.items()
        },
        retryable=given.retryable,
        nothing_sent=given.nothing_sent,
    )


def _refused(why: str) -> OperationalError:
    return OperationalError(
        "node.crashed", f"The node's process gave an answer that cannot be used ({why}); its code reached into ours"
    )
