"""Stores of workflows and executions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

from concertmaster.domain.access import Actor
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.execution_filter import EVERY, ExecutionFilter
from concertmaster.domain.interfaces.append import LogLine
from concertmaster.domain.workflow import Workflow

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredWorkflow:
    """One version of a workflow.

    Attributes:
        published: the published version's number.
        document: canonical JSON text.
        created_by: who made it.
        deleted: of the workflow; its versions stay, for the executions that have them.
    """

    name: str
    version: int
    published: int | None
    hash: str
    document: str
    created_at: datetime
    created_by: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class WorkflowLine:
    """One line of the list of workflows."""

    name: str
    title: str | None
    description: str | None
    labels: Mapping[str, str]
    version: int
    published: int | None
    node_count: int
    updated_at: datetime


# What a version was made for; lists leave out those of test runs.
Origin = Literal["save", "test"]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One line of a workflow's history; `published` is whether it is the published one."""

    version: int
    hash: str
    published: bool
    created_at: datetime
    node_count: int
    created_by: str
    label: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, newest first; `next` is the cursor for the page after it.

    Attributes:
        scanned_until: how far was looked, where looking further would have taken too long: the page may be short.
    """

    items: Sequence[T]
    next: str | None = None
    scanned_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FromDraft:
    """How a version is made of a draft.

    Attributes:
        revision: that of the draft whose document it is.
        label: a name for the version.
    """

    revision: int
    label: str | None = None
    origin: Origin = "save"


class WorkflowStore(Protocol):
    """Workflows and their immutable versions."""

    async def save(
        self,
        workflow: Workflow,
        *,
        publish: bool,
        expected_version: int | None,
        actor: Actor,
        draft: FromDraft | None = None,
    ) -> tuple[StoredWorkflow, bool]:
        """Store a version; unchanged content keeps the newest version (and publishes it when asked).

        A draft without changes of its own follows; one of a test run is not the newest.

        Args:
            draft: it is the document of the draft.
        Returns:
            The stored version and whether it is new.
        Raises:
            PreconditionFailed: `workflow.changed`, the newest version is not `expected_version`.
            Conflict: `draft.moved`, the draft has another revision by now.
        """
        ...

    async def get(self, name: str, version: int | None = None) -> StoredWorkflow:
        """A version, the newest when none is given.

        Raises:
            NotFound: `workflow.not_found` or `workflow.version_not_found`.
        """
        ...

    async def list(self, *, before: str | None = None, limit: int = 100) -> Page[WorkflowLine]: ...

    async def naming(self, texts: Sequence[str]) -> list[StoredWorkflow]:
        """The newest and the published version of every workflow whose document has one of the texts, by name."""
        ...

    async def versions(
        self, name: str, *, before: str | None = None, limit: int = 100, everything: bool = False
    ) -> Page[VersionLine]:
        """The history, newest first; with `everything` those of test runs, too."""
        ...

    async def line(self, name: str, version: int) -> VersionLine:
        """One line of the history. Raises NotFound `workflow.not_found`, `workflow.version_not_found`."""
        ...

    async def publish(self, workflow: Workflow, version: int, *, actor: Actor) -> VersionLine:
        """Make a version that is there the published one; `workflow` is its document."""
        ...

    async def label(self, name: str, version: int, label: str | None, *, actor: Actor) -> VersionLine:
        """Name a version, or take its name away."""
        ...

    async def delete(self, name: str, *, actor: Actor) -> None:
        """Remove a workflow from lists; its versions stay readable for their executions."""
        ...


@dataclass(frozen=True, slots=True)
class OpenExecutions:
    """How many executions are not final, by status, and when the oldest that has not started was accepted."""

    by_status: Mapping[str, int]
    oldest_queued: datetime | None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines of a log; None lets all through.

    Attributes:
        level: exactly this one; `min_level`: this one of `LOG_LEVELS` and what is worse.
        text: somewhere in the line, in upper or lower case (beyond ASCII as far as the database knows).
    """

    node: str | None = None
    attempt: int | None = None
    level: str | None = None
    min_level: str | None = None
    text: str | None = None


EVERY_LINE = LogFilter()
LOG_LEVELS = ("debug", "info", "warning", "error")


class ExecutionStore(Protocol):
    """Reading executions; they are changed through the journal only."""

    async def get(self, execution_id: str) -> ExecutionRow:
        """Raises NotFound `execution.not_found`."""
        ...

    async def list(
        self, chosen: ExecutionFilter = EVERY, *, before: str | None = None, limit: int = 50
    ) -> Page[ExecutionRow]:
        """A page of those that all filters let through, newest first."""
        ...

    async def oldest_queued(self) -> datetime | None:
        """When the oldest one was accepted that waits for its first start."""
        ...

    async def open_executions(self) -> OpenExecutions:
        """For metrics; costs as much as there are open ones."""
        ...

    async def keyed(self, workflow: str, key: str) -> tuple[ExecutionRow, str] | None:
        """The execution of a workflow that was started with an idempotency key, and the fingerprint of that start."""
        ...

    async def slot_holders(self, slot_key: str, *, limit: int = 20) -> Sequence[str]:
        """Ids of the unfinished executions that hold a place of a concurrency limit, oldest first."""
        ...

    async def latest(self, workflows: Sequence[str]) -> Mapping[str, ExecutionRow]:
        """The newest execution of each named workflow."""
        ...

    async def log_counts(self, execution_id: str, *, until: datetime | None = None) -> Mapping[str, int]:
        """How many lines each node logged, all or until a time; nodes without one are left out."""
        ...

    async def logs(
        self,
        execution_id: str,
        *,
        after: int = 0,
        before: int | None = None,
        only: LogFilter = EVERY_LINE,
        limit: int = 1000,
    ) -> list[LogLine]:
        """Lines with n > after, in order; with `before` the last ones with n < before."""
        ...
