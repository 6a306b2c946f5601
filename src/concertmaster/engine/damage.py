"""A failure that a damaged table is behind, told as that: what reads it says little, and shows where it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from importlib import import_module

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.errors import UserError
from concertmaster.domain.execution import Failure
from concertmaster.domain.values import TableRef, Value
from concertmaster.engine.failures import RAISED, failure_of

# What polars, pyarrow and DuckDB raise for it; they raise the same for much else.
_TYPES = frozenset({"ArrowException", "ArrowInvalid", "ComputeError", "Error", "IOException", "OSError"})
_CODES = frozenset({"sql.failed", "sql.io"})


async def told_as_damage(failure: Failure, inputs: Iterable[Value | list[Value]], store: ArtifactStore) -> Failure:
    """The failure, or `table.damaged` where it may come from an input that cannot be read to its end; reads those."""
    suspicious = failure.code in _CODES or (failure.code == RAISED and failure.details.get("type") in _TYPES)
    values = [one for value in inputs for one in (value if isinstance(value, list) else [value])]
    tables = [value for value in values if isinstance(value, TableRef)]
    if not suspicious or not tables:
        return failure
    check = import_module("concertmaster.data.parquet").refuse_damaged
    try:
        for table in tables:
            await asyncio.to_thread(check, store.local_path(table.artifact))
    except UserError as error:
        return failure_of(error, node=failure.node or "")
    return failure
