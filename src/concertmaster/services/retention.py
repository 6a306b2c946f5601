"""Retention: how long the data of executions is kept, and removing what nobody names any more.

Only data goes: executions, their events and logs stay. A root and all its parts go together, so that nothing is half
there, and nothing goes of what may still go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import ConcertMasterError, UserError
from concertmaster.domain.interfaces import Clock, NamedArtifact, ReferenceStore, Referrer, ResultStore, Tree
from concertmaster.domain.recent import Recent

_log = logging.getLogger(__name__)
EVERY = timedelta(hours=1)
# An attempt may have made or reused bytes that no event names yet.
GRACE = timedelta(days=1)
# Who needs a result after that time computes it.
RESULTS_KEPT = timedelta(days=30)
PAGE = 100
ASKED_AT_ONCE = 500
# Between pages, so that those who work are not kept from the database and the disk.
BREATH_SECONDS = 0.01
# The parts of a root follow it closely in a walk.
_ROOTS_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """What is kept; None: without a limit.

    Attributes:
        age: since the end of an execution.
        count: of the newest executions of each workflow.
        size_bytes: of all artifacts that executions name; the oldest go first.
    """

    age: timedelta | None = None
    count: int | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was removed, or would be.

    Attributes:
        executions: of which the data has gone, parts included.
    """

    executions: int = 0
    artifacts: int = 0
    size_bytes: int = 0

    def __add__(self, other: Cleaned) -> Cleaned:
        return Cleaned(
            self.executions + other.executions, self.artifacts + other.artifacts, self.size_bytes + other.size_bytes
        )


_NOTHING = Cleaned()


class RetentionService:
    """Use cases around what is kept.

    Args:
        grace: a file that somebody has made or reused is left alone for so long.
        foreign: the artifact store belongs to another database, whose references nobody here knows.
    """

    def __init__(
        self,
        store: ReferenceStore,
        results: ResultStore,
        artifacts: ArtifactStore,
        rules: RetentionRules,
        clock: Clock,
        *,
        grace: timedelta = GRACE,
        foreign: bool = False,
    ) -> None:
        self._store = store
        self._results = results
        self._artifacts = artifacts
        self._rules = rules
        self._clock = clock
        self._grace = grace
        self._foreign = foreign
        self._task: asyncio.Task[Cleaned] | None = None
        self._shown = _shown("never", dry_run=False)

    async def run(self) -> None:
        """Clean now and then, for ever."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            await asyncio.wait([self._begin(dry_run=False)])

    def clean(self, actor: Actor, *, dry_run: bool) -> Mapping[str, Any]:
        """Begin to remove what the rules do not keep, and what nobody names, unless that is being done.

        Args:
            dry_run: only count it.
        """
        demand(actor, "instance:manage")
        self._begin(dry_run=dry_run)
        return self._shown

    def cleaning(self, actor: Actor) -> Mapping[str, Any]:
        """What is being removed, or what became of it."""
        demand(actor, "instance:manage")
        return self._shown

    async def close(self) -> None:
        """Stop in the middle; the rest is for the next time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _begin(self, *, dry_run: bool) -> asyncio.Task[Cleaned]:
        if self._task is None or self._task.done():
            self._shown = _shown("running", dry_run=dry_run)
            self._task = asyncio.create_task(self.work(dry_run=dry_run), name="retention")
            self._task.add_done_callback(self._ended)
        return self._task

    def _ended(self, task: asyncio.Task[Cleaned]) -> None:
        dry_run = bool(self._shown["dry_run"])
        if task.cancelled():
            self._shown = _shown("failed", dry_run=dry_run, message="the server stopped")
        elif (error := task.exception()) is None:
            self._shown = _shown("done", task.result(), dry_run=dry_run)
        else:
            known = isinstance(error, ConcertMasterError)
            _log.error("removing old data failed: %s", error, exc_info=None if known else error)
            message = f"{error.message} ({error.code})" if known else f"a bug: {type(error).__name__}"
            self._shown = _shown("failed", dry_run=dry_run, message=message)

    async def work(self, *, dry_run: bool) -> Cleaned:
        """Remove, or count, all of it.

        Raises:
            UserError: `artifacts.foreign`.
        """
        if self._foreign:
            message = (
                f"The artifact store {self._artifacts.place} belongs to another database, so nothing is removed; give "
                "each database a store of its own (artifacts_dir, artifacts_url)"
            )
            raise UserError("artifacts.foreign", message)
        done = _Expired()
        walk = _Walk(self._store, self._rules, self._clock.now())
        async for tree in walk.expired():
            done.add(tree, alone := await self._alone(tree, done))
            walk.forget_bytes(alone)
            if not dry_run:
                await self._remove(tree, alone, done)
        orphans = await self._remove_orphans(dry_run=dry_run, but=done.alone)
        if not dry_run:
            await self._results.forget(before=self._clock.now() - RESULTS_KEPT)
            return done.removed + orphans
        planned = Cleaned(done.executions, len(done.alone), sum(done.alone.values()))
        return planned + orphans

    async def _alone(self, tree: Tree, done: _Expired) -> dict[str, int]:
        """What only this tree names, and those that have expired before it."""
        named = await self._store.named_by(tree.ids)
        naming = await self._store.naming(list(named))
        return done.left_alone(named, naming)

    async def _remove(self, tree: Tree, alone: Mapping[str, int], done: _Expired) -> None:
        if await self._store.forget(tree):
            done.removed += Cleaned(len(tree.ids)) + await self._remove_unnamed(list(alone))
        # Its references have gone, or stay: either way nobody counts them as expired.
        done.settle()

    async def _remove_orphans(self, *, dry_run: bool, but: Mapping[str, int]) -> Cleaned:
        """What nobody names: of attempts that failed or were lost, and what was too young when it was forgotten."""
        removed = Cleaned()
        for folder in await asyncio.to_thread(self._artifacts.folders):
            old = await asyncio.to_thread(self._artifacts.older_than, folder, self._grace)
            removed += await self._remove_unnamed([one for one in old if one not in but], dry_run=dry_run)
            await asyncio.sleep(BREATH_SECONDS)
        return removed

    async def _remove_unnamed(self, digests: Sequence[str], *, dry_run: bool = False) -> Cleaned:
        """Those that nobody names, and nobody has made or reused within the grace."""
        removed = Cleaned()
        for start in range(0, len(digests), ASKED_AT_ONCE):
            part = digests[start : start + ASKED_AT_ONCE]
            named = await self._store.naming(part)
            for digest in part:
                if digest not in named:
                    size = await asyncio.to_thread(self._artifacts.remove_old, digest, self._grace, dry_run=dry_run)
                    removed += Cleaned(artifacts=size is not None, size_bytes=size or 0)
        return removed


