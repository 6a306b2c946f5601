"""Refusals: what servers that are spoken to directly say no with, as errors that nodes raise and tests of connections
show, and the network that both reach them over."""

from __future__ import annotations

import socket
from importlib import import_module
from typing import Any, Protocol

from concertmaster.domain.errors import OperationalError, UserError


class Network(Protocol):
    """The way out: a node's `Context`, or what the test of a connection has."""

    async def connect(self, host: str, port: int) -> socket.socket:
        """A socket that is connected to an address of the host that may be reached."""
        ...


def refused(code: str, reason: str, fix: str, *, retryable: bool = False, **details: Any) -> OperationalError:
    """A server could not be worked with, and nothing was sent, unless `sent` says otherwise.

    Args:
        reason: what was found, without secrets.
        fix: what to do about it.
    """
    given = {"sent": False, "reason": reason, "fix": fix, **details}
    return OperationalError(code, f"{reason}. {fix}", retryable=retryable, **given)


async def address_of(network: Network, host: str, port: int) -> str:
    """One address of the host that may be reached and answers, for drivers that connect by themselves."""
    with await network.connect(host, port) as found:
        return str(found.getpeername()[0])


def demand_driver(type_: str) -> None:
    """Refuse to work without the library that a type of connection needs.

    Raises:
        UserError: `connection.driver_missing`, saying how to install it.
    """
    # Its models take a while to build, and nodes load when the server starts.
    known = import_module("concertmaster.nodes.connection_types.catalog").TYPES[type_]
    if known.missing_driver is not None:
        raise UserError(
            "connection.driver_missing",
            f"The driver for {known.title} is not installed. Install it and restart: {known.missing_driver}",
            sent=False,
        )
