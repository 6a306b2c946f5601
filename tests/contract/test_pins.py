"""Pinned outputs, over every database: they go with their workflow, and nobody removes what they name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.document import parse
from concertmaster.domain.errors import NotFound
from concertmaster.domain.events import ExecutionCreated, ExecutionSucceeded
from concertmaster.domain.given import Given
from concertmaster.domain.interfaces import ArtifactReference, Change, NewExecution, Pin
from concertmaster.domain.values import FileRef, JsonValue, Stored, TableRef
from concertmaster.services.retention import Cleaned, RetentionRules, RetentionService
from concertmaster.storage.pins import SqlPinStore
from concertmaster.storage.references import SqlReferenceStore
from concertmaster.storage.results import SqlResultStore
from storage_backends import AT, Storage, append_of


async def save(storage: Storage, name: str = "nightly") -> None:
    workflow = parse(f"{{concertmaster: 1, name: {name}, nodes: {{}}}}").workflow
    assert workflow is not None
    await storage.workflows.save(workflow, publish=True, expected_version=None, actor=LOCAL_ADMIN)


def pin(node: str, value: Stored, *, workflow: str = "nightly", **more: str) -> Pin:
    return Pin(workflow, node, "out", value, AT, "ann", **more)


async def test_one_pin_a_node(storage: Storage) -> None:
    store = SqlPinStore(storage.database)
    await save(storage)
    with pytest.raises(NotFound):
        await store.put(pin("a", JsonValue(1), workflow="nowhere"), actor=LOCAL_ADMIN)
    table, file = TableRef("d" * 64, 3, 10, ()), FileRef("x.txt", 4, path="x.txt")
    for one in (pin("b", table, execution="e1", origin_node="b"), pin("a", JsonValue(1)), pin("each/b", file)):
        await store.put(one, actor=LOCAL_ADMIN)
    second = pin("a", JsonValue([None, "ä"]))
    await store.put(second, actor=LOCAL_ADMIN)
    assert await store.list("nightly") == [
        second,
        pin("b", table, execution="e1", origin_node="b"),
        pin("each/b", file),
    ]
    assert await store.list("weekly") == []
    await store.remove("nightly", "b", actor=LOCAL_ADMIN)
    with pytest.raises(NotFound):
        await store.remove("nightly", "b", actor=LOCAL_ADMIN)
    await storage.workflows.delete("nightly", actor=LOCAL_ADMIN)
    assert await store.list("nightly") == []


async def test_nobody_removes_what_is_pinned(storage: Storage, tmp_path: Path) -> None:
    pins, references = SqlPinStore(storage.database), SqlReferenceStore(storage.database)
    artifacts = ArtifactStore(tmp_path / "artifacts")
    await save(storage)
    kept, lost = artifacts.put_bytes(b"kept"), artifacts.put_bytes(b"lost!")
    row = await storage.start("nightly")
    named = [ArtifactReference(kept, "a", "out", 4), ArtifactReference(lost, "b", "out", 5)]
    end = Change(status="succeeded", ended_at=AT)
    await storage.journal.append(append_of(row.id, 2, ExecutionSucceeded({}), artifacts=named, change=end))
    await pins.put(pin("a", JsonValue(artifact=kept, size_bytes=4), execution=row.id), actor=LOCAL_ADMIN)
    # What is pinned does not count against the limit: removing executions would not make it less.
    assert await references.named_bytes() == 5
    assert await references.naming([kept, lost]) == {kept: 2, lost: 1}

    rules = RetentionRules(age=timedelta())
    results = SqlResultStore(storage.database)
    service = RetentionService(references, results, artifacts, rules, _Clock(), grace=timedelta(seconds=-1))
    assert await service.work(dry_run=True) == Cleaned(1, 1, 5)
    assert await service.work(dry_run=False) == Cleaned(1, 1, 5)
    assert (artifacts.exists(kept), artifacts.exists(lost)) == (True, False)
    assert await references.naming([kept, lost]) == {kept: 1}
    # Nor as something that nobody names.
    assert await service.work(dry_run=False) == Cleaned()
    await pins.remove("nightly", "a", actor=LOCAL_ADMIN)
    assert await service.work(dry_run=False) == Cleaned(0, 1, 4)
    assert not artifacts.exists(kept)


class _Clock:
    def now(self):
        return AT + timedelta(days=1)


async def test_an_execution_names_from_its_start_what_it_was_given(storage: Storage) -> None:
    given = {
        "a": Given({"out": JsonValue(artifact="d" * 64, size_bytes=9)}, {"execution": "e", "node": "a"}, at_once=True)
    }
    body = ExecutionCreated("nightly", 1, {}, {"type": "manual"}, given=given, left_out={"b": "only 'c' runs"})
    named = [ArtifactReference("d" * 64, "a", "out", 9)]
    row, _ = await storage.journal.create(NewExecution("e1", AT, body, artifacts=named), actor=LOCAL_ADMIN, owner=None)
    assert await SqlReferenceStore(storage.database).naming(["d" * 64]) == {"d" * 64: 1}
    assert [event.body for event in await storage.journal.read(row.id)] == [body]
