"""Tests of connections: stored ones by name, and values that are not stored yet."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Invalid
from concertmaster.nodes.connection_checks.access import Access
from concertmaster.nodes.connection_types.catalog import check_values
from concertmaster.services.connections import ConnectionService

if TYPE_CHECKING:
    from concertmaster.nodes.connection_checks.run import Outcome

_CHECKS = "concertmaster.nodes.connection_checks.run"
# Each may take ten seconds and a thread.
_AT_ONCE = 8


class ConnectionTestService:
    """Goes to the other side, with no more at a time than the server can spare."""

    def __init__(self, connections: ConnectionService, access: Access) -> None:
        self._connections = connections
        self._access = access
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def stored(self, actor: Actor, name: str) -> Outcome:
        """Test a connection as it is.

        Raises:
            NotFound: `connection.not_found`.
            UserError, OperationalError: it cannot be opened, see `ConnectionService.values`.
        """
        demand(actor, "execution:start")
        type_, values = await self._connections.values(name)
        return await self._run(type_, values)

    async def entered(
        self, actor: Actor, type_: str, values: Mapping[str, Any], *, name: str | None = None, keep: Sequence[str] = ()
    ) -> Outcome:
        """Test values before they are stored.

        Args:
            name: of the connection whose fields `keep` names.
        Raises:
            Invalid: `connection.invalid`.
        """
        demand(actor, "connection:write")
        checked, problems = check_values(type_, await self._connections.merged(actor, name, values, keep))
        if problems:
            raise Invalid("connection.invalid", f"This is not what the type {type_} needs", problems)
        return await self._run(type_, checked)

    async def _run(self, type_: str, values: Mapping[str, Any]) -> Outcome:
        async with self._places:
            # Half a second of drivers, which a server that tests nothing never needs; beside the loop.
            checks = await asyncio.to_thread(import_module, _CHECKS)
            found: Outcome = await checks.run_check(type_, values, self._access)
            return found
