"""Tests of connections to message services: log in and ask for a sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertmaster.nodes.clients import nats as nats_client
from concertmaster.nodes.clients import rabbitmq as rabbitmq_client
from concertmaster.nodes.clients import redis as redis_client
from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed

_TLS = "Check `tls` and port, and that such a server listens there"


async def redis(values: Mapping[str, Any], access: Access) -> str:
    """Ask about the server, on the database of the connection."""
    async with redis_client.opened(values, access, seconds=SECONDS) as client:
        with redis_client.explained(sent=False):
            found = await client.info("server")
    return f"Redis {found.get('redis_version', '?')} answered"


async def rabbitmq(values: Mapping[str, Any], access: Access) -> str:
    """Open the virtual host."""
    async with rabbitmq_client.opened(values, access, seconds=SECONDS) as connection:
        properties: Any = getattr(connection.transport, "connection", None)
        server: Any = getattr(properties, "server_properties", None) or {}
    version = server.get("version", "")
    version = version.decode() if isinstance(version, bytes) else str(version)
    return f"The broker answered{f', version {version}' if version else ''}"


async def nats(values: Mapping[str, Any], access: Access) -> str:
    """Connect and flush."""
    from nats.errors import Error  # noqa: PLC0415  (an optional extra)

    async with nats_client.opened(values, access, seconds=SECONDS - 2) as client:
        try:
            await client.flush(timeout=int(SECONDS) - 2)
        except (Error, OSError, TimeoutError) as error:
            raise CheckFailed(f"The server broke off: {error}", _TLS) from error
        return f"NATS {client.connected_server_version} answered"
