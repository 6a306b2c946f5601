"""The triggers of a workflow follow its published version, in the transaction that publishes or deletes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from concertmaster.domain.errors import Conflict
from concertmaster.domain.interfaces import TriggerPlan
from concertmaster.domain.workflow import Trigger, Workflow
from concertmaster.storage.dialect import Dialect
from concertmaster.storage.encoding import maybe_micros, to_micros
from concertmaster.storage.tables import trigger_fires, triggers
from concertmaster.storage.tables_happenings import happenings, known_files

Plan = Callable[[Trigger, datetime], TriggerPlan]
# A person needs no row, and two webhooks cannot be at one address.
_WITHOUT_ROW = "manual"
_ALONE_AT_ADDRESS = "webhook"
_WITH_FILES = "file"
_own = triggers.c


class TriggerSync:
    """Used in the writer's thread, in its transactions.

    Args:
        plan: what to expect of a trigger.
    """

    def __init__(self, dialect: Dialect, plan: Plan) -> None:
        self._dialect = dialect
        self._plan = plan

    def publish(self, connection: Connection, workflow: Workflow, version: int, *, at: datetime) -> None:
        """Make the rows those of this version.

        A trigger that is told the same as before keeps its progress, and one that still has its type whether it is
        enabled.

        Raises:
            Conflict: `trigger.address_taken`, another workflow has a webhook there.
        """
        query = select(_own.name, _own.type, _own.config, _own.enabled).where(_own.workflow == workflow.name)
        known = {row.name: row for row in connection.execute(query.order_by(_own.name).with_for_update())}
        wanted = {name: one for name, one in workflow.triggers.items() if one.type != _WITHOUT_ROW}
        self.remove(connection, workflow.name, [name for name in known if name not in wanted])
        for name, trigger in wanted.items():
            row, config = known.get(name), config_text(trigger)
            key = (_own.workflow == workflow.name) & (_own.name == name)
            if row is not None and (row.type, row.config) == (trigger.type, config):
                connection.execute(update(triggers).where(key).values(version=version))
                continue
            plan = self._plan(trigger, at)
            if trigger.type == _ALONE_AT_ADDRESS and plan.address is not None:
                self._demand_free(connection, workflow.name, name, plan.address)
            values: dict[str, Any] = {
                "type": trigger.type,
                "config": config,
                "version": version,
                "address": plan.address,
                "claimed_by": None,
                "files_since": to_micros(at) if trigger.type == _WITH_FILES else None,
            }
            if row is None:
                next_at = maybe_micros(plan.next_at)
                connection.execute(
                    insert(triggers).values(workflow=workflow.name, name=name, enabled=1, next_at=next_at, **values)
                )
                continue
            enabled = row.enabled if row.type == trigger.type else 1
            values |= {"enabled": enabled, "next_at": maybe_micros(plan.next_at) if enabled else None}
            if row.type != trigger.type:
                values |= {"sample": None, "sample_kept": 0, "listen_until": None, "secret": None}
            connection.execute(update(triggers).where(key).values(**values))

    def remove(self, connection: Connection, workflow: str, names: list[str] | None = None) -> None:
        """Remove these triggers, or all."""
        columns = (_own.name, trigger_fires.c.name, happenings.c.trigger, known_files.c.trigger)
        for table, name in zip((triggers, trigger_fires, happenings, known_files), columns, strict=True):
            statement = delete(table).where(table.c.workflow == workflow)
            if names is None:
                connection.execute(statement)
            elif names:
                connection.execute(statement.where(name.in_(names)))

    def _demand_free(self, connection: Connection, workflow: str, name: str, address: str) -> None:
        # A first one has no row yet that could be locked.
        self._dialect.lock_keys(connection, [f"hook:{address}"])
        query = select(_own.workflow, _own.name).where(_own.type == _ALONE_AT_ADDRESS, _own.address == address)
        for taken in connection.execute(query):
            if taken.workflow != workflow:
                raise Conflict(
                    "trigger.address_taken",
                    f"The webhook path {address} belongs to the trigger {taken.name} of the workflow {taken.workflow}; "
                    f"choose another path for {name}, or change that one first",
                    workflow=taken.workflow,
                    trigger=taken.name,
                )


def config_text(trigger: Trigger) -> str:
    """The config as its column holds it: the same text for the same config."""
    return orjson.dumps(dict(trigger.config), option=orjson.OPT_SORT_KEYS).decode()
