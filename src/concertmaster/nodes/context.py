"""Context: what a running node may see of the world, and Outlet: how it chooses where its result goes.

`Context` is a Protocol: the engine implements it for real attempts, a test may write ten lines of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from socket import socket

    from concertmaster.data.guard import GuardedClient
    from concertmaster.nodes.credentials import Connection

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outlet(Generic[T]):
    """A result that leaves through the outlet `name`; the outlets not named are skipped."""

    name: str
    value: T


class Logger(Protocol):
    """Writes lines to the node's log, shown live beside the run; `args` fill `%s` places as in `logging`."""

    def debug(self, text: str, *args: object) -> None: ...

    def info(self, text: str, *args: object) -> None: ...

    def warning(self, text: str, *args: object) -> None: ...

    def error(self, text: str, *args: object) -> None: ...


class Context(Protocol):
    """Given to the parameter that is annotated with it. Everything but `connection` may be used from any thread."""

    @property
    def logger(self) -> Logger:
        """The log of this node in this execution."""
        ...

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt at this piece of work: send it along with what must happen only once."""
        ...

    @property
    def execution_id(self) -> str:
        """The execution this attempt belongs to."""
        ...

    @property
    def node(self) -> str:
        """The node's id in its workflow."""
        ...

    @property
    def attempt(self) -> int:
        """Counts from 1."""
        ...

    @property
    def http(self) -> GuardedClient:
        """The guarded asynchronous HTTP client: bounded time, size and redirects, refused addresses refused."""
        ...

    @property
    def programs(self) -> tuple[str, ...]:
        """Programs of the machine that nodes may run, as the setting SHELL_ALLOW names them; `*` is any."""
        ...

    async def connect(self, host: str, port: int) -> socket:
        """A TCP connection for a protocol other than HTTP, not blocking; close it. The rules are those of `http`.

        Raises:
            UserError: `http.egress_refused`.
            OperationalError: `http.dns_failed`, `network.connect_failed`.
        """
        ...

    def progress(self, done: float, total: float | None = None) -> None:
        """Say how far the work is; calls may come as often as they like, they are thinned out."""
        ...

    def cancelled(self) -> bool:
        """Whether the attempt should end: a loop in a thread asks now and then and returns early."""
        ...

    def path(self, relative: str | Path, *, write: bool = False) -> Path:
        """A path inside the workspace.

        Args:
            write: also make the missing folders above it.
        Raises:
            UserError: it leads out of the workspace.
        """
        ...

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a server that a driver may connect to, as the guarded client would; blocks.

        Connect to one of them and not to the name, which may lead elsewhere a second time.

        Raises:
            UserError: `http.egress_refused`.
            OperationalError: `http.dns_failed`.
        """
        ...

    def scratch(self) -> Path:
        """An empty folder of this attempt, removed when the attempt is over."""
        ...

    async def connection(self, connection: str | Connection) -> Connection:
        """A connection with its values, by name or by the reference that a config parameter holds.

        Raises:
            UserError: `connection.not_found`, or it is of another type than the parameter asks for.
        """
        ...
