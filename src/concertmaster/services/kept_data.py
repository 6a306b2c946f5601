"""Kept data: whether outputs that a start brings are still there, and who names them from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.errors import Conflict
from concertmaster.domain.given import Given
from concertmaster.domain.interfaces import ArtifactReference
from concertmaster.domain.values import artifacts_named
from concertmaster.engine.outcomes import references_to


def references_of(given: Mapping[str, Given]) -> list[ArtifactReference]:
    """What an execution names from its start."""
    return [
        reference
        for node, one in given.items()
        for outlet, value in one.outputs.items()
        for reference in references_to(value, node, outlet)
    ]


async def gone(artifacts: ArtifactStore, given: Mapping[str, Given]) -> list[str]:
    """The nodes of whose outputs something has been removed; all else counts as made anew, so nobody removes it now."""
    return [node for node, one in given.items() if not await _kept(artifacts, one)]


async def _kept(artifacts: ArtifactStore, given: Given) -> bool:
    digests = [digest for value in given.outputs.values() for digest, _ in artifacts_named(value)]
    for digest in digests:
        if not await asyncio.to_thread(artifacts.reuse, digest):
            return False
    return True


async def demand_kept(artifacts: ArtifactStore, given: Mapping[str, Given]) -> None:
    """Raise Conflict `partial.data_gone` unless all of it is there."""
    lost = await gone(artifacts, given)
    if not lost:
        return
    places = ", ".join(f"'{node}'{_origin(given[node])}" for node in lost)
    raise Conflict(
        "partial.data_gone",
        f"The data is gone of {places}: it was kept no longer (see the settings OUTPUTS_MAX_*); run the workflow until "
        "there, take the output of another execution, or pin one",
        nodes=lost,
    )


def _origin(given: Given) -> str:
    execution = given.origin.get("execution")
    return f" of the execution {execution}" if execution else ""
