"""Drafts: every change that was acknowledged is there, once, in order; and none overwrites another unseen."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest

from concertmaster.domain.access import LOCAL_ADMIN, Actor
from concertmaster.domain.draft_ops import Change, apply
from concertmaster.domain.errors import Conflict, NotFound, UserError
from concertmaster.domain.interfaces import Edited, FromDraft, StoredWorkflow
from concertmaster.domain.workflow import Node, Workflow
from concertmaster.storage import draft_rows
from draft_changes import read_changes
from storage_backends import Storage, until

ANN = Actor("ann", "editor")
IDS = itertools.count(1)


def workflow(*, value: int = 1, **more: Any) -> Workflow:
    return Workflow("nightly", nodes={"a": Node("data.set@1", {"value": value})}, **more)


async def save(storage: Storage, given: Workflow, **more: Any) -> StoredWorkflow:
    options = {"publish": False, "expected_version": None, "actor": LOCAL_ADMIN, **more}
    return (await storage.workflows.save(given, **options))[0]


def change(path: str, *, id_: str | None = None, **parts: Any) -> Change:
    return Change(path, **parts, id=id_ or f"op-{next(IDS)}")


async def edit(storage: Storage, *changes: Change, client: str = "tab", revision: int = 0) -> Edited:
    return await storage.drafts.edit("nightly", changes, client=client, revision=revision, actor=ANN)


async def document(storage: Storage) -> dict[str, Any]:
    return json.loads((await storage.drafts.get("nightly")).document)


async def test_without_edits_it_is_the_newest_version(storage: Storage) -> None:
    await save(storage, workflow(value=1), publish=True)
    await save(storage, workflow(value=2))
    draft = await storage.drafts.get("nightly")
    assert json.loads(draft.document)["nodes"]["a"]["config"] == {"value": 2}
    assert (draft.base_version, draft.newest_version, draft.published_version) == (2, 2, 1)
    assert (draft.changed, draft.updated_by) == (False, "local")
    with pytest.raises(NotFound):
        await storage.drafts.get("other")


async def test_what_was_acknowledged_is_there_after_a_restart(database_url: str) -> None:
    async with Storage.opened(database_url) as storage:
        await save(storage, workflow())
        answer = await edit(storage, change("/title", after="Every night"), change("/vars", after={"x": None}))
        assert (answer.revision, len(answer.applied), answer.conflicts) == (1, 2, ())
    async with Storage.opened(database_url) as storage:
        draft = await storage.drafts.get("nightly")
        assert (draft.revision, draft.changed, draft.updated_by) == (1, True, "ann")
        assert json.loads(draft.document)["title"] == "Every night"
        assert json.loads(draft.document)["vars"] == {"x": None}
        (batch,) = await storage.drafts.batches("nightly", 0, limit=10)
        assert (batch.revision, batch.client, batch.actor) == (1, "tab", "ann")


async def test_a_conflict_is_told_and_the_others_are_stored(storage: Storage) -> None:
    await save(storage, workflow())
    place = "/nodes/a/config/value"
    mine = await edit(storage, change(place, before=1, after=2), client="one")
    late = change(place, before=1, after=3)
    theirs = await edit(storage, late, change("/title", after="T"), client="two")
    (conflict,) = theirs.conflicts
    assert (conflict.change, conflict.theirs) == (late, 2)
    assert (theirs.revision, len(theirs.applied)) == (2, 1)
    assert [batch.revision for batch in theirs.others] == [mine.revision]
    # Nothing to change is no revision.
    again = await edit(storage, late, client="two", revision=2)
    assert (again.revision, again.others, len(again.conflicts)) == (2, [], 1)


async def test_what_is_sent_again_is_not_done_again(storage: Storage) -> None:
    await save(storage, workflow())
    sent = [change("/title", after="one"), change("/vars", after={})]
    await edit(storage, *sent, client="one")
    same_title = change("/title", before="zero", after="one")
    assert (await edit(storage, same_title, client="two", revision=1)).applied == (same_title.id,)
    await edit(storage, change("/title", before="one", after="two"), client="three", revision=1)
    for lost in ([*sent, sent[0]], [same_title]):
        answer = await edit(storage, *lost, client="one")
        assert (list(answer.applied), answer.conflicts) == ([one.id for one in lost[:2]], ())
    assert (await document(storage))["title"] == "two"
    assert (await storage.drafts.get("nightly")).revision == 2


async def test_revisions_that_are_not_known(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_rows, "BATCHES_KEPT", 3)
    await save(storage, workflow())
    first = change("/vars", after={"x": 0})
    await edit(storage, first)
    for number in range(5):
        await edit(storage, change(f"/vars/x{number}", after=number), revision=number + 1)
    for asked in (storage.drafts.batches("nightly", 9, limit=5), edit(storage, change("/title", after=""), revision=9)):
        with pytest.raises(Conflict, match="has revision 6") as caught:
            await asked
        assert (caught.value.code, caught.value.details) == ("draft.ahead", {"revision": 6})
    for asked in (storage.drafts.batches("nightly", 2, limit=5), edit(storage, change("/title", after=""), revision=2)):
        with pytest.raises(UserError, match="fetch the draft again") as caught:
            await asked
        assert (caught.value.code, caught.value.details) == ("draft.too_old", {"revision": 6})
    kept = await storage.drafts.batches("nightly", 3, limit=2)
    assert [batch.revision for batch in kept] == [4, 5]
    # Its id is forgotten with its batch; what is there already is still no conflict.
    assert (await edit(storage, first, revision=6)).conflicts != ()


async def test_what_is_kept_is_bounded_in_size(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_rows, "BYTES_KEPT", 3_000)
    monkeypatch.setattr(draft_rows, "IDS_KEPT", 30)
    await save(storage, workflow())
    await edit(storage, change("/title", after="x" * 2_500))
    await edit(storage, change("/description", after="x" * 2_500), revision=1)
    assert len(await storage.drafts.batches("nightly", 1, limit=10)) == 1
    with pytest.raises(UserError):
        await storage.drafts.batches("nightly", 0, limit=10)
    # A client that only repeats what is there makes no revisions, and fills nothing either.
    for _ in range(5):
        await edit(storage, *(change("/name", before="x", after="nightly") for _ in range(20)), revision=2)
    rows = await storage.database.read(
        lambda connection: connection.exec_driver_sql("SELECT count(*) FROM draft_changes").scalar()
    )
    assert rows is not None
    assert rows <= 50


async def test_a_draft_is_bounded(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concertmaster.storage.drafts.MAX_DRAFT_BYTES", 2_000)
    await save(storage, workflow())
    with pytest.raises(UserError) as caught:
        await edit(storage, change("/description", after="x" * 3_000))
    assert caught.value.code == "draft.too_large"
    assert (await storage.drafts.get("nightly")).revision == 0
    # One that is too large already can become smaller.
    await save(storage, workflow(description="x" * 9_000))
    await edit(storage, change("/description", before="x" * 9_000, after="x" * 5_000), revision=1)
    assert (await document(storage))["description"] == "x" * 5_000


async def test_discarded_it_is_the_newest_version_again(storage: Storage) -> None:
    await save(storage, workflow())
    original = await document(storage)
    await edit(storage, change("/title", after="T"))
    draft = await storage.drafts.discard("nightly", actor=ANN)
    assert (draft.revision, draft.changed, json.loads(draft.document)) == (2, False, original)
    (batch,) = await storage.drafts.batches("nightly", 1, limit=5)
    (whole,) = read_changes(json.loads(batch.changes))
    assert (whole.path, whole.before["title"], whole.after) == ("", "T", original)
    assert (await storage.drafts.discard("nightly", actor=ANN)).revision == 2


async def test_a_version_is_restored_into_it(storage: Storage) -> None:
    await save(storage, workflow(value=1), publish=True)
    await save(storage, workflow(value=2))
    draft = await storage.drafts.restore("nightly", 1, actor=ANN)
    assert json.loads(draft.document)["nodes"]["a"]["config"] == {"value": 1}
    # It is a change of the newest version, and nothing is published by it.
    assert (draft.base_version, draft.changed, draft.published_version) == (2, True, 1)
    assert not (await storage.drafts.restore("nightly", 2, actor=ANN)).changed
    with pytest.raises(NotFound) as caught:
        await storage.drafts.restore("nightly", 2**40, actor=ANN)
    assert caught.value.code == "workflow.version_not_found"


async def test_it_follows_versions_saved_elsewhere_unless_it_has_changes(storage: Storage) -> None:
    await save(storage, workflow(value=1))
    await save(storage, workflow(value=2))
    draft = await storage.drafts.get("nightly")
    assert (draft.revision, draft.changed) == (1, False)
    (batch,) = await storage.drafts.batches("nightly", 0, limit=5)
    (whole,) = json.loads(batch.changes)
    assert (whole["path"], whole["after"]["nodes"]["a"]["config"]) == ("", {"value": 2})
    await edit(storage, change("/title", after="mine"), revision=1)
    await save(storage, workflow(value=3))
    draft = await storage.drafts.get("nightly")
    assert (draft.revision, draft.base_version, draft.newest_version, draft.changed) == (2, 2, 3, True)
    assert json.loads(draft.document)["title"] == "mine"
    # Taken back by hand, it has no changes of its own any more.
    await edit(storage, change("/title", before="mine"), revision=2)
    await save(storage, workflow(value=4))
    assert (await document(storage))["nodes"]["a"]["config"] == {"value": 4}


async def test_a_version_of_the_draft(storage: Storage) -> None:
    await save(storage, workflow(), publish=True)
    await edit(storage, change("/title", after="T"), change("/nodes/a/disabled", after=False))
    with pytest.raises(Conflict) as caught:
        await save(storage, workflow(title="T"), draft=FromDraft(0))
    assert (caught.value.code, caught.value.details) == ("draft.moved", {"revision": 1})
    stored = await save(storage, workflow(title="T"), draft=FromDraft(1, "Renamed"), actor=ANN)
    line = await storage.workflows.line("nightly", stored.version)
    assert (line.version, line.label, line.created_by, line.published) == (2, "Renamed", "ann", False)
    draft = await storage.drafts.get("nightly")
    # It has the version's form now, and whoever follows it was told.
    assert (draft.revision, draft.base_version, draft.changed) == (2, 2, False)
    (batch,) = await storage.drafts.batches("nightly", 1, limit=5)
    assert (batch.client, json.loads(batch.changes)[0]["path"]) == ("server", "/nodes/a/disabled")
    # The same again is no version, but can be published and named.
    again = await save(storage, workflow(title="T"), draft=FromDraft(2, "Better"), publish=True)
    assert (again.version, again.published) == (2, 2)
    assert (await storage.workflows.line("nightly", 2)).label == "Better"


async def test_a_version_for_a_test_run_is_not_the_newest(storage: Storage) -> None:
    await save(storage, workflow(), publish=True)
    await edit(storage, change("/title", after="T"))
    tested = await save(storage, workflow(title="T"), draft=FromDraft(1, origin="test"))
    assert (tested.version, tested.published) == (2, 1)
    assert (await save(storage, workflow(title="T"), draft=FromDraft(1, origin="test"))).version == 2
    assert (await storage.workflows.get("nightly")).version == 1
    assert (await storage.workflows.get("nightly", 2)).document == tested.document
    draft = await storage.drafts.get("nightly")
    assert (draft.revision, draft.base_version, draft.newest_version, draft.changed) == (1, 1, 1, True)
    listed = await storage.workflows.versions("nightly")
    assert [line.version for line in listed.items] == [1]
    listed = await storage.workflows.versions("nightly", everything=True)
    assert [(line.version, line.origin) for line in listed.items] == [(2, "test"), (1, "save")]
    # Its number is taken.
    assert (await save(storage, workflow(title="U"))).version == 3
    # Published it is one of the workflow's versions.
    assert (await storage.workflows.publish(workflow(title="T"), 2, actor=ANN)).origin == "save"
    assert (await storage.workflows.get("nightly")).published == 2
    assert [line.version for line in (await storage.workflows.versions("nightly")).items] == [3, 2, 1]


async def test_a_published_test_version_newer_than_the_newest_becomes_it(storage: Storage) -> None:
    await save(storage, workflow(), publish=True)
    await edit(storage, change("/title", after="T"))
    await save(storage, workflow(title="T"), draft=FromDraft(1, origin="test"))
    await storage.drafts.discard("nightly", actor=ANN)
    await storage.workflows.publish(workflow(title="T"), 2, actor=ANN)
    found = await storage.workflows.get("nightly")
    assert (found.version, found.published) == (2, 2)
    assert (await document(storage))["title"] == "T"


async def test_an_older_version_is_published_and_named(storage: Storage) -> None:
    await save(storage, workflow(value=1), publish=True)
    await save(storage, workflow(value=2), publish=True)
    line = await storage.workflows.publish(workflow(value=1), 1, actor=ANN)
    assert (line.version, line.published) == (1, True)
    found = await storage.workflows.get("nightly")
    assert (found.version, found.published) == (2, 1)
    assert (await storage.workflows.label("nightly", 1, "Good one", actor=ANN)).label == "Good one"
    assert (await storage.workflows.label("nightly", 1, None, actor=ANN)).label is None
    with pytest.raises(NotFound):
        await storage.workflows.label("nightly", 2**40, "x", actor=ANN)
    deeds = [line.action for line in (await storage.audit.list(target="workflow:nightly")).items]
    assert deeds[:3] == ["workflow.label", "workflow.label", "workflow.publish"]


async def test_a_deleted_workflow_has_no_draft_and_its_revisions_go_on(storage: Storage) -> None:
    await save(storage, workflow(), publish=True)
    await edit(storage, change("/title", after="T"))
    await storage.workflows.delete("nightly", actor=LOCAL_ADMIN)
    with pytest.raises(NotFound):
        await storage.drafts.get("nightly")
    with pytest.raises(NotFound):
        await edit(storage, change("/title", after="U"))
    await save(storage, workflow(value=5))
    draft = await storage.drafts.get("nightly")
    assert (draft.revision, draft.changed) == (3, False)
    assert json.loads(draft.document)["nodes"]["a"]["config"] == {"value": 5}
    with pytest.raises(UserError) as caught:
        await storage.drafts.batches("nightly", 1, limit=5)
    assert caught.value.code == "draft.too_old"


async def test_many_clients_at_one_draft_lose_nothing(database_url: str) -> None:
    async with Storage.opened(database_url) as first, Storage.opened(database_url) as second:
        # SQLite has one process.
        doors = [first, second] if first.database.shared else [first]
        await save(first, workflow(vars={"last": None}))
        initial = await document(first)
        done = await asyncio.gather(*(_hammer(doors[number % len(doors)], f"c{number}") for number in range(6)))
        final, revision = await document(first), (await first.drafts.get("nightly")).revision
        batches = await first.drafts.batches("nightly", 0, limit=1_000)
    # What each was told is there.
    assert {key: value for own in done for key, value in own.items()}.items() <= final["vars"].items()
    # The end is the fold of what was accepted, each revision once.
    assert [batch.revision for batch in batches] == list(range(1, revision + 1))
    folded = initial
    for batch in batches:
        applied = apply(folded, read_changes(json.loads(batch.changes)))
        assert applied.conflicts == ()
        folded = applied.document
    assert folded == final
    changes = [one for batch in batches for one in json.loads(batch.changes)]
    assert len(changes) == len({one["id"] for one in changes})
    # Each of the shared place knew the one before.
    assert sum(one["path"] == "/vars/last" for one in changes) == 6 * 8


async def _hammer(storage: Storage, client: str) -> dict[str, Any]:
    """Write the shared place eight times, and with each try a place of its own; everything is sent twice."""
    known: Any = None
    revision, written = 0, 0
    own: dict[str, Any] = {}
    while written < 8:
        mine = change(f"/vars/{client}-{next(IDS)}", after=written)
        shared = change("/vars/last", before=known, after=[client, written])
        # The second as one whose answer got lost sends it: with the revision it knew.
        sent = [await edit(storage, mine, shared, client=client, revision=revision) for _ in range(2)]
        assert all(mine.id in answer.applied for answer in sent)
        own[mine.path.rpartition("/")[2]] = written
        if shared.id in sent[0].applied:
            # Whatever happened in between, it is done.
            assert shared.id in sent[1].applied
        if shared.id in sent[1].applied:
            known = shared.after
            written += 1
        else:
            known = sent[1].conflicts[0].theirs
        revision = sent[1].revision
    return own


async def test_other_processes_hear_of_it(database_url: str) -> None:
    async with Storage.opened(database_url) as here, Storage.opened(database_url) as there:
        await there.live("there")
        await save(here, workflow(), publish=True)
        await edit(here, change("/title", after="T"))
        await here.database.write(lambda _: here.database.writer.notices.people.append({"client": "x"}))
        assert here.drafts_told == ["nightly"]
        told = {"workflow": "nightly", "version": 1, "published": True, "label": None, "by": "local", "origin": "save"}
        assert here.versions_told == [told]
        assert here.people_told == []
        if here.database.shared:
            await until(lambda: bool(there.people_told))
            assert (there.drafts_told, there.versions_told) == (["nightly"], [told])


async def test_a_draft_that_took_over_a_version_is_not_behind_it(storage: Storage) -> None:
    await save(storage, workflow(value=1))
    await edit(storage, change("/title", after="mine"))
    await save(storage, workflow(value=2))
    place = "/nodes/a/config/value"
    await edit(storage, change(place, before=1, after=2), revision=1)
    draft = await storage.drafts.rebase("nightly", 2, actor=ANN)
    assert (draft.base_version, draft.newest_version, draft.changed, draft.revision) == (2, 2, True, 2)
    with pytest.raises(NotFound):
        await storage.drafts.rebase("nightly", 2**40, actor=ANN)
