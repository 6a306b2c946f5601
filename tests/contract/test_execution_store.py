"""Lists of executions: newest first, by keyset, whatever is filtered."""

from __future__ import annotations

from itertools import pairwise

import pytest
from uuid_utils import uuid7

from concertmaster.domain.errors import NotFound, UserError
from concertmaster.domain.events import ExecutionCreated, ExecutionStarted
from concertmaster.domain.execution import ExecutionRow, ExecutionStatus
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.domain.interfaces import Change, Child
from storage_backends import AT, Storage, append_of


async def started(
    storage: Storage, workflow: str, status: ExecutionStatus, backfill: str | None = None
) -> ExecutionRow:
    row = await storage.start(workflow, backfill=backfill)
    await storage.journal.append(append_of(row.id, 2, ExecutionStarted(), change=Change(status)))
    return await storage.executions.get(row.id)


async def filled(storage: Storage) -> list[ExecutionRow]:
    """Twelve executions, newest first: two workflows, three statuses."""
    statuses: list[ExecutionStatus] = ["succeeded", "failed", "running"]
    rows = [await started(storage, f"w{n % 2}", statuses[n % 3]) for n in range(12)]
    return rows[::-1]


async def with_children(storage: Storage) -> list[ExecutionRow]:
    """A caller of w0 with the part of a loop and three called executions, two of w1."""
    caller = await started(storage, "w0", "running")
    told = {"execution": caller.id, "node": "call", "attempt": 1, "kind": "call", "key": "k", "visible": caller.id}
    children = [
        Child(str(uuid7()), AT, ExecutionCreated(name, 1, {}, {"type": "call"}, told), "here", hidden=hidden)
        for name, hidden in (("w0", True), ("w1", False), ("w0", False), ("w1", False))
    ]
    await storage.journal.append(append_of(caller.id, 3, companions=children))
    statuses: list[ExecutionStatus] = ["failed", "failed", "running", "succeeded"]
    for child, status in zip(children, statuses, strict=True):
        await storage.journal.append(append_of(child.id, 2, ExecutionStarted(), change=Change(status)))
    return [await storage.executions.get(id_) for id_ in (caller.id, *(child.id for child in children))]


async def test_all_pages_together_are_the_whole_list(storage: Storage) -> None:
    rows = await filled(storage)
    seen: list[ExecutionRow] = []
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        page = await storage.executions.list(before=cursor, limit=5)
        seen += page.items
        cursor, pages = page.next, pages + 1
    assert seen == rows
    assert pages == 3
    assert all(newer.id > older.id for newer, older in pairwise(seen))


async def test_a_full_last_page_has_no_next(storage: Storage) -> None:
    rows = await filled(storage)
    assert (await storage.executions.list(limit=len(rows))).next is None


@pytest.mark.parametrize("workflow", [None, "w0", "w1", "none"])
@pytest.mark.parametrize("status", [(), ("failed",), ("failed", "running"), ("paused",)])
async def test_filters(storage: Storage, workflow: str | None, status: tuple[ExecutionStatus, ...]) -> None:
    rows = await filled(storage)
    wanted = [row for row in rows if workflow in (None, row.workflow) and (not status or row.status in status)]
    first = await storage.executions.list(ExecutionFilter(workflow, status), limit=2)
    assert list(first.items) == wanted[:2]
    if first.next is not None:
        rest = await storage.executions.list(ExecutionFilter(workflow, status), before=first.next)
        assert list(rest.items) == wanted[2:]
    else:
        assert len(wanted) <= 2


@pytest.mark.parametrize("workflow", [None, "w0", "none"])
@pytest.mark.parametrize("status", [(), ("failed",), ("failed", "running"), ("paused",)])
async def test_what_a_backfill_has_started(
    storage: Storage, workflow: str | None, status: tuple[ExecutionStatus, ...]
) -> None:
    await filled(storage)
    statuses: list[ExecutionStatus] = ["succeeded", "failed", "running"]
    rows = [await started(storage, "w0", statuses[n % 3], f"b{n % 2}") for n in range(12)][::-1]
    for backfill in ("b0", "b1", "none"):
        wanted = [row for row in rows if row.trigger["backfill"] == backfill and workflow in (None, row.workflow)]
        wanted = [row for row in wanted if not status or row.status in status]
        seen: list[ExecutionRow] = []
        cursor = None
        while not seen or cursor is not None:
            chosen = ExecutionFilter(workflow, status, backfill=backfill)
            page = await storage.executions.list(chosen, before=cursor, limit=2)
            seen += page.items
            cursor = page.next
            if not page.items:
                break
        assert seen == wanted


@pytest.mark.parametrize("workflow", [None, "w0", "none"])
@pytest.mark.parametrize("status", [(), ("failed",), ("failed", "running")])
async def test_what_others_have_called_and_what_they_have_not(
    storage: Storage, workflow: str | None, status: tuple[ExecutionStatus, ...]
) -> None:
    rows = [*await with_children(storage), *await filled(storage)]
    rows.sort(key=lambda row: row.id, reverse=True)
    for called in (True, False):
        wanted = [row for row in rows if not row.hidden and (row.parent is not None) == called]
        wanted = [row for row in wanted if workflow in (None, row.workflow) and (not status or row.status in status)]
        seen: list[ExecutionRow] = []
        cursor: str | None = None
        more = True
        while more:
            chosen = ExecutionFilter(workflow, status, called=called)
            page = await storage.executions.list(chosen, before=cursor, limit=2)
            seen += page.items
            cursor, more = page.next, page.next is not None
        assert seen == wanted


async def test_the_newest_of_each_workflow(storage: Storage) -> None:
    rows = await filled(storage)
    assert await storage.executions.latest(["w1", "w0", "none", "w1"]) == {"w1": rows[0], "w0": rows[1]}
    assert await storage.executions.latest([]) == {}


async def test_an_unknown_execution(storage: Storage) -> None:
    with pytest.raises(NotFound, match="nobody") as caught:
        await storage.executions.get("nobody")
    assert caught.value.code == "execution.not_found"


@pytest.mark.parametrize("cursor", ["", "!", "bnVsbA", "WzFd", "WyJhIiwiYiJd"])
async def test_a_made_up_cursor_is_refused(storage: Storage, cursor: str) -> None:
    with pytest.raises(UserError, match="cursor") as caught:
        await storage.executions.list(before=cursor)
    assert caught.value.code == "list.bad_cursor"
