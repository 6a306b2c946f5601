"""Samples: what a trigger says when it is tried out. They can be looked at, changed, and taken from the next call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import Clock, TriggerRow, TriggerStore

LISTENS = timedelta(minutes=5)
WEBHOOK = "webhook"
# These are the trigger's own.
_FIXED = ("type", "name", "test")


class SampleService:
    """Use cases around samples. Who is told of headers and bodies must be able to change the workflow."""

    def __init__(self, store: TriggerStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, actor: Actor, workflow: str, name: str) -> TriggerRow:
        """The trigger with its sample; it listens no longer when that time is over.

        Raises:
            NotFound: `trigger.not_found`.
        """
        demand(actor, "workflow:write")
        return await self._store.get(workflow, name)

    async def put(self, actor: Actor, workflow: str, name: str, sample: Mapping[str, Any]) -> TriggerRow:
        """Keep a sample; later calls do not replace it.

        Raises:
            NotFound: `trigger.not_found`.
        """
        demand(actor, "workflow:write")
        row = await self._store.get(workflow, name)
        own = {key: value for key, value in sample.items() if key not in _FIXED}
        await self._store.set_sample(workflow, name, {"type": row.type, "name": name, **own}, actor=actor)
        return await self._store.get(workflow, name)

    async def forget(self, actor: Actor, workflow: str, name: str) -> None:
        """Have no sample until the trigger starts something, and listen no longer.

        Raises:
            NotFound: `trigger.not_found`.
        """
        demand(actor, "workflow:write")
        await self._store.set_sample(workflow, name, None, actor=actor)

    async def listen(self, actor: Actor, workflow: str, name: str, *, on: bool = True) -> TriggerRow:
        """Keep the next call within five minutes as the sample; it starts nothing.

        Raises:
            NotFound: `trigger.not_found`.
            UserError: `trigger.no_webhook`, `trigger.disabled`.
        """
        demand(actor, "workflow:write")
        row = await self._store.get(workflow, name)
        if row.type != WEBHOOK:
            raise UserError("trigger.no_webhook", f"{workflow}/{name} is no webhook, so nobody calls it")
        if on and not row.enabled:
            raise UserError("trigger.disabled", f"{workflow}/{name} is disabled and takes no calls; enable it first")
        until = self._clock.now() + LISTENS if on else None
        await self._store.listen(workflow, name, until, actor=actor)
        return await self._store.get(workflow, name)
