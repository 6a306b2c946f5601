"""Tests of connections to message services: log in and ask for a sign of life."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed, tls_for

_LOGIN = "Check username and password"
_TLS = "Check `tls` and port, and that such a server listens there"


async def redis(values: Mapping[str, Any], access: Access) -> str:
    """PING, on the database of the connection."""
    from redis import exceptions  # noqa: PLC0415  (an optional extra)
    from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection  # noqa: PLC0415
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    host, port = str(values["host"]), int(values["port"])
    address = await access.address(host, port)

    class Named(SSLConnection):
        def _connection_arguments(self) -> Mapping[str, Any]:
            return {"host": address, "port": port, "ssl": tls_for(host)}

    pool: Any = ConnectionPool(
        connection_class=Named if values["tls"] else Connection,
        host=address,
        port=port,
        db=int(values["database"]),
        username=values.get("username"),
        password=values.get("password"),
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        async with Redis.from_pool(pool) as client:
            found: Any = await client.info("server")
    except exceptions.AuthenticationError as error:
        raise CheckFailed(f"The server refuses the login: {error}", _LOGIN) from error
    except exceptions.ResponseError as error:
        raise CheckFailed(f"The server refuses: {error}", "Check `database` and the rights of the user") from error
    except (exceptions.RedisError, OSError) as error:
        raise CheckFailed(f"The server broke off: {error}", _TLS) from error
    return f"Redis {found.get('redis_version', '?')} answered"


async def rabbitmq(values: Mapping[str, Any], access: Access) -> str:
    """Open the virtual host."""
    import aio_pika  # noqa: PLC0415  (an optional extra)
    from aio_pika.exceptions import AMQPError, AuthenticationError, ProbableAuthenticationError  # noqa: PLC0415

    host, port, secure = str(values["host"]), int(values["port"]), bool(values["tls"])
    address = await access.address(host, port)
    try:
        connection = await aio_pika.connect(
            host=address,
            port=port,
            login=str(values["username"]),
            password=str(values["password"]),
            virtualhost=str(values["virtual_host"]),
            ssl=secure,
            ssl_context=tls_for(host) if secure else None,
            timeout=SECONDS,
        )
        async with connection:
            properties: Any = getattr(connection.transport, "connection", None)
            server: Any = getattr(properties, "server_properties", None) or {}
    except (AuthenticationError, ProbableAuthenticationError) as error:
        raise CheckFailed(
            "The broker refuses the login", f"{_LOGIN}; guest may log in on the broker's machine only"
        ) from error
    except AMQPError as error:
        fix = "Check `virtual_host` and the rights of the user on it" if "vhost" in str(error) else _TLS
        raise CheckFailed(f"The broker refuses: {error}", fix) from error
    except OSError as error:
        raise CheckFailed(f"The broker broke off: {error}", _TLS) from error
    version = server.get("version", "")
    version = version.decode() if isinstance(version, bytes) else str(version)
    return f"The broker answered{f', version {version}' if version else ''}"


async def nats(values: Mapping[str, Any], access: Access) -> str:
    """Connect and flush."""
    from nats.aio.client import Client  # noqa: PLC0415  (an optional extra)
    from nats.errors import Error  # noqa: PLC0415

    host, port = str(values["host"]), int(values["port"])
    address = await access.address(host, port)
    client, told = Client(), list[str]()

    async def note(error: Exception) -> None:
        told.append(str(error))

    try:
        await client.connect(
            servers=[f"nats://{f'[{address}]' if ':' in address else address}:{port}"],
            user=values.get("username"),
            password=values.get("password"),
            token=values.get("token"),
            tls=tls_for(host) if values["tls"] else None,
            tls_hostname=host if values["tls"] else None,
            allow_reconnect=False,
            max_reconnect_attempts=0,
            connect_timeout=int(SECONDS) - 2,
            error_cb=note,
        )
        await client.flush(timeout=int(SECONDS) - 2)
        version = client.connected_server_version
    except (Error, OSError, TimeoutError) as error:
        text = "; ".join(dict.fromkeys([str(error) or type(error).__name__, *told]))
        fix = "Check token, or username and password" if "uthorization" in text or "uthentication" in text else _TLS
        raise CheckFailed(f"The server refuses: {text}", fix) from error
    finally:
        with contextlib.suppress(Error, OSError, TimeoutError):
            await client.close()
    return f"NATS {version} answered"
