"""Workflows: versions that never change, one newest, at most one published."""

from __future__ import annotations

import asyncio
import json

import pytest

from concertmaster.domain import document
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import NotFound, PreconditionFailed
from concertmaster.domain.interfaces import StoredWorkflow
from concertmaster.domain.workflow import Node, Workflow
from storage_backends import Storage


def workflow(name: str = "nightly", *, value: int = 1, **more: object) -> Workflow:
    return Workflow(name, nodes={"a": Node("data.set@1", {"value": value})}, **more)  # type: ignore[arg-type]


async def save(
    storage: Storage, given: Workflow, *, publish: bool = True, expected: int | None = None
) -> tuple[StoredWorkflow, bool]:
    return await storage.workflows.save(given, publish=publish, expected_version=expected, actor=LOCAL_ADMIN)


async def test_what_is_saved_is_read_back(storage: Storage) -> None:
    given = workflow(title="Every night", labels={"team": "ops"}, layout={"a": (1.0, 2.5)})
    stored, fresh = await save(storage, given)
    assert (fresh, stored.version, stored.published) == (True, 1, 1)
    assert await storage.workflows.get("nightly") == stored
    assert stored.hash == document.content_hash(given)
    assert document.parse(json.loads(stored.document)).workflow == given
    (line,) = (await storage.workflows.list()).items
    assert (line.title, line.labels, line.version, line.published, line.node_count) == (
        "Every night",
        {"team": "ops"},
        1,
        1,
        1,
    )


async def test_a_change_makes_a_version_and_leaves_the_older_ones(storage: Storage) -> None:
    first, _ = await save(storage, workflow(value=1))
    second, fresh = await save(storage, workflow(value=2), publish=False)
    assert (fresh, second.version, second.published) == (True, 2, 1)
    assert await storage.workflows.get("nightly", 1) == first
    assert (await storage.workflows.get("nightly")).document == second.document
    lines = (await storage.workflows.versions("nightly")).items
    assert [(line.version, line.published) for line in lines] == [(2, False), (1, True)]


async def test_unchanged_content_makes_no_version_but_can_be_published(storage: Storage) -> None:
    await save(storage, workflow(), publish=False)
    assert (await storage.workflows.get("nightly")).published is None
    again, fresh = await save(storage, workflow(), publish=False)
    assert (fresh, again.version, again.published) == (False, 1, None)
    published, fresh = await save(storage, workflow())
    assert (fresh, published.version, published.published) == (False, 1, 1)
    assert (await storage.workflows.get("nightly")).published == 1
    deeds = [line.action for line in (await storage.audit.list(target="workflow:nightly")).items]
    assert deeds == ["workflow.publish", "workflow.save"]


async def test_a_save_over_somebody_elses_is_refused(storage: Storage) -> None:
    await save(storage, workflow(value=1))
    await save(storage, workflow(value=2), expected=1)
    with pytest.raises(PreconditionFailed, match="newest is 2") as caught:
        await save(storage, workflow(value=3), expected=1)
    assert caught.value.code == "workflow.changed"
    with pytest.raises(PreconditionFailed):
        await save(storage, workflow("other"), expected=1)
    assert (await storage.workflows.get("nightly")).version == 2


async def test_of_saves_at_once_one_wins_and_the_losers_leave_nothing(storage: Storage) -> None:
    await save(storage, workflow(value=0))
    outcomes = await asyncio.gather(
        *(save(storage, workflow(value=n), expected=1) for n in range(1, 9)), return_exceptions=True
    )
    assert sum(isinstance(outcome, PreconditionFailed) for outcome in outcomes) == 7
    assert [line.version for line in (await storage.workflows.versions("nightly")).items] == [2, 1]


async def test_lists_are_newest_change_first(storage: Storage) -> None:
    for name in ("a", "b", "c", "d"):
        await save(storage, workflow(name))
    await save(storage, workflow("b", value=2))
    first = await storage.workflows.list(limit=3)
    rest = await storage.workflows.list(limit=3, before=first.next)
    assert [line.name for line in (*first.items, *rest.items)] == ["b", "d", "c", "a"]
    assert rest.next is None


async def test_versions_come_in_pages(storage: Storage) -> None:
    for value in range(5):
        await save(storage, workflow(value=value))
    first = await storage.workflows.versions("nightly", limit=2)
    rest = await storage.workflows.versions("nightly", limit=3, before=first.next)
    assert [line.version for line in (*first.items, *rest.items)] == [5, 4, 3, 2, 1]
    assert rest.next is None


async def test_a_deleted_workflow_is_gone_but_its_versions_can_be_read(storage: Storage) -> None:
    stored, _ = await save(storage, workflow())
    await storage.workflows.delete("nightly", actor=LOCAL_ADMIN)
    assert (await storage.workflows.list()).items == []
    with pytest.raises(NotFound):
        await storage.workflows.get("nightly")
    with pytest.raises(NotFound):
        await storage.workflows.versions("nightly")
    with pytest.raises(NotFound):
        await storage.workflows.delete("nightly", actor=LOCAL_ADMIN)
    old = await storage.workflows.get("nightly", 1)
    assert (old.document, old.published) == (stored.document, None)
    # The number of a version that executions name is not used for something else.
    revived, fresh = await save(storage, workflow())
    assert (fresh, revived.version) == (True, 2)


async def test_what_does_not_exist(storage: Storage) -> None:
    with pytest.raises(NotFound) as caught:
        await storage.workflows.get("nightly")
    assert caught.value.code == "workflow.not_found"
    await save(storage, workflow())
    with pytest.raises(NotFound, match="no version 7") as caught:
        await storage.workflows.get("nightly", 7)
    assert caught.value.code == "workflow.version_not_found"
