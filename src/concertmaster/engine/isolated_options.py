"""Isolated options: a function for options of a node that runs in a process of its own is asked in one too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.domain.interfaces import IsolatedCall
from concertmaster.engine.failures import MESSAGE_LIMIT, code_of, storable
from concertmaster.engine.isolated_job import Code, IsolatedJob, connection_json
from concertmaster.engine.parts import Engine
from concertmaster.nodes.credentials import Connection
from concertmaster.nodes.node_type import NodeType
from concertmaster.nodes.options import LONGEST, MOST, Option, Scalar

_Label = Annotated[str, Field(max_length=LONGEST)]


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    items: Annotated[list[tuple[Scalar, _Label]], Field(max_length=MOST)]
    more: bool


async def isolated_options(
    engine: Engine,
    type_: NodeType,
    function: str,
    config: Mapping[str, Any],
    opened: Mapping[str, Connection],
    *,
    search: str,
) -> tuple[list[Option], bool]:
    """Ask a function in a child, which is killed when this is cancelled; see `nodes.options.listed`.

    Args:
        config: the fields that the function needs, as they stand in the document; without connections.
    Raises:
        UserError: what the function raised, or what it gave is no list of options.
        OperationalError: see `domain.interfaces.Compute.run_isolated`.
    """
    sent = IsolatedJob(
        code=Code.of(type_),
        config=config,
        inputs={},
        opened=opened,
        outlets=(),
        execution_id="",
        node=type_.spec.id,
        attempt=1,
        idempotency_key="",
        workspace=engine.workspace,
        data_dir=engine.data_dir,
        artifacts=engine.artifacts.root,
        options=(function, search),
    )

    async def connection(name: str) -> Mapping[str, Any]:
        return connection_json(await engine.connection(name))

    call = IsolatedCall(
        # Never a child that runs an attempt, or comes from one.
        owner=f"options/{sent.code.module}",
        node=type_.spec.id,
        job=sent.as_json(),
        unfinished=engine.artifacts.unfinished,
        memory_bytes=type_.memory_bytes,
        expired=lambda: True,
        on_log=lambda level, text: None,  # noqa: ARG005
        on_progress=lambda done, total: None,  # noqa: ARG005
        connection=connection,
    )
    answer = await engine.compute.run_isolated(call)
    match answer:
        case {"options": given}:
            try:
                # From JSON, where lists may be tuples.
                found = _Options.model_validate_json(orjson.dumps(given))
            except ValidationError as error:
                raise _refused(error.errors(include_url=False)[0]["msg"]) from error
            return [Option(value, storable(label)) for value, label in found.items], found.more
        case {"failure": {"code": str() as code, "message": str() as message}}:
            raise UserError(code_of(code), storable(message[:MESSAGE_LIMIT]))
        case _:
            raise _refused("there are no options")


def _refused(why: str) -> OperationalError:
    return OperationalError("node.crashed", f"The process of the options gave an answer that cannot be used ({why})")
