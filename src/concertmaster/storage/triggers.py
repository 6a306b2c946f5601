"""Triggers of published versions: who is due, who has claimed what, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, func, or_, select, tuple_, update

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import NotFound
from concertmaster.domain.interfaces import Page, TriggerFire, TriggerProgress, TriggerRow
from concertmaster.domain.near_miss import hint
from concertmaster.domain.workflow import Trigger
from concertmaster.storage.audit import record
from concertmaster.storage.cursors import read_cursor, write_cursor
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import maybe_instant, maybe_micros, to_micros, utc_now
from concertmaster.storage.fires import add_refused, last_fires, note_fires, note_samples
from concertmaster.storage.ownership import claimable
from concertmaster.storage.rows import json_text
from concertmaster.storage.tables import triggers
from concertmaster.storage.trigger_sync import Plan

_own = triggers.c
TRIGGER_COLUMNS = (
    *(_own.workflow, _own.name, _own.type, _own.config, _own.version, _own.enabled),
    *(_own.next_at, _own.address, _own.sample, _own.secret, _own.files_since),
    *(_own.sample_kept, _own.listen_until),
)


class SqlTriggerStore:
    """`TriggerStore` of `domain/interfaces`.

    Args:
        plan: what to expect of a trigger.
    """

    def __init__(self, database: Database, *, plan: Plan) -> None:
        self._database = database
        self._plan = plan

    async def list(
        self, *, workflow: str | None = None, before: str | None = None, limit: int = 100
    ) -> Page[TriggerRow]:
        """See `TriggerStore`."""
        query = select(*TRIGGER_COLUMNS)
        if workflow is not None:
            query = query.where(_own.workflow == workflow)
        if before is not None:
            query = query.where(tuple_(_own.workflow, _own.name) > tuple_(*read_cursor(before, str, str)))
        query = query.order_by(_own.workflow, _own.name).limit(limit + 1)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        last = rows[limit - 1] if len(rows) > limit else None
        return Page([trigger_from(row) for row in rows[:limit]], None if last is None else write_cursor(*last[:2]))

    async def get(self, workflow: str, name: str) -> TriggerRow:
        """See `TriggerStore`."""
        return await self._database.read(lambda connection: _get(connection, workflow, name))

    async def fires(self, triggers: Sequence[TriggerRow], *, limit: int) -> Sequence[Sequence[TriggerFire]]:
        """See `TriggerStore`."""
        keys = [(one.workflow, one.name) for one in triggers]
        return await self._database.read(lambda connection: last_fires(connection, keys, limit))

    async def enable(self, workflow: str, name: str, *, enabled: bool, at: datetime, actor: Actor) -> TriggerRow:
        """See `TriggerStore`."""

        def change(connection: Connection) -> TriggerRow:
            known = _get(connection, workflow, name, lock=True)
            if known.enabled != enabled:
                values: dict[str, Any] = {"enabled": int(enabled), "next_at": None, "claimed_by": None}
                if enabled:
                    # Here, where nobody can publish something else meanwhile.
                    plan = self._plan(Trigger(known.type, known.config), at)
                    values["next_at"] = maybe_micros(plan.next_at)
                if enabled and known.type == "file":
                    # `existing` decides about what came while it was disabled.
                    values["files_since"] = to_micros(utc_now())
                connection.execute(update(triggers).where(_is(workflow, name)).values(values))
                action = "trigger.enable" if enabled else "trigger.disable"
                record(connection, actor, action, f"trigger:{workflow}/{name}", at=utc_now())
            return _get(connection, workflow, name)

        return await self._database.write(change)

    async def claim_due(self, owner: str, *, now: datetime, limit: int) -> Sequence[TriggerRow]:
        """See `TriggerStore`."""
        query = (
            select(*TRIGGER_COLUMNS, _own.claimed_by)
            .where(_own.next_at.is_not(None), _own.next_at <= to_micros(now))
            .where(claimable(_own.claimed_by, self._database.dialect, owner))
            .order_by(_own.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        def claim(connection: Connection) -> list[TriggerRow]:
            rows = connection.execute(query).all()
            keys = [(row.workflow, row.name) for row in rows]
            if keys:
                mine = tuple_(_own.workflow, _own.name).in_(keys)
                connection.execute(update(triggers).where(mine).values(claimed_by=owner))
            return [trigger_from(row, begun=row.claimed_by is not None) for row in rows]

        return await self._database.write(claim, patient=True)

    async def due_until(self, until: datetime, *, limit: int) -> Sequence[TriggerRow]:
        """See `TriggerStore`."""
        query = (
            select(*TRIGGER_COLUMNS)
            .where(_own.next_at.is_not(None), _own.next_at <= to_micros(until), _own.claimed_by.is_(None))
            .order_by(_own.next_at)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [trigger_from(row) for row in rows]

    async def next_due(self, owner: str) -> datetime | None:
        """See `TriggerStore`."""
        ours = or_(_own.claimed_by.is_(None), _own.claimed_by == owner)
        query = select(func.min(_own.next_at)).where(_own.next_at.is_not(None), ours)
        return maybe_instant(await self._database.read(lambda connection: connection.scalar(query)))

    async def at_address(self, type_: str, address: str) -> Sequence[TriggerRow]:
        """See `TriggerStore`."""
        given = {"type": type_, "address": address}
        rows = await self._database.read(lambda connection: connection.execute(_AT_ADDRESS, given).all())
        return [trigger_from(row) for row in rows]

    async def note(self, row: TriggerRow, fire: TriggerFire) -> None:
        """See `TriggerStore`."""
        fired = [(row.workflow, row.name, fire, None)]
        await self._database.write(lambda connection: note_fires(connection, fired))

    async def note_refused(self, refused: Sequence[tuple[str, str, TriggerFire]]) -> None:
        """See `TriggerStore`."""
        await self._database.write(lambda connection: add_refused(connection, refused))

    async def set_secret(self, workflow: str, name: str, secret: str, *, actor: Actor) -> None:
        """See `TriggerStore`."""

        def change(connection: Connection) -> None:
            _get(connection, workflow, name)
            connection.execute(update(triggers).where(_is(workflow, name)).values(secret=secret))
            record(connection, actor, "trigger.token", f"trigger:{workflow}/{name}", at=utc_now())

        await self._database.write(change)

    async def set_sample(self, workflow: str, name: str, sample: Mapping[str, Any] | None, *, actor: Actor) -> None:
        """See `TriggerStore`."""
        text = None if sample is None else json_text(sample)
        values = {"sample": text, "sample_kept": int(sample is not None), "listen_until": None}
        await self._change(workflow, name, values, "trigger.sample", actor)

    async def listen(self, workflow: str, name: str, until: datetime | None, *, actor: Actor) -> None:
        """See `TriggerStore`."""
        await self._change(workflow, name, {"listen_until": maybe_micros(until)}, "trigger.listen", actor)

    async def _change(self, workflow: str, name: str, values: dict[str, Any], action: str, actor: Actor) -> None:
        def change(connection: Connection) -> None:
            _get(connection, workflow, name)
            connection.execute(update(triggers).where(_is(workflow, name)).values(**values))
            record(connection, actor, action, f"trigger:{workflow}/{name}", at=utc_now())

        await self._database.write(change)

    async def hear(self, row: TriggerRow, sample: Mapping[str, Any], *, at: datetime) -> bool:
        """See `TriggerStore`."""
        listening = (_is(row.workflow, row.name), _own.listen_until > to_micros(at))
        values = {"sample": json_text(sample), "sample_kept": 1, "listen_until": None}
        statement = update(triggers).where(*listening).values(**values)
        return await self._database.write(lambda connection: connection.execute(statement).rowcount == 1)

    async def advance(self, owner: str, progress: Sequence[TriggerProgress]) -> None:
        """See `TriggerStore`."""
        # In one order everywhere: processes wait for each other's rows, but not in a circle.
        ordered = sorted(progress, key=lambda one: (one.workflow, one.name))

        def store(connection: Connection) -> None:
            claimed = _claimed(connection, owner, ordered)
            ours = [one for one in ordered if (one.workflow, one.name) in claimed]
            if ours:
                connection.execute(_ADVANCE, [_advanced(one, owner) for one in ours])
            note_samples(connection, {(one.workflow, one.name): one.sample for one in ours if one.sample is not None})
            # What has happened is told, whoever owns the trigger by now.
            note_fires(connection, [(one.workflow, one.name, fire, None) for one in ordered for fire in one.fires])

        await self._database.write(store, patient=True)


_AT_ADDRESS = select(*TRIGGER_COLUMNS).where(
    _own.type == bindparam("type"), _own.address.is_not(None), _own.address == bindparam("address")
)
_ADVANCE = (
    update(triggers)
    .where(_own.workflow == bindparam("w"), _own.name == bindparam("n"))
    .values(next_at=bindparam("at"), claimed_by=bindparam("by"))
)


def _is(workflow: str, name: str) -> Any:
    return and_(_own.workflow == workflow, _own.name == name)


def _missing(connection: Connection, workflow: str, name: str) -> NotFound:
    names = connection.scalars(select(_own.name).where(_own.workflow == workflow)).all()
    if names:
        told = f"The published version of {workflow} has no trigger {name}{hint(name, names)}"
    else:
        known = connection.scalars(select(_own.workflow).distinct()).all()
        told = f"There is no workflow {workflow} with triggers in its published version{hint(workflow, known)}"
    return NotFound("trigger.not_found", f"{told}; `concertmaster triggers list` shows all")


def _get(connection: Connection, workflow: str, name: str, *, lock: bool = False) -> TriggerRow:
    query = select(*TRIGGER_COLUMNS).where(_is(workflow, name))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise _missing(connection, workflow, name)
    return trigger_from(row)


def _claimed(connection: Connection, owner: str, progress: Sequence[TriggerProgress]) -> set[tuple[str, str]]:
    """Those that `owner` still has, locked."""
    keys = [(one.workflow, one.name) for one in progress]
    mine = tuple_(_own.workflow, _own.name).in_(keys)
    query = select(_own.workflow, _own.name).where(mine, _own.claimed_by == owner)
    rows = connection.execute(query.order_by(_own.workflow, _own.name).with_for_update())
    return {(row.workflow, row.name) for row in rows}


def _advanced(one: TriggerProgress, owner: str) -> dict[str, Any]:
    by = owner if one.keep else None
    return {"w": one.workflow, "n": one.name, "at": maybe_micros(one.next_at), "by": by}


def trigger_from(row: Any, *, begun: bool = False) -> TriggerRow:
    """From a row of `TRIGGER_COLUMNS`; more columns may follow."""
    return TriggerRow(
        workflow=row.workflow,
        name=row.name,
        type=row.type,
        config=orjson.loads(row.config),
        version=row.version,
        enabled=bool(row.enabled),
        next_at=maybe_instant(row.next_at),
        address=row.address,
        sample=None if row.sample is None else orjson.loads(row.sample),
        secret=row.secret,
        files_since=maybe_instant(row.files_since),
        sample_kept=bool(row.sample_kept),
        listen_until=maybe_instant(row.listen_until),
        begun=begun,
    )
