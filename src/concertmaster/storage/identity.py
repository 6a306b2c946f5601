"""The identity of a database, which is copied with it: whose an artifact store is."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, select, text

from concertmaster.storage.database import Database
from concertmaster.storage.tables_artifacts import identity


async def identity_of(database: Database) -> str:
    """The name of this database, which nobody else has."""
    known = await database.read(lambda connection: connection.scalar(select(identity.c.value)))
    if known is not None:
        return known

    def name(connection: Connection) -> str:
        # Two processes may start at one time.
        insert = text("INSERT INTO identity (id, value) VALUES (1, :value) ON CONFLICT DO NOTHING")
        connection.execute(insert, {"value": str(uuid.uuid4())})
        return connection.scalars(select(identity.c.value)).one()

    return await database.write(name)
