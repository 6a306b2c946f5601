"""Retention: how long the data of executions is kept, and removing what nobody names any more.

Only data goes: executions, their events and logs stay. A root and all its parts go together, so that nothing is half
there, and nothing goes of an execution that may still go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Clock, ReferenceStore, Referrer, ResultStore

_log = logging.getLogger(__name__)
EVERY = timedelta(hours=1)
# An attempt may have made or reused bytes that no event names yet.
GRACE = timedelta(days=1)
# Bytes that an event has named are made young again by whoever makes them anew.
FREED_GRACE = timedelta(hours=1)
# Who needs a result after that time computes it.
RESULTS_KEPT = timedelta(days=30)
PAGE = 50
ASKED_AT_ONCE = 500
# Between pages, so that those who work are not kept from the database and the disk.
BREATH_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """What is kept; None: without a limit.

    Attributes:
        age: since the end of an execution.
        count: of the newest executions of each workflow.
        size_bytes: of the whole store; the oldest go first.
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


class RetentionService:
    """Use cases around what is kept."""

    def __init__(
        self,
        store: ReferenceStore,
        results: ResultStore,
        artifacts: ArtifactStore,
        rules: RetentionRules,
        clock: Clock,
        *,
        grace: timedelta = GRACE,
        freed_grace: timedelta = FREED_GRACE,
    ) -> None:
        self._store = store
        self._results = results
        self._artifacts = artifacts
        self._rules = rules
        self._clock = clock
        self._grace = grace
        self._freed_grace = freed_grace
        self._working = asyncio.Lock()

    async def run(self) -> None:
        """Clean now and then, for ever."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            try:
                cleaned = await self._clean(dry_run=False)
            except OperationalError as error:
                _log.warning("old data could not be removed: %s", error.message)
            except Exception:
                _log.exception("removing old data failed")
            else:
                if cleaned != Cleaned():
                    _log.info("old data was removed", extra={"bytes": cleaned.size_bytes, "files": cleaned.artifacts})

    async def clean(self, actor: Actor, *, dry_run: bool) -> Cleaned:
        """Remove what the rules do not keep, and what nobody names.

        Args:
            dry_run: only count it.
        """
        demand(actor, "instance:manage")
        return await self._clean(dry_run=dry_run)

    async def _clean(self, *, dry_run: bool) -> Cleaned:
        async with self._working:
            size = await asyncio.to_thread(self._artifacts.total_bytes) if self._rules.size_bytes is not None else 0
            walk = _Walk(self._store, self._rules, self._clock.now(), over_bytes=size - (self._rules.size_bytes or 0))
            executions, freed, expected = 0, Cleaned(), dict[str, int]()
            async for page in walk.expired():
                alone = await self._store.only_named_by([referrer.id for referrer in page])
                if dry_run:
                    executions += len(page)
                    expected.update(alone)
                else:
                    executions += await self._store.forget(page)
                    freed = _sum(freed, await self._remove(list(alone), self._freed_grace))
                walk.over_bytes -= sum(alone.values())
            orphans = await self._remove_orphans(dry_run=dry_run, but=expected)
            planned = Cleaned(artifacts=len(expected), size_bytes=sum(expected.values()))
            found = _sum(_sum(freed, planned), orphans)
            if not dry_run:
                await self._results.forget(before=self._clock.now() - RESULTS_KEPT)
            return Cleaned(executions, found.artifacts, found.size_bytes)

    async def _remove_orphans(self, *, dry_run: bool, but: dict[str, int]) -> Cleaned:
        """What no event has ever named: of attempts that failed or were lost."""
        removed = Cleaned()
        for folder in await asyncio.to_thread(self._artifacts.folders):
            old = await asyncio.to_thread(self._artifacts.older_than, folder, self._grace)
            asked = [digest for digest in old if digest not in but]
            for start in range(0, len(asked), ASKED_AT_ONCE):
                part = asked[start : start + ASKED_AT_ONCE]
                removed = _sum(removed, await self._remove(part, self._grace, dry_run=dry_run))
                await asyncio.sleep(BREATH_SECONDS)
        return removed

    async def _remove(self, digests: Sequence[str], grace: timedelta, *, dry_run: bool = False) -> Cleaned:
        """Those that nobody names, and nobody has made or reused within the grace."""
        named = await self._store.named(digests) if digests else set[str]()
        removed = Cleaned()
        for digest in digests:
            if digest not in named:
                size = await asyncio.to_thread(self._artifacts.remove_old, digest, grace, dry_run=dry_run)
                removed = _sum(removed, Cleaned(artifacts=size is not None, size_bytes=size or 0))
        return removed


class _Walk:
    """Goes through the executions that name artifacts, oldest first.

    Attributes:
        over_bytes: by which the store is larger than it may be.
    """

    def __init__(self, store: ReferenceStore, rules: RetentionRules, now: datetime, *, over_bytes: int) -> None:
        self._store = store
        self._rules = rules
        self._now = now
        self.over_bytes = over_bytes
        # The oldest execution of each workflow that the count keeps.
        self._kept = dict[str, str]()

    async def expired(self) -> AsyncIterator[list[Referrer]]:
        """Pages of those that are not kept."""
        if self._rules == RetentionRules():
            return
        after = ""
        while page := await self._store.referrers(after, limit=PAGE):
            after = page[-1].id
            if expired := [referrer for referrer in page if await self._is_expired(referrer)]:
                yield expired
            if self._only_age and page[-1].created_at > self._now - (self._rules.age or timedelta()):
                return
            await asyncio.sleep(BREATH_SECONDS)

    @property
    def _only_age(self) -> bool:
        return self._rules.count is None and self._rules.size_bytes is None

    async def _is_expired(self, referrer: Referrer) -> bool:
        rules = self._rules
        if referrer.ended_at is None:
            return False
        if rules.age is not None and referrer.ended_at < self._now - rules.age:
            return True
        if rules.size_bytes is not None and self.over_bytes > 0:
            return True
        if rules.count is None:
            return False
        if referrer.workflow not in self._kept:
            self._kept[referrer.workflow] = await self._store.oldest_of_newest(referrer.workflow, rules.count)
        return referrer.root < self._kept[referrer.workflow]


def _sum(one: Cleaned, other: Cleaned) -> Cleaned:
    return Cleaned(
        one.executions + other.executions, one.artifacts + other.artifacts, one.size_bytes + other.size_bytes
    )
