"""What happens for event, workflow and file triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from concertmaster.domain.interfaces.triggers import TriggerFire, TriggerRow


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened and that a trigger listens to; whoever claims it starts what is to be started.

    Attributes:
        source: what it was: the number of an event, or an execution and the seq of its end.
        told: what is known of it.
        due_at: not to be claimed before.
    """

    id: int
    workflow: str
    trigger: str
    type: str
    source: str
    told: Mapping[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a happening.

    Attributes:
        fire: None: the trigger was not meant.
        sample: what the execution was told.
    """

    happening: Happening
    fire: TriggerFire | None = None
    sample: Mapping[str, Any] | None = None


class HappeningStore(Protocol):
    """What happened for triggers; each is worked off by one living process at a time."""

    async def claim(self, owner: str, *, now: datetime, limit: int) -> Sequence[Happening]:
        """The first ones that no other living process has; those that `owner` has already, too."""
        ...

    async def settle(self, settled: Sequence[Settled]) -> None:
        """Remove them, and store what became of each that was still there, in one transaction."""
        ...

    async def postpone(self, ids: Sequence[int], until: datetime) -> None:
        """Let go of them until then."""
        ...

    async def followed(self) -> frozenset[str]:
        """Workflows whose ends a trigger listens to."""
        ...


GONE_KEPT = timedelta(days=7)
"""A disk that was away for less comes back with files that are known."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The version of a file for which a file trigger has started something, or was not to.

    Attributes:
        changed_ns: when anything about it changed, its rights and name too.
        digest: of its content; None when that was not looked at.
        gone_at: since when it is not there any more.
    """

    path: str
    size_bytes: int
    modified_ns: int
    changed_ns: int
    digest: str | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FileProgress:
    """What whoever watches a file trigger has done.

    Attributes:
        since: `files_since` of the trigger as he knows it.
        noted: the files of `since` are, with this; False: they are still to be.
        files: new versions of what is known.
        sample: what the last execution was told.
    """

    workflow: str
    trigger: str
    since: datetime | None = None
    files: Sequence[KnownFile] = ()
    fires: Sequence[TriggerFire] = ()
    sample: Mapping[str, Any] | None = None
    noted: bool = True


class FileWatchStore(Protocol):
    """File triggers; each is watched by one living process at a time."""

    async def claim(self, owner: str) -> Sequence[TriggerRow]:
        """All that are enabled and that no other living process watches."""
        ...

    async def known(self, workflow: str, trigger: str) -> Mapping[str, KnownFile]:
        """The files that it knows, by path."""
        ...

    async def advance(self, owner: str, progress: FileProgress, *, now: datetime) -> bool:
        """Store progress, and forget files that have been gone for longer than `GONE_KEPT`; False, and nothing is
        stored, when another process watches it by now or it was told something else."""
        ...
