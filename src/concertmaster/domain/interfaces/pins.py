"""Pins: outputs that somebody keeps for a node of a workflow, to try out other nodes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from concertmaster.domain.access import Actor
from concertmaster.domain.values import Stored


@dataclass(frozen=True, slots=True)
class Pin:
    """An output that stands for a run of a node in test runs.

    Attributes:
        node: its name, in the body of a container `container/node`.
        at: when the value was made, or typed.
        by: who pinned it.
        execution, origin_node: whose output it is; both None for a value that somebody typed.
    """

    workflow: str
    node: str
    outlet: str
    value: Stored
    at: datetime
    by: str
    execution: str | None = None
    origin_node: str | None = None


class PinStore(Protocol):
    """Pins of workflows; at most one a node. The artifact of a pin counts as named, see `ReferenceStore.naming`."""

    async def list(self, workflow: str) -> Sequence[Pin]:
        """All of a workflow, by node."""
        ...

    async def put(self, pin: Pin, *, actor: Actor) -> None:
        """Pin an output, in place of another one of the node.

        Raises:
            NotFound: `workflow.not_found`, it was deleted meanwhile.
        """
        ...

    async def remove(self, workflow: str, node: str, *, actor: Actor) -> None:
        """Raises NotFound `pin.not_found`."""
        ...
