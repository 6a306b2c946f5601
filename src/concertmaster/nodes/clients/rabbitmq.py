"""A RabbitMQ broker, connected to a checked address and logged in."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from concertmaster.data.dialing import tls_for
from concertmaster.nodes.clients.refusals import Network, address_of, demand_driver, refused

_TLS = "Check `tls`, `ca_certificate` and port, and that such a server listens there"


@contextlib.asynccontextmanager
async def opened(values: Mapping[str, Any], network: Network, *, seconds: float) -> AsyncGenerator[Any]:
    """An `aio_pika` connection that does not come back by itself.

    Args:
        values: of a connection of type `rabbitmq`.
        seconds: that logging in may take.
    Raises:
        UserError, OperationalError: of `dial`; `rabbitmq.login_refused`, `rabbitmq.refused`, `rabbitmq.broke_off`.
    """
    demand_driver("rabbitmq")
    import aio_pika  # noqa: PLC0415  (an optional extra)

    host, port, secure = str(values["host"]), int(values["port"]), bool(values["tls"])
    address = await address_of(network, host, port)
    with explained(sent=False):
        connection = await aio_pika.connect(
            host=address,
            port=port,
            login=str(values["username"]),
            password=str(values["password"]),
            virtualhost=str(values["virtual_host"]),
            ssl=secure,
            ssl_context=tls_for(host, ca_certificate=values.get("ca_certificate")) if secure else None,
            timeout=seconds,
        )
    async with connection:
        yield connection


@contextlib.contextmanager
def explained(*, sent: bool) -> Generator[None]:
    """Say what an error of the driver means.

    Args:
        sent: whether a connection that breaks off may have taken what was to be sent.
    Raises:
        OperationalError: `rabbitmq.login_refused`, `rabbitmq.virtual_host`, `rabbitmq.refused`, `rabbitmq.broke_off`.
    """
    from aio_pika.exceptions import (  # noqa: PLC0415  (an optional extra)
        AMQPConnectionError,
        AMQPError,
        AuthenticationError,
        ChannelInvalidStateError,
        ProbableAuthenticationError,
    )

    try:
        yield
    except (AuthenticationError, ProbableAuthenticationError) as error:
        raise refused(
            "rabbitmq.login_refused",
            "The broker refuses the login",
            "Check username and password; guest may log in on the broker's machine only",
        ) from error
    except AMQPError as error:
        text = str(error)
        # That is all the driver says of a virtual host that is not there, or not for this user.
        if "Connection.OpenOk" in text:
            fix = "Check `virtual_host` and the rights of the user on it"
            raise refused("rabbitmq.virtual_host", "The broker does not open the virtual host", fix) from error
        lost = isinstance(error, AMQPConnectionError)
        fix = _TLS if lost else "Check the names, and the rights of the user"
        raise refused(
            "rabbitmq.refused", f"The broker refuses: {text}", fix, retryable=lost, sent=sent and lost
        ) from error
    except (OSError, ChannelInvalidStateError) as error:
        raise refused(
            "rabbitmq.broke_off", f"The broker broke off: {error}", _TLS, retryable=True, sent=sent
        ) from error
