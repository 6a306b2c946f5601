"""A NATS server, connected to a checked address and logged in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from concertmaster.data.dialing import tls_for
from concertmaster.nodes.clients.refusals import Network, address_of, demand_driver, refused

_CLOSE_SECONDS = 2.0


@contextlib.asynccontextmanager
async def opened(values: Mapping[str, Any], network: Network, *, seconds: float) -> AsyncGenerator[Any]:
    """A `nats.aio.client.Client` that does not come back by itself.

    Args:
        values: of a connection of type `nats`.
        seconds: that logging in may take.
    Raises:
        UserError, OperationalError: of `dial`; `nats.login_refused`, `nats.broke_off`.
    """
    demand_driver("nats")
    from nats.aio.client import Client  # noqa: PLC0415  (an optional extra)
    from nats.errors import Error  # noqa: PLC0415

    host, port = str(values["host"]), int(values["port"])
    address = await address_of(network, host, port)
    client, told = Client(), list[str]()

    async def note(error: Exception) -> None:
        told.append(str(error))

    try:
        try:
            # The driver waits for ever after a certificate that is not good.
            async with asyncio.timeout(seconds):
                await client.connect(
                    servers=[f"nats://{f'[{address}]' if ':' in address else address}:{port}"],
                    user=values.get("username"),
                    password=values.get("password"),
                    token=values.get("token"),
                    tls=tls_for(host, ca_certificate=values.get("ca_certificate")) if values["tls"] else None,
                    tls_hostname=host if values["tls"] else None,
                    allow_reconnect=False,
                    max_reconnect_attempts=0,
                    connect_timeout=int(seconds),
                    error_cb=note,
                )
        except (Error, OSError, TimeoutError) as error:
            raise _refused(error, told) from error
        yield client
    finally:
        with contextlib.suppress(Error, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await client.close()


def _refused(error: Exception, told: list[str]) -> Exception:
    text = "; ".join(dict.fromkeys([str(error) or type(error).__name__, *told]))
    login = "uthorization" in text or "uthentication" in text
    return refused(
        "nats.login_refused" if login else "nats.broke_off",
        f"The server refuses: {text}",
        "Check token, or username and password"
        if login
        else "Check `tls`, `ca_certificate` and port, and that such a server listens there",
        retryable=not login,
    )


@contextlib.contextmanager
def explained(subject: str, *, sent: bool) -> Generator[None]:
    """Say what an error of the driver means.

    Args:
        sent: whether a connection that breaks off may have taken what was to be sent.
    Raises:
        OperationalError: `nats.nobody`, `nats.no_stream`, `nats.refused`, `nats.timeout`, `nats.broke_off`.
    """
    from nats.errors import Error, NoRespondersError  # noqa: PLC0415  (an optional extra)
    from nats.errors import TimeoutError as NoAnswer  # noqa: PLC0415
    from nats.js.errors import APIError, NoStreamResponseError  # noqa: PLC0415

    try:
        yield
    except NoRespondersError as error:
        fix = "Start what answers there, or check the subject"
        raise refused("nats.nobody", f"Nobody listens to {subject}", fix, retryable=True) from error
    except NoStreamResponseError as error:
        fix = "Make a stream for it, or set `delivery: core`"
        raise refused("nats.no_stream", f"No stream of JetStream keeps {subject}", fix) from error
    except APIError as error:
        fix = "Check `stream`, and the limits of the stream"
        raise refused(
            "nats.refused", f"The stream refuses: {error.description or error}", fix, retryable=(error.code or 0) >= 500
        ) from error
    except (NoAnswer, TimeoutError) as error:
        fix = "Check that whoever listens there answers, or raise the time-out"
        raise refused("nats.timeout", f"No answer from {subject} in time", fix, retryable=True, sent=sent) from error
    except (Error, OSError) as error:
        fix = "Check that the server runs"
        raise refused("nats.broke_off", f"The server broke off: {error}", fix, retryable=True, sent=sent) from error
