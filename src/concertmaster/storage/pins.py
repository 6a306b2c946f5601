"""Pins in SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import NotFound
from concertmaster.domain.interfaces import Pin
from concertmaster.domain.values import PlannedTable, Stored, from_json, to_json
from concertmaster.storage.audit import record
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros, utc_now
from concertmaster.storage.rows import json_text
from concertmaster.storage.tables import workflows
from concertmaster.storage.tables_artifacts import pins

_own = pins.c


class SqlPinStore:
    """`PinStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def list(self, workflow: str) -> Sequence[Pin]:
        """See `PinStore`."""
        query = select(pins).where(_own.workflow == workflow).order_by(_own.node)
        return [_pin(row) for row in await self._database.read(lambda connection: connection.execute(query).all())]

    async def put(self, pin: Pin, *, actor: Actor) -> None:
        """See `PinStore`."""
        at = self._now()
        values: dict[str, Any] = {
            "workflow": pin.workflow,
            "node": pin.node,
            "outlet": pin.outlet,
            "value": json_text(to_json(pin.value)),
            "digest": pin.value.artifact,
            "execution_id": pin.execution,
            "origin_node": pin.origin_node,
            "at": to_micros(pin.at),
            "pinned_by": pin.by,
        }
        about = {"node": pin.node, "outlet": pin.outlet, "execution": pin.execution}

        def store(connection: Connection) -> None:
            # Who deletes the workflow takes the same row, and removes its pins.
            known = select(workflows.c.name).where(workflows.c.name == pin.workflow, workflows.c.deleted_at.is_(None))
            if connection.execute(known.with_for_update()).one_or_none() is None:
                raise NotFound("workflow.not_found", f"There is no workflow {pin.workflow}")
            connection.execute(_of(pin.workflow, pin.node))
            connection.execute(insert(pins).values(**values))
            record(connection, actor, "pin.set", f"workflow:{pin.workflow}", at=at, data=about)

        await self._database.write(store)

    async def remove(self, workflow: str, node: str, *, actor: Actor) -> None:
        """See `PinStore`."""
        at = self._now()

        def remove(connection: Connection) -> None:
            if connection.execute(_of(workflow, node)).rowcount == 0:
                raise NotFound("pin.not_found", f"No output of '{node}' in {workflow} is pinned")
            record(connection, actor, "pin.remove", f"workflow:{workflow}", at=at, data={"node": node})

        await self._database.write(remove)


def remove_pins(connection: Connection, workflow: str) -> None:
    """All of a workflow, with it."""
    connection.execute(delete(pins).where(_own.workflow == workflow))


def _of(workflow: str, node: str) -> Any:
    return delete(pins).where(_own.workflow == workflow, _own.node == node)


def _pin(row: Any) -> Pin:
    return Pin(
        workflow=row.workflow,
        node=row.node,
        outlet=row.outlet,
        value=_stored(row.value),
        at=from_micros(row.at),
        by=row.pinned_by,
        execution=row.execution_id,
        origin_node=row.origin_node,
    )


def _stored(text: str) -> Stored:
    value = from_json(orjson.loads(text))
    assert not isinstance(value, PlannedTable), "what is pinned is stored"
    return value
