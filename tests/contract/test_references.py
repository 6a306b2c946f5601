"""Who names which artifact, over every database."""

from __future__ import annotations

from sqlalchemy import update

from concertmaster.domain.events import Body, ExecutionFailed, ExecutionInterrupted, ExecutionSucceeded
from concertmaster.domain.execution import ExecutionRow, Failure
from concertmaster.domain.interfaces import ArtifactReference, Change
from concertmaster.storage.references import SqlReferenceStore
from concertmaster.storage.tables import executions
from storage_backends import AT, Storage, append_of

WRONG = Failure("t.wrong", "wrong")


async def named(storage: Storage, *digests: str, end: Body | None = None, workflow: str = "nightly") -> ExecutionRow:
    """An execution that names artifacts, and perhaps its end."""
    row = await storage.start(workflow)
    references = [ArtifactReference(digest, "a", f"out{n}", 10 + n) for n, digest in enumerate(digests)]
    bodies = () if end is None else (end,)
    change = Change() if end is None else Change(status=end.kind.partition(".")[2], ended_at=AT)  # type: ignore[arg-type]
    await storage.journal.append(append_of(row.id, 2, *bodies, artifacts=references, change=change))
    return row


async def part_of(storage: Storage, parent: ExecutionRow, part: ExecutionRow) -> None:
    statement = update(executions).where(executions.c.id == part.id).values(parent=parent.id)
    await storage.database.write(lambda connection: connection.execute(statement).rowcount)


async def test_a_part_ends_with_its_root(storage: Storage) -> None:
    store, over = SqlReferenceStore(storage.database), ExecutionSucceeded({})
    alone = await named(storage, "a", end=over)
    root = await named(storage)
    middle = await named(storage, "b", end=over)
    leaf = await named(storage, "c", end=over)
    await part_of(storage, root, middle)
    await part_of(storage, middle, leaf)
    page = await store.referrers("", limit=10)
    assert [(one.id, one.root, one.ended_at) for one in page] == [
        (alone.id, alone.id, AT),
        (middle.id, root.id, None),
        (leaf.id, root.id, None),
    ]
    assert {one.workflow for one in page} == {"nightly"}
    assert await store.referrers(middle.id, limit=10) == page[2:]
    assert await store.referrers("", limit=1) == page[:1]


async def test_only_what_is_at_its_end_is_forgotten(storage: Storage) -> None:
    store = SqlReferenceStore(storage.database)
    await named(storage, "open")
    await named(storage, "interrupted", end=ExecutionInterrupted(WRONG))
    await named(storage, "failed", end=ExecutionFailed(WRONG))
    page = await store.referrers("", limit=10)
    assert [one.ended_at for one in page] == [None, None, AT]
    assert await store.forget(page) == 1
    assert await store.named(["open", "interrupted", "failed", "unknown"]) == {"open", "interrupted"}
    assert await store.referrers("", limit=10) == page[:2]


async def test_what_others_name_is_not_named_alone(storage: Storage) -> None:
    store = SqlReferenceStore(storage.database)
    first, second = await named(storage, "x", "y", "x"), await named(storage, "y", "z")
    assert await store.only_named_by([first.id]) == {"x": 12}
    assert await store.only_named_by([first.id, second.id]) == {"x": 12, "y": 11, "z": 11}


async def test_the_newest_executions_of_a_workflow_are_those_that_are_no_part(storage: Storage) -> None:
    store = SqlReferenceStore(storage.database)
    rows = [await storage.start(workflow) for workflow in ("nightly", "nightly", "other", "nightly", "nightly")]
    await part_of(storage, rows[2], rows[4])
    assert await store.oldest_of_newest("nightly", 2) == rows[1].id
    assert await store.oldest_of_newest("nightly", 3) == rows[0].id
    assert await store.oldest_of_newest("nightly", 4) == ""
