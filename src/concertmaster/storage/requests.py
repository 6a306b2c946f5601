"""Requests of others to the owner of an execution: checked, put into the inbox, and announced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import Conflict, NotFound, UserError
from concertmaster.domain.execution import FINAL_EXECUTION, REQUESTS, ExecutionRow, RequestKind
from concertmaster.storage.audit import record
from concertmaster.storage.encoding import to_micros
from concertmaster.storage.notices import Move, Notices
from concertmaster.storage.rows import EXECUTION_COLUMNS, MOVED, counted_as, execution_from, json_text
from concertmaster.storage.tables import executions, inbox

_CODES: Mapping[RequestKind, str] = {
    "cancel": "execution.ended",
    "pause": "execution.ended",
    "resume": "execution.not_paused",
    "retry": "execution.not_ended",
}
_REMEDIES: Mapping[RequestKind, str] = {
    "cancel": "there is nothing left to cancel",
    "pause": "there is nothing left to pause; replay it to run it anew",
    "resume": "only a paused or interrupted one can be resumed",
    "retry": "cancel it first, or wait for its end",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks of an execution; `data` has at least `reason`.

    Raises:
        UserError: `event.not_storable`, something in `data` is no JSON.
    """

    execution_id: str
    kind: RequestKind
    data: Mapping[str, Any]
    actor: Actor
    at: datetime

    def __post_init__(self) -> None:
        # Here, where it is the caller's error, and not in the writer's thread.
        try:
            json_text(self.data)
        except (TypeError, ValueError, RecursionError) as error:
            raise UserError(
                "event.not_storable",
                f"The request to {self.kind} execution {self.execution_id} holds what cannot be stored: {error}. "
                "Use plain JSON data.",
            ) from error

    def post(self, connection: Connection, notices: Notices) -> ExecutionRow:
        """Put it into the inbox, with its audit row; who has no owner becomes due, who has ended is queued again.

        Raises:
            NotFound: `execution.not_found`.
            Conflict: `execution.ended`, `execution.not_ended` or `execution.not_paused`.
        """
        # Locked, so that nobody releases or ends it between this look and the row.
        query = select(*EXECUTION_COLUMNS).where(executions.c.id == self.execution_id).with_for_update()
        found = connection.execute(query).one_or_none()
        if found is None:
            raise NotFound("execution.not_found", f"There is no execution {self.execution_id}")
        row = execution_from(found)
        if row.status not in REQUESTS[self.kind]:
            raise Conflict(
                _CODES[self.kind],
                f"Execution {self.execution_id} is {row.status}, so it cannot be asked to {self.kind}: "
                f"{_REMEDIES[self.kind]}",
                status=row.status,
            )
        self.put(connection)
        if row.owner is None:
            values: dict[str, Any] = {"wake_at": to_micros(self.at)}
            if row.status in FINAL_EXECUTION:
                values |= {"admitted": int(row.slot_key is None), "ended_at": None, "error": None}
                values |= counted_as("queued")
            statement = update(executions).where(executions.c.id == row.id).values(**values)
            changed = connection.execute(statement.returning(*EXECUTION_COLUMNS, *MOVED)).one()
            if row.status in FINAL_EXECUTION:
                notices.moves.append(Move(*changed[-len(MOVED) :]))
            row = execution_from(changed)
        notices.attention([row.id])
        return row

    def put(self, connection: Connection) -> None:
        """The row in the inbox and the one in the audit, without a look at the execution."""
        connection.execute(
            insert(inbox).values(
                execution_id=self.execution_id, at=to_micros(self.at), kind=self.kind, data=json_text(self.data)
            )
        )
        target = f"execution:{self.execution_id}"
        record(connection, self.actor, f"execution.{self.kind}", target, at=self.at, data=self.data)
