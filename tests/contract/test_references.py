"""Who names which artifact, over every database."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from concertmaster.domain.events import Body, ExecutionFailed, ExecutionInterrupted, ExecutionSucceeded
from concertmaster.domain.execution import ExecutionRow, Failure
from concertmaster.domain.interfaces import FOR_RECIPE, ArtifactReference, Change, KeptResult, NamedArtifact, Tree
from concertmaster.storage.encoding import utc_now
from concertmaster.storage.references import SqlReferenceStore
from concertmaster.storage.results import SqlResultStore
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


async def test_a_tree_is_at_its_end_when_all_of_it_is(storage: Storage) -> None:
    store, over = SqlReferenceStore(storage.database), ExecutionSucceeded({})
    root, part, leaf = [await named(storage, digest, end=over) for digest in "abc"]
    await part_of(storage, root, part)
    await part_of(storage, part, leaf)
    tree = await store.tree(root.id)
    assert (tree.ids, tree.ended_at) == ([root.id, part.id, leaf.id], AT)
    assert await store.forget(tree)
    assert await store.naming(["a", "b", "c"]) == {}
    assert await store.referrers("", limit=10) == []


@pytest.mark.parametrize("end", [None, ExecutionInterrupted(WRONG)])
async def test_nothing_is_forgotten_of_a_tree_that_may_go_on(storage: Storage, end: Body | None) -> None:
    store = SqlReferenceStore(storage.database)
    root = await named(storage, "a", end=ExecutionFailed(WRONG))
    await part_of(storage, root, await named(storage, "b", end=end))
    tree = await store.tree(root.id)
    assert tree.ended_at is None
    assert not await store.forget(tree)
    assert await store.naming(["a", "b", "unknown"]) == {"a": 1, "b": 1}


async def test_where_else_an_artifact_is(storage: Storage) -> None:
    store = SqlReferenceStore(storage.database)
    first, second = await named(storage, "x"), await named(storage, "y", "x", workflow="weekly")
    part, asking = await named(storage, "x"), await named(storage, "x", "z")
    await part_of(storage, second, part)
    found = await store.uses(["x", "y", "z", "unknown"], but=asking.id, limit=3)
    assert {digest: [(use.execution, use.workflow, use.outlet) for use in uses] for digest, uses in found.items()} == {
        "x": [(second.id, "weekly", "out0"), (second.id, "weekly", "out1"), (first.id, "nightly", "out0")],
        "y": [(second.id, "weekly", "out0")],
    }
    assert [use.execution for use in (await store.uses(["x"], but=second.id, limit=1))["x"]] == [asking.id]


async def test_what_a_recipe_needs_is_named_and_is_no_output(storage: Storage) -> None:
    store = SqlReferenceStore(storage.database)
    row, asking = await storage.start("nightly"), await named(storage, "x")
    needed = [ArtifactReference("x", "a", f"{FOR_RECIPE}out", 7)]
    await storage.journal.append(append_of(row.id, 2, artifacts=needed))
    assert await store.uses(["x"], but=asking.id, limit=3) == {}
    assert await store.naming(["x"]) == {"x": 2}
    assert await store.named_by([row.id]) == {"x": NamedArtifact(7, 1)}


async def test_a_result_that_no_event_tells_of_is_kept(storage: Storage) -> None:
    store = SqlResultStore(storage.database)
    for outputs in ({"out": 1}, {"out": 2}):
        await store.keep(KeptResult("key", "", "", outputs))
        assert await store.get("key") == KeptResult("key", "", "", outputs)
    await store.forget(before=utc_now())
    assert await store.get("key") is None


async def test_how_many_name_an_artifact(storage: Storage) -> None:
    store = SqlReferenceStore(storage.database)
    first, second = await named(storage, "x", "y", "x"), await named(storage, "y", "z")
    assert await store.named_by([first.id]) == {"x": NamedArtifact(12, 1), "y": NamedArtifact(11, 1)}
    assert (await store.named_by([first.id, second.id]))["y"] == NamedArtifact(11, 2)
    assert await store.naming(["x", "y", "z"]) == {"x": 1, "y": 2, "z": 1}
    assert await store.named_bytes() == 12 + 11 + 11


async def test_more_of_all_than_a_statement_takes(storage: Storage) -> None:
    store = SqlReferenceStore(storage.database)
    digests = [f"{number:064x}" for number in range(70_000)]
    row = await named(storage, *digests[:3], end=ExecutionSucceeded({}))
    assert len(await store.naming(digests)) == 3
    assert await store.forget(Tree([row.id, *digests[:1_200]], None))


async def test_the_newest_executions_of_a_workflow_are_those_that_are_no_part(storage: Storage) -> None:
    store = SqlReferenceStore(storage.database)
    rows = [await storage.start(workflow) for workflow in ("nightly", "nightly", "other", "nightly", "nightly")]
    await part_of(storage, rows[2], rows[4])
    assert await store.oldest_of_newest("nightly", 2) == rows[1].id
    assert await store.oldest_of_newest("nightly", 3) == rows[0].id
    assert await store.oldest_of_newest("nightly", 4) == ""
