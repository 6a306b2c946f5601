"""Happenings: named events, and ends of executions, that start executions through triggers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from concertmaster.domain.errors import NotFound
from concertmaster.domain.events import ExecutionFailed, ExecutionSucceeded
from concertmaster.domain.interfaces import Clock, Happening, Journal, Settled, TriggerFire, TriggerRow, TriggerStore
from concertmaster.domain.triggers import EventConfig, WorkflowConfig
from concertmaster.domain.values import INLINE_LIMIT_BYTES
from concertmaster.domain.workflow import Trigger
from concertmaster.services.triggers import TriggerService
from concertmaster.triggers.kinds import config_of

DEEPEST = 32
"""Triggers that lead one to the other: beyond this it is taken for a loop."""


class HappeningService:
    """Starts what something that happened is to start."""

    def __init__(self, *, store: TriggerStore, triggers: TriggerService, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._triggers = triggers
        self._journal = journal
        self._clock = clock

    async def react(self, happening: Happening) -> Settled:
        """Start the execution of a trigger for it, or find the one that was started.

        Raises:
            UserError: it cannot be started, now and later.
            OperationalError: not at the moment.
        """
        try:
            row = await self._store.get(happening.workflow, happening.trigger)
        except NotFound:
            return Settled(happening)
        told = dict(happening.told)
        config = config_of(Trigger(row.type, row.config))
        # Meanwhile it may have been told something else.
        match config:
            case EventConfig(name):
                meant = happening.type == "event" and told["event"] == name
            case WorkflowConfig(workflow, statuses):
                meant = happening.type == "workflow" and told["workflow"] == workflow and told["status"] in statuses
            case _:
                meant = False
        if not meant:
            return Settled(happening)
        if not row.enabled:
            return self._skipped(happening, "the trigger was disabled before it could start anything")
        if told["depth"] > DEEPEST:
            reason = f"{DEEPEST} triggers have led one to the other, which looks like a loop; break it in one of them"
            return self._skipped(happening, reason)
        if happening.type == "workflow":
            told |= await self._end_of(told["execution"], told.pop("seq"))
        info = {"type": row.type, "name": row.name, **told}
        if isinstance(config, EventConfig):
            if config.key is not None and _text(await self._triggers.evaluate(row, config.key, info)) != told["key"]:
                return Settled(happening)
            if config.when is not None and not await self._triggers.evaluate(row, config.when, info):
                return self._skipped(happening, f"`when` was not true for event {told['id']}")
        return await self._start(happening, row, info)

    async def _start(self, happening: Happening, row: TriggerRow, info: Mapping[str, Any]) -> Settled:
        execution, _ = await self._triggers.start_once(row, info, key=f"{happening.type}:{happening.source}")
        fire = TriggerFire(self._clock.now(), "started", execution=execution)
        return Settled(happening, fire, sample=info)

    def _skipped(self, happening: Happening, reason: str) -> Settled:
        return Settled(happening, TriggerFire(self._clock.now(), "skipped", reason))

    async def _end_of(self, execution_id: str, seq: int) -> dict[str, Any]:
        """What that end of the execution gave; it may have gone on since."""
        found: dict[str, Any] = {"outputs": None, "error": None}
        for event in await self._journal.read(execution_id, seq - 1, limit=1):
            match event.body:
                case ExecutionSucceeded(outputs):
                    # What an execution is told stands in its row and its first event.
                    if len(orjson.dumps(dict(outputs))) <= INLINE_LIMIT_BYTES:
                        found["outputs"] = dict(outputs)
                case ExecutionFailed(error):
                    found["error"] = error.as_json()
                case _:
                    pass
        return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
