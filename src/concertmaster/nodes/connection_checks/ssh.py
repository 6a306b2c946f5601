"""Test of a connection to a server for files over SSH: log in and ask where we are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertmaster.nodes.clients.sftp import opened
from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed


async def sftp(values: Mapping[str, Any], access: Access) -> str:
    """Log in; the server must have the key that the connection names."""
    import asyncssh  # noqa: PLC0415  (an optional extra)

    async with opened(values, access, seconds=SECONDS) as files:
        try:
            await files.realpath(".")
        except (asyncssh.Error, OSError) as error:
            raise CheckFailed(f"The server broke off: {error}", "Check that it offers SFTP on this port") from error
    return "The server took the login and offers SFTP"
