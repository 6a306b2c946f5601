"""Notices: what a transaction has to tell others once it is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


def _ignore(*_: object) -> None:
    """For whoever does not listen."""


@dataclass(frozen=True, slots=True)
class Move:
    """An execution that is not hidden is counted as another status from now on.

    Attributes:
        made_at: microseconds since 1970.
        before: None where it was not counted.
        after: None where it is gone.
    """

    workflow: str
    made_at: int
    before: str | None
    after: str | None


@dataclass(slots=True)
class Notices:
    """Collected by the writer's thread while a transaction is under way.

    Attributes:
        wake: ids of executions that want attention, in order and once each.
        freed: resources of which a place got free.
        heads: seq of the last event of each execution that got events.
        drafts: workflows whose draft changed.
        versions: what to tell those who have a workflow open: a version was saved or published.
        people: who has a workflow open, and who left.
        look: more changed than can be named: everybody should look for himself.
        moves: executions that are counted as another status from now on.
    """

    wake: dict[str, None] = field(default_factory=dict[str, None])
    freed: dict[str, None] = field(default_factory=dict[str, None])
    heads: dict[str, int] = field(default_factory=dict[str, int])
    drafts: dict[str, None] = field(default_factory=dict[str, None])
    versions: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    people: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    look: bool = False
    moves: list[Move] = field(default_factory=list[Move])

    def attention(self, ids: Iterable[str]) -> None:
        """These executions want attention."""
        self.wake.update(dict.fromkeys(ids))


@dataclass(slots=True)
class Listeners:
    """Who is told, on the loop.

    Attributes:
        wake: ids of executions that want attention, wherever the reason was committed.
        freed: a resource of which another process gave a place back.
        remote_commit: execution and seq of its last event, committed by another process.
        drafts: workflows whose draft changed, wherever that was committed.
        version: a version was saved or published, wherever that was committed.
        person: who has a workflow open in another process.
        gap: announcements may have been lost: look for yourself.
        lost: others may own what was owned here.
    """

    wake: Callable[[Sequence[str]], None] = _ignore
    freed: Callable[[str], None] = _ignore
    remote_commit: Callable[[Sequence[tuple[str, int]]], None] = _ignore
    drafts: Callable[[Sequence[str]], None] = _ignore
    version: Callable[[Mapping[str, Any]], None] = _ignore
    person: Callable[[Mapping[str, Any]], None] = _ignore
    gap: Callable[[], None] = _ignore
    lost: Callable[[], None] = _ignore
