"""Hooks: requests from outside that start executions. Whoever calls is checked here, by the trigger's own rules."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import ConcertMasterError, NotFound, TooManyRequests, UserError
from concertmaster.domain.findings import Findings
from concertmaster.domain.interfaces import Clock, TriggerFire, TriggerRow, TriggerStore
from concertmaster.domain.triggers import read_trigger
from concertmaster.domain.triggers_webhook import WebhookConfig
from concertmaster.security.throttle import Buckets, Throttle
from concertmaster.security.tokens import digest, new_secret, same
from concertmaster.services.executions import ExecutionService
from concertmaster.services.hook_answers import HookAnswer, HookAnswers
from concertmaster.services.hook_places import HookPlaces
from concertmaster.services.refusals import Refusals
from concertmaster.services.stream import StreamService
from concertmaster.services.triggers import TriggerService
from concertmaster.triggers.webhook import HookRequest, demand_caller, info_of

TYPE = "webhook"
KEPT = b'{"kept":true}'


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that is there and enabled."""

    row: TriggerRow
    config: WebhookConfig


class HookService:
    """Use cases around webhooks.

    Args:
        values: gives the decrypted values of a connection.
        waiting: requests that may wait for an answer at one time.
    Attributes:
        refusals: what is counted of calls that were refused; somebody has to store it.
    """

    def __init__(
        self,
        *,
        store: TriggerStore,
        triggers: TriggerService,
        executions: ExecutionService,
        stream: StreamService,
        values: Callable[[str], Awaitable[Mapping[str, str]]],
        clock: Clock,
        waiting: int,
    ) -> None:
        self._store = store
        self._triggers = triggers
        self._answers = HookAnswers(executions, stream)
        self._places = HookPlaces(waiting)
        self._values = values
        self._clock = clock
        self._rates = Buckets[tuple[str, str]]()
        self._throttle = Throttle()
        self.refusals = Refusals(store, clock)

    async def make_token(self, actor: Actor, workflow: str, name: str) -> str:
        """Give a webhook a new token, and make its former one void; nobody can read it again.

        Raises:
            NotFound: `trigger.not_found`.
            UserError: `trigger.no_token`, it has another type or another `auth`.
        """
        demand(actor, "workflow:write")
        row = await self._store.get(workflow, name)
        config = _config(row) if row.type == TYPE else None
        if config is None or config.auth != "token":
            raise UserError("trigger.no_token", f"{workflow}/{name} is no webhook with `auth: token`")
        token = new_secret()
        await self._store.set_secret(workflow, name, digest(token), actor=actor)
        return token

    async def find(self, path: str, method: str) -> Hook:
        """The webhook at a path.

        Raises:
            NotFound: `hook.not_found`, there is none, or it is disabled.
            UserError: `hook.method`.
        """
        rows = [row for row in await self._store.at_address(TYPE, path.strip("/")) if row.enabled]
        config = _config(rows[0]) if rows else None
        if config is None:
            raise NotFound("hook.not_found", f"There is no webhook at /hooks/{path[:200]}, or it is disabled")
        if method not in config.methods:
            allowed = ", ".join(config.methods)
            with self.refusals.counting(rows[0]):
                raise UserError("hook.method", f"This webhook is called with {allowed}", allow=allowed)
        return Hook(rows[0], config)

    async def receive(self, hook: Hook, request: HookRequest) -> HookAnswer:
        """Start an execution, durably, and answer as the trigger says.

        Raises:
            UserError: `hook.unauthorized`, `hook.too_large`, `hook.body`; or it cannot be started.
            TooManyRequests: `hook.too_many`, `hook.rate`, `hook.busy`.
            OperationalError: `hook.full`.
        """
        row, config, now = hook.row, hook.config, self._clock.now()
        with self.refusals.counting(row):
            if len(request.body) > config.max_body_bytes:
                # It took more when the request began.
                raise UserError("hook.too_large", f"The body is larger than {config.max_body_bytes} bytes")
        await self._demand_caller(hook, request, now)
        with self.refusals.counting(row):
            self._demand_rate(hook, now)
            info = {"type": TYPE, "name": row.name, **info_of(config, request)}
            if row.listen_until is not None and row.listen_until > now and await self._store.hear(row, info, at=now):
                return HookAnswer(200, KEPT)
            # Before anything starts: a caller who comes again then does not start it twice.
            place = self._places.take(row, config)
        with place:
            return await self._started(hook, request, info, now)

    async def _started(self, hook: Hook, request: HookRequest, info: Mapping[str, Any], now: datetime) -> HookAnswer:
        row, config = hook.row, hook.config
        actor = Actor(f"trigger:{row.workflow}/{row.name}", "operator")
        given = request.headers.get(config.duplicate_header.lower())
        key = None if not given else f"hook:{hashlib.sha256(given.encode()).hexdigest()}"
        try:
            started = await self._triggers.start(actor, row, info, key=key, noted=True)
        except UserError as error:
            await self._store.note(row, TriggerFire(now, "failed", f"{error.message} ({error.code})"))
            raise
        return await self._answers.answer(actor, config, started)

    async def _demand_caller(self, hook: Hook, request: HookRequest, now: datetime) -> None:
        """Raise unless the caller has proved who he is; who is wrong too often is not even told that."""
        row, config, secrets = hook.row, hook.config, dict[str, str]()
        broken: ConcertMasterError | None = None
        if config.connection is not None:
            try:
                secrets.update(await self._values(config.connection))
            except ConcertMasterError as error:
                if error.retryable:
                    raise
                # Without secrets nobody is let in; why is the owner's to know, not the caller's.
                broken = error
        try:
            demand_caller(config, request, is_token=lambda given: _is_token(row, given), secrets=secrets, now=now)
        except UserError as error:
            seconds = self._throttle.wrong(request.address, now=now.timestamp())
            if seconds:
                message = f"Too many calls without a good proof came from this address; wait {seconds} s"
                with self.refusals.counting(row):
                    raise TooManyRequests("hook.too_many", message, retry_after=seconds) from error
            self.refusals.count(row, broken or error)
            raise

    def _demand_rate(self, hook: Hook, now: datetime) -> None:
        limit = hook.config.rate_per_minute
        if limit is None:
            return
        key = (hook.row.workflow, hook.row.name)
        seconds = self._rates.take(key, capacity=limit, per_second=limit / 60, now=now.timestamp())
        if seconds:
            message = f"This webhook takes {limit} calls a minute; try again in {seconds} s"
            raise TooManyRequests("hook.rate", message, retry_after=seconds)


def _is_token(row: TriggerRow, given: str) -> bool:
    return row.secret is not None and same(digest(given), row.secret)


def _config(row: TriggerRow) -> WebhookConfig | None:
    config = read_trigger(row.type, row.config, Findings(), at="", schedules=None)
    return config if isinstance(config, WebhookConfig) else None
