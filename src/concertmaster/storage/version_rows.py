"""Rows of workflows and their versions, as both stores and saves read them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from concertmaster.domain.errors import NotFound
from concertmaster.domain.interfaces import StoredWorkflow, VersionLine
from concertmaster.storage.encoding import from_micros
from concertmaster.storage.tables import workflow_versions, workflows

LINE = (
    workflows.c.name,
    workflows.c.title,
    workflows.c.description,
    workflows.c.labels,
    workflows.c.version,
    workflows.c.published,
    workflows.c.node_count,
    workflows.c.updated_at,
)
# What never changes of a version.
VERSION = (
    workflow_versions.c.version,
    workflow_versions.c.hash,
    workflow_versions.c.document,
    workflow_versions.c.created_at,
    workflow_versions.c.created_by,
)
HISTORY = (
    workflow_versions.c.version,
    workflow_versions.c.hash,
    workflow_versions.c.created_at,
    workflow_versions.c.node_count,
    workflow_versions.c.created_by,
    workflow_versions.c.label,
    workflow_versions.c.origin,
)
# What the column holds.
HIGHEST_VERSION = 2**31 - 1


def head_of(name: str) -> Any:
    """The query for the row of a workflow."""
    return select(*LINE, workflows.c.deleted_at).where(workflows.c.name == name)


def version_of(connection: Connection, name: str, version: int) -> Any:
    """What never changes of a version, or None."""
    own = workflow_versions.c
    if version > HIGHEST_VERSION:
        return None
    return connection.execute(select(*VERSION).where(own.workflow == name, own.version == version)).one_or_none()


def stored_from(head: Any, version: Any) -> StoredWorkflow:
    """The version of a workflow from their rows."""
    return StoredWorkflow(
        name=head.name,
        version=version.version,
        published=head.published,
        hash=version.hash,
        document=version.document,
        created_at=from_micros(version.created_at),
        created_by=version.created_by,
        deleted=head.deleted_at is not None,
    )


def living(connection: Connection, name: str) -> Any:
    """The row of a workflow that is not deleted."""
    head = connection.execute(head_of(name)).one_or_none()
    if head is None or head.deleted_at is not None:
        raise missing(name)
    return head


def line_of(connection: Connection, name: str, version: int) -> VersionLine:
    """One line of the history.

    Raises:
        NotFound: `workflow.not_found`, `workflow.version_not_found`.
    """
    head = living(connection, name)
    query = select(*HISTORY).where(
        workflow_versions.c.workflow == name, workflow_versions.c.version == min(version, HIGHEST_VERSION)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("workflow.version_not_found", f"Workflow {name} has no version {version}")
    return history_line(row, head)


def history_line(row: Any, head: Any) -> VersionLine:
    """A line from the rows of version (`HISTORY`) and workflow."""
    return VersionLine(
        version=row.version,
        hash=row.hash,
        published=row.version == head.published,
        created_at=from_micros(row.created_at),
        node_count=row.node_count,
        created_by=row.created_by,
        label=row.label,
        origin=row.origin,
    )


def last_version(connection: Connection, name: str) -> int:
    """The highest number, 0 when there is none; that of a test run may be higher than the newest's."""
    own = workflow_versions.c
    return connection.execute(select(func.max(own.version)).where(own.workflow == name)).scalar() or 0


def missing(name: str) -> NotFound:
    """There never was one."""
    return NotFound("workflow.not_found", f"There is no workflow {name}")


def deleted(name: str) -> NotFound:
    """There was one."""
    return NotFound("workflow.not_found", f"The workflow {name} was deleted; save it again to go on with it")