class _Expired:
    """What has expired so far.

    Attributes:
        alone: artifacts that nobody else names, with their bytes.
        removed: what is gone for good.
    """

    def __init__(self) -> None:
        self.executions = 0
        self.alone: dict[str, int] = {}
        self.removed = Cleaned()
        self._namers = Counter[str]()

    def left_alone(self, named: Mapping[str, NamedArtifact], naming: Mapping[str, int]) -> dict[str, int]:
        """Those of a tree's artifacts that are named by it and by what has expired only."""
        found: dict[str, int] = {}
        for digest, one in named.items():
            self._namers[digest] += one.executions
            if naming.get(digest, 0) <= self._namers[digest]:
                found[digest] = one.size_bytes
        return found

    def add(self, tree: Tree, alone: Mapping[str, int]) -> None:
        """A tree has expired."""
        self.executions += len(tree.ids)
        self.alone.update(alone)

    def settle(self) -> None:
        """What has expired so far is removed."""
        self._namers.clear()
        self.alone.clear()


class _Walk:
    """Goes through the executions that name artifacts, oldest first."""

    def __init__(self, store: ReferenceStore, rules: RetentionRules, now: datetime) -> None:
        self._store = store
        self._rules = rules
        self._now = now
        self._over_bytes = 0
        # The oldest execution of each workflow that the count keeps.
        self._kept = dict[str, str]()
        self._seen = Recent[str, bool](_ROOTS_REMEMBERED)

    def forget_bytes(self, alone: Mapping[str, int]) -> None:
        """By so much the rest is smaller."""
        self._over_bytes -= sum(alone.values())

    async def expired(self) -> AsyncIterator[Tree]:
        """Those that are not kept."""
        rules, after = self._rules, ""
        if rules == RetentionRules():
            return
        if rules.size_bytes is not None:
            self._over_bytes = await self._store.named_bytes() - rules.size_bytes
        while page := await self._store.referrers(after, limit=PAGE):
            after = page[-1].id
            for referrer in page:
                if self._seen.get(referrer.root) or not await self._may_be_expired(referrer):
                    continue
                self._seen.put(referrer.root, True)
                tree = await self._store.tree(referrer.root)
                if tree.ended_at is not None and await self._is_expired(referrer, tree.ended_at):
                    yield tree
            young = rules.age is not None and page[-1].created_at > self._now - rules.age
            if rules.count is None and self._over_bytes <= 0 and (young or rules.age is None):
                # Whatever comes now is kept.
                return
            await asyncio.sleep(BREATH_SECONDS)

    async def _may_be_expired(self, referrer: Referrer) -> bool:
        return referrer.ended_at is not None and await self._is_expired(referrer, referrer.ended_at)

    async def _is_expired(self, referrer: Referrer, ended_at: datetime) -> bool:
        rules = self._rules
        if rules.age is not None and ended_at < self._now - rules.age:
            return True
        if self._over_bytes > 0:
            return True
        if rules.count is None:
            return False
        if referrer.workflow not in self._kept:
            self._kept[referrer.workflow] = await self._store.oldest_of_newest(referrer.workflow, rules.count)
        return referrer.root < self._kept[referrer.workflow]


def _shown(status: str, cleaned: Cleaned = _NOTHING, *, dry_run: bool, message: str | None = None) -> Mapping[str, Any]:
    """`Cleaning` of the REST contract."""
    return {"status": status, "dry_run": dry_run, "message": message, **asdict(cleaned)}
