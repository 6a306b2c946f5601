"""Where work runs, and what it needs: time, the bus, compute, places, leases."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from concertmaster.domain.events import Event
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces.journal import Claim


class Clock(Protocol):
    """Time, handed in so that tests can move it."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class Named(Protocol):
    """Whose name may change: a process that lost its lease goes on under another."""

    @property
    def name(self) -> str:
        """As in the table of owners."""
        ...


@dataclass(frozen=True, slots=True)
class Committed:
    """What one execution got in a group commit: events that are durable now, and its row after them.

    Attributes:
        data: the JSON text of each event's `data`, encoded once for journal and stream.
        at: when this process knew of it, as `time.monotonic` tells it.
    """

    row: ExecutionRow
    events: Sequence[Event]
    data: Sequence[bytes]
    at: float = field(default_factory=time.monotonic)


class Subscription(Protocol):
    """A bounded queue of what was committed; leave it with `close`."""

    async def next(self) -> list[Committed]:
        """What came since the last call, waited for; empty when closed.

        Raises:
            OperationalError: `stream.overflow`, the reader was too slow; catch up from the journal.
        """
        ...

    def close(self) -> None: ...


class EventBus(Protocol):
    """Fan-out of committed events. If it fails nothing is lost: readers catch up from the journal by seq."""

    def publish(self, committed: Sequence[Committed]) -> None: ...

    def subscribe(self, execution_id: str | None) -> Subscription:
        """Follow one execution, or all (None)."""
        ...


class Cipher(Protocol):
    """Authenticated encryption; `context` binds a blob to its place."""

    def encrypt(self, plain: bytes, context: str) -> bytes: ...

    def decrypt(self, blob: bytes, context: str) -> bytes: ...

    def rewrap(self, blob: bytes, context: str) -> bytes | None:
        """The blob under the key that encrypts now, None when it is already."""
        ...

    def rotate(self) -> str:
        """Take a new key into use; gives its id."""
        ...


class Abandoned(Exception):
    """A thread went on after it was told to stop; it cannot be killed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a call that has to wait for a free thread or process tells, once or more often.

    Attributes:
        waits: called on the loop with what it waits for, `threads` or `processes`.
        goes_on: awaited with the place taken, before the function runs.
    """

    waits: Callable[[str], None]
    goes_on: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class IsolatedCall:
    """A call of a node function in a child process: plain data, and what the child may ask for while it runs.

    Attributes:
        owner: whose code it is; a child that ran code of one owner never runs that of another.
        node: the node's id, for messages.
        job: plain JSON data that says what to run; what it means is between `engine.isolated` and the child.
        unfinished: folder where a child may have one for artifacts that it has not finished; removed with the child.
        memory_bytes: limit of memory, when it is another than everybody's.
        expired: whether a cancellation means that the time is over: the child is then killed at once.
        on_log: called on the loop with (level, text).
        on_progress: called on the loop with (done, total).
        connection: gives a connection by name, as plain JSON data.
        turn: told when it waits for a free process.
    """

    owner: str
    node: str
    job: Mapping[str, Any]
    unfinished: Path
    memory_bytes: int | None
    expired: Callable[[], bool]
    on_log: Callable[[str, str], None]
    on_progress: Callable[[float, float | None], None]
    connection: Callable[[str], Awaitable[Mapping[str, Any]]]
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class ComputeStats:
    """What runs outside of the server's own loop at this moment, and what went wrong since its start.

    Attributes:
        threads: node functions in threads.
        abandoned_threads: of these, how many were left behind and still hold their slot.
        plugin_loop_lag_seconds: by how much the loop of plugins is late now.
        plugin_loops_replaced: how often that loop was blocked, and left behind.
        children: child processes with node code, idle ones included.
        children_killed: how many were killed for time, memory, CPU or a cancellation.
    """

    threads: int = 0
    abandoned_threads: int = 0
    plugin_loop_lag_seconds: float = 0.0
    plugin_loops_replaced: int = 0
    children: int = 0
    children_killed: int = 0


class Compute(Protocol):
    """Where a node's function runs: on the loop, on a second loop, in a thread, in a child process."""

    async def run(
        self,
        call: Callable[[], Any],
        *,
        where: str,
        stop: Callable[[], None],
        alone: str | None = None,
        turn: Turn | None = None,
    ) -> Any:
        """Run `call` and return its result.

        Args:
            where: `loop` (call returns an awaitable), `plugin_loop` (the same, on a loop of its own), `thread`.
            stop: called once when the caller is cancelled; `Context.cancelled` is true from then on.
            alone: it does not start before every abandoned thread of the same name has ended.
            turn: told when it waits for a free thread.
        Raises:
            Abandoned: cancelled, and a thread did not end within its grace (10 s): its result will be dropped and
                its slot stays taken until it ends.
        """
        ...

    async def run_isolated(self, call: IsolatedCall) -> Mapping[str, Any]:
        """Run a call in a child process; when the caller is cancelled, the child is told to end, then killed.

        Returns:
            What the child answered: plain JSON data, bounded in size, otherwise as untrusted as the child.
        Raises:
            OperationalError: `node.crashed`, `node.out_of_memory`, `node.cpu_exceeded`, `node.too_many_processes`,
                `node.no_process`: the child is gone, and says what ended it.
        """
        ...

    def left_behind(self, alone: str) -> bool:
        """Whether an abandoned thread of that name still runs."""
        ...

    def stats(self) -> ComputeStats:
        """What runs now."""
        ...


class Slots(Protocol):
    """Places under the limits of node types and connections, over all processes on the database.

    A place belongs to its owner's lease: when the owner is dead it is free.
    """

    async def take(self, resource: str, *, limit: int, holder: str) -> bool:
        """Take a place; False when all are taken. Taking it twice is taking it once."""
        ...

    async def give_back(self, resource: str, *, holder: str) -> None:
        """Free a place, and let other processes know; nothing happens when it is not held by this process."""
        ...

    async def holders(self, resource: str) -> Sequence[str]:
        """Who holds the places, oldest first: `<execution>/<node>/<attempt>`."""
        ...


class Lease(Protocol):
    """The life of this process as the database sees it: whoever has no lease owns nothing."""

    async def register(self, owner: str) -> None:
        """Take a lease under a new name, and keep it; waits for a database in trouble."""
        ...

    async def release(self) -> None:
        """Give it back, with every execution and place that goes with it: they are due at once, for whoever comes."""
        ...


class Placement(Protocol):
    """Where an execution is driven."""

    def submit(self, claim: Claim) -> None:
        """Start driving an execution that this process has claimed."""
        ...

    async def prepare(self, workflow: str, version: int) -> None:
        """Have at hand what an execution of this version needs; it will come soon."""
        ...

    @property
    def full(self) -> bool:
        """Whether as many executions are in memory as may be."""
        ...

    def room(self) -> int:
        """How many claims of executions that have a history may be submitted now."""
        ...

    def wake(self, execution_id: str) -> bool:
        """Tell the drive of an execution to look at its inbox; False when it is not driven here."""
        ...
