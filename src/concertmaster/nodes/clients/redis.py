"""A Redis server, connected to a checked address and logged in."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from concertmaster.data.dialing import tls_for
from concertmaster.nodes.clients.refusals import Network, address_of, demand_driver, refused

_RIGHTS = "Check `database` and the rights of the user"
# First words of errors; https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
_FIXES = {
    "WRONGTYPE": "The key holds something else; choose another `stream`",
    "NOGROUP": "Check `stream` and `group`; redis.stream_read makes them",
    "OOM": "Its memory is full; give it more, or set `maxlen`",
    "READONLY": "This one is a replica; connect to the primary",
    "MOVED": "The key is on another server of the cluster; connect to that one",
    "unknown command": "This needs Redis 6.2 or newer",
}


@contextlib.asynccontextmanager
async def opened(values: Mapping[str, Any], network: Network, *, seconds: float) -> AsyncGenerator[Any]:
    """A `redis.asyncio.Redis` without retries of its own; its answers are bytes.

    Args:
        values: of a connection of type `redis`.
        seconds: that an answer may take.
    Raises:
        UserError, OperationalError: of `dial`.
    """
    demand_driver("redis")
    from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection  # noqa: PLC0415  (an optional extra)
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    host, port = str(values["host"]), int(values["port"])
    address = await address_of(network, host, port)
    tls = tls_for(host, ca_certificate=values.get("ca_certificate")) if values["tls"] else None

    class Named(SSLConnection):
        def _connection_arguments(self) -> Mapping[str, Any]:
            return {"host": address, "port": port, "ssl": tls}

    pool: Any = ConnectionPool(
        connection_class=Connection if tls is None else Named,
        host=address,
        port=port,
        db=int(values["database"]),
        username=values.get("username"),
        password=values.get("password"),
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )
    async with Redis.from_pool(pool) as client:
        yield client


@contextlib.contextmanager
def explained(*, sent: bool) -> Generator[None]:
    """Say what an error of the driver means.

    Args:
        sent: whether a connection that breaks off may have taken what was to be sent.
    Raises:
        OperationalError: `redis.login_refused`, `redis.refused`, `redis.broke_off`.
    """
    from redis import exceptions  # noqa: PLC0415

    try:
        yield
    except exceptions.AuthenticationError as error:
        raise refused(
            "redis.login_refused", f"The server refuses the login: {error}", "Check username and password"
        ) from error
    except exceptions.ResponseError as error:
        busy = str(error).startswith(("LOADING", "MASTERDOWN", "TRYAGAIN", "OOM", "BUSY "))
        text = str(error)
        fix = next((fix for words, fix in _FIXES.items() if text.startswith(words)), _RIGHTS)
        raise refused("redis.refused", f"The server refuses: {text}", fix, retryable=busy) from error
    except (exceptions.RedisError, OSError) as error:
        raise refused(
            "redis.broke_off",
            f"The server broke off: {error}",
            "Check `tls`, `ca_certificate` and port, and that such a server listens there",
            retryable=True,
            sent=sent,
        ) from error
