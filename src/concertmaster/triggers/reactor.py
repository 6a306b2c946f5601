"""Reactor: works off what happened for event and workflow triggers.

What happened was written down in the transaction in which it happened. It is removed together with the note of what
became of it; a process that dies before leaves it to the next one, which starts it again under the same key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.domain.execution import FINAL_EXECUTION
from concertmaster.domain.interfaces import Clock, Committed, Happening, HappeningStore, Named, Settled, TriggerFire
from concertmaster.triggers.working import keep_working

_log = logging.getLogger(__name__)
BATCH = 100
# A process may have died before it worked off what happened there.
LOOK_SECONDS = 5.0
POSTPONED = timedelta(seconds=5)

React = Callable[[Happening], Awaitable[Settled]]
"""Starts what is to be started, once for ever, and says what became of it."""


class Reactor:
    """Runs until it is cancelled."""

    def __init__(self, store: HappeningStore, clock: Clock, owner: Named, react: React) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._react = react
        self._followed: frozenset[str] = frozenset()
        self._poked = asyncio.Event()

    def wake(self) -> None:
        """Something happened, or other triggers are there: look soon."""
        self._poked.set()

    def committed(self, committed: Sequence[Committed]) -> None:
        """An execution has ended here: a trigger may listen to it."""
        if self._followed and any(
            one.row.status in FINAL_EXECUTION and one.row.workflow in self._followed for one in committed
        ):
            self._poked.set()

    async def run(self) -> None:
        """Work off what there is, for ever."""
        await keep_working(self._round, self._poked, on="things that happened for triggers")

    async def _round(self) -> float:
        """Work off a batch; returns the seconds until it is worth looking again."""
        # First: what ends after this look pokes.
        self._followed = await self._store.followed()
        claimed = await self._store.claim(self._owner.name, now=self._clock.now(), limit=BATCH)
        if not claimed:
            return LOOK_SECONDS
        results = await asyncio.gather(*(self._settled(one) for one in claimed))
        later = [one.id for one, settled in zip(claimed, results, strict=True) if settled is None]
        await self._store.settle([settled for settled in results if settled is not None])
        if later:
            await self._store.postpone(later, self._clock.now() + POSTPONED)
        return 0.0

    async def _settled(self, one: Happening) -> Settled | None:
        """None: not now."""
        about = {"workflow": one.workflow, "trigger": one.trigger, "source": one.source}
        try:
            return await self._react(one)
        except OperationalError as error:
            _log.warning("a triggered start has to wait: %s", error.message, extra=about)
            return None
        except ConcertMasterError as error:
            _log.warning("a triggered start was refused: %s", error.message, extra=about)
            return Settled(one, TriggerFire(self._clock.now(), "failed", f"{error.message} ({error.code})"))
        except Exception as error:
            # A bug must not keep the others of the batch from their turn.
            _log.exception("what happened for a trigger cannot be worked off", extra=about)
            return Settled(one, TriggerFire(self._clock.now(), "failed", f"a bug: {type(error).__name__}"))
