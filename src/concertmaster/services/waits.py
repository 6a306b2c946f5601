"""What nodes wait for that others give: named events and approvals."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from concertmaster.domain.access import SYSTEM, Actor, demand
from concertmaster.domain.errors import Conflict, Invalid, UserError
from concertmaster.domain.interfaces import Approval, NamedEvent, Page, SentEvent, WaitStore
from concertmaster.domain.json_read import demand_json
from concertmaster.domain.problems import Problem, pointer
from concertmaster.domain.schemas import faults, fits_schema
from concertmaster.domain.values import INLINE_LIMIT_BYTES

NAME_LIMIT = 200
LONGEST_KEPT_SECONDS = 366 * 86_400.0
KEPT_SECONDS = 86_400.0
KEY_LIMIT = 200
# What nodes send has keys that no request can take from them.
RESERVED_KEYS = "node:"


class WaitService:
    """Use cases around named events and approvals."""

    def __init__(self, store: WaitStore) -> None:
        self._store = store
        # Called when an event was sent: a trigger may listen to it.
        self.on_sent: Callable[[], None] = lambda: None

    async def send(
        self,
        actor: Actor,
        name: str,
        *,
        key: str = "",
        data: Any = None,
        keep_seconds: float = KEPT_SECONDS,
        idempotency_key: str | None = None,
        sender: str | None = None,
    ) -> SentEvent:
        """Send a named event; it is stored, and given to everybody who waits for it, when this returns.

        Raises:
            UserError: `event.invalid`, `event.key_invalid`, `event.too_large`.
            Invalid: `event.invalid`, the data is not JSON.
            Conflict: `event.key_reused`, the key was used for another event.
        """
        demand(actor, "execution:control")
        if not 0 < len(name) <= NAME_LIMIT or len(key) > NAME_LIMIT:
            message = f"The name of an event has 1 to {NAME_LIMIT} characters, and its key at most {NAME_LIMIT}"
            raise UserError("event.invalid", message)
        if not 0 <= keep_seconds <= LONGEST_KEPT_SECONDS:
            raise UserError("event.invalid", "An event is kept for 0 seconds to 366 days")
        if idempotency_key is not None and sender is None:
            _demand_key(idempotency_key)
        data = demand_json(data, at="data", code="event.invalid", message="The data of the event is not JSON")
        size = len(orjson.dumps(data))
        if size > INLINE_LIMIT_BYTES:
            raise UserError(
                "event.too_large",
                f"The event has {size:,} bytes of data, and {INLINE_LIMIT_BYTES:,} is the limit: send where the data "
                "is, and let the receiver read it",
            )
        event = NamedEvent(name, key, data, keep_seconds, idempotency_key, sender)
        sent = await self._store.send(event, actor=actor)
        self.on_sent()
        return sent

    async def send_from_node(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `flow.event` does."""
        sent = await self.send(
            SYSTEM,
            event["name"],
            key=event["key"],
            data=event["data"],
            keep_seconds=event["keep_seconds"],
            idempotency_key=f"{RESERVED_KEYS}{event['idempotency_key']}",
            # The keys of nodes begin with the execution at the root (`engine/keys.py`).
            sender=event["idempotency_key"].partition("/")[0],
        )
        return {"id": sent.id, "delivered": len(sent.delivered)}

    async def approvals(
        self,
        actor: Actor,
        *,
        status: str | None = "open",
        execution_id: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Page[Approval]:
        """A page of approvals, newest first."""
        demand(actor, "execution:read")
        return await self._store.approvals(status=status, execution_id=execution_id, before=before, limit=limit)

    async def approval(self, actor: Actor, approval_id: str) -> Approval:
        """One approval. Raises NotFound."""
        demand(actor, "execution:read")
        return await self._store.approval(approval_id)

    async def decide(
        self,
        actor: Actor,
        approval_id: str,
        *,
        approve: bool,
        comment: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> Approval:
        """Answer; the answer is durable when this returns.

        Raises:
            NotFound: the approval.
            Conflict: `approval.answered`.
            Invalid: `approval.form_invalid`, when it is approved and the form does not fit, or the data is not JSON.
        """
        demand(actor, "approval:decide")
        asked = await self._store.approval(approval_id)
        message = f"The form of {asked.title!r} holds what is not JSON"
        given = demand_json(data or {}, at="data", code="approval.form_invalid", message=message)
        filled = _filled(asked, given, approve=approve) if asked.status == "open" else {}
        decision = "approved" if approve else "rejected"
        await self._store.decide(approval_id, decision, comment=comment, data=filled, actor=actor)
        return await self._store.approval(approval_id)

    async def expire(self, approval_id: str) -> None:
        """Close an approval whose time is over, unless somebody was faster: his answer is on its way then."""
        with contextlib.suppress(Conflict):
            await self._store.decide(approval_id, "expired", comment="", data={}, actor=SYSTEM)


def _demand_key(key: str) -> None:
    if not 0 < len(key) <= KEY_LIMIT:
        raise UserError("event.key_invalid", f"The Idempotency-Key of an event must have 1 to {KEY_LIMIT} characters")
    if key.startswith(RESERVED_KEYS):
        message = f"The Idempotency-Key of an event must not begin with '{RESERVED_KEYS}'; choose another"
        raise UserError("event.key_invalid", message)


def _filled(asked: Approval, data: Mapping[str, Any], *, approve: bool) -> dict[str, Any]:
    """The form with its defaults; whoever rejects need not fill it in.

    Raises:
        Invalid: `approval.form_invalid`.
    """
    form: Mapping[str, Mapping[str, Any]] = asked.about.get("form") or {}
    problems: list[Problem] = []
    filled: dict[str, Any] = {}
    for name in data:
        if name not in form:
            message = f"the form has no field {name!r}"
            problems.append(Problem("approval.field", pointer("data", name), message, "error", "Leave it out"))
    for name, schema in form.items():
        if name not in data and "default" not in schema:
            if approve and not fits_schema(schema, None):
                message = f"the field {name} is required"
                problems.append(Problem("approval.field", pointer("data", name), message, "error", f"Fill in {name}"))
            continue
        value = data.get(name, schema.get("default"))
        filled[name] = value
        for fault in () if fits_schema(schema, value) else faults(schema, value):
            fix = fault.fix() if callable(fault.fix) else fault.fix
            problems.append(Problem("approval.field", pointer("data", name, *fault.path), fault.message, "error", fix))
    if problems:
        raise Invalid("approval.form_invalid", f"The form of {asked.title!r} is not filled in as it asks", problems)
    return filled
