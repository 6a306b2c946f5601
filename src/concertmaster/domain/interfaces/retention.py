"""What is kept: which executions name which artifacts, and results for later executions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from concertmaster.domain.interfaces.append import KeptResult


@dataclass(frozen=True, slots=True)
class Referrer:
    """An execution that names artifacts.

    Attributes:
        root: the execution that it is a part of at the top; often itself.
        workflow, ended_at: of the root; None while it may still go on by itself or by a resume.
        created_at: its own.
    """

    id: str
    root: str
    workflow: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tree:
    """A root with all its parts.

    Attributes:
        ended_at: when the last of them ended; None while any may still go on.
    """

    ids: Sequence[str]
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class NamedArtifact:
    """An artifact, and how many executions name it."""

    size_bytes: int
    executions: int


@dataclass(frozen=True, slots=True)
class ArtifactUse:
    """An outlet that has an artifact's bytes.

    Attributes:
        execution, workflow: the root of the execution that it is in.
        node: as its own execution names it: in a loop with the item, `price[3]`.
        created_at: of its own execution.
    """

    execution: str
    workflow: str
    node: str
    outlet: str
    created_at: datetime


class ReferenceStore(Protocol):
    """The references that come with events."""

    async def referrers(self, after: str, *, limit: int) -> Sequence[Referrer]:
        """A page of them, oldest first; ids of executions rise with time.

        Args:
            after: the id of the last one of the page before, "" at the beginning.
        """
        ...

    async def tree(self, root: str) -> Tree:
        """A root with all its parts."""
        ...

    async def oldest_of_newest(self, workflow: str, count: int) -> str:
        """The id of the oldest among the `count` newest executions of a workflow that are nobody's part; "" when there
        are not more."""
        ...

    async def named_by(self, ids: Sequence[str]) -> Mapping[str, NamedArtifact]:
        """The artifacts that these executions name, by digest, with how many of these name each."""
        ...

    async def naming(self, digests: Sequence[str]) -> Mapping[str, int]:
        """How many executions and pins name each of these; without those that nobody names."""
        ...

    async def uses(self, digests: Sequence[str], *, but: str, limit: int) -> Mapping[str, Sequence[ArtifactUse]]:
        """Where each of these is an output, the newest first and at most `limit` each, `but` in one execution."""
        ...

    async def named_bytes(self) -> int:
        """What all artifacts take that executions name and no pin, which could not be removed anyway."""
        ...

    async def forget(self, tree: Tree) -> bool:
        """Remove all references of a tree; False when a part of it is not at its end any more."""
        ...


class ResultStore(Protocol):
    """Results of nodes that only compute; they come with appends, but for those that no event tells of."""

    async def get(self, key: str) -> KeptResult | None:
        """The newest result of this key."""
        ...

    async def keep(self, kept: KeptResult) -> None:
        """Keep a result that comes with no append."""
        ...

    async def forget(self, *, before: datetime) -> None:
        """Remove those that were computed before."""
        ...
