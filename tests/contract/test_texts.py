"""Any text that people and nodes come up with is stored and found again, in every database the same."""

from __future__ import annotations

import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import NotFound, UserError
from concertmaster.domain.events import NodeSucceeded
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.domain.interfaces import Append, LogFilter, LogLine
from concertmaster.domain.values import JsonValue
from concertmaster.domain.workflow import Node, Workflow
from concertmaster.storage.cursors import write_cursor
from storage_backends import AT, Storage, append_of

TEXTS = {
    "nul": ("a\0b", "a\ufffdb"),
    "half a character": ("a\ud800b", "a\ufffdb"),
    "both": ("\0\udfff", "\ufffd\ufffd"),
    "astral": ("🎻 𝔘", "🎻 𝔘"),
    "quotes": ('it\'s \\ 100 % {x} "q" $1 :n ?', 'it\'s \\ 100 % {x} "q" $1 :n ?'),
    "lines": ("a\r\n\t\x1b[0m", "a\r\n\t\x1b[0m"),
    "empty": ("", ""),
}


@pytest.mark.parametrize("name", TEXTS)
async def test_what_a_node_logs(storage: Storage, name: str) -> None:
    given, stored = TEXTS[name]
    row = await storage.start()
    await storage.journal.append(Append(row.id, 1, (), logs=[LogLine(1, "a", 1, AT, "info", given)]))
    assert [line.text for line in await storage.executions.logs(row.id)] == [stored]


@pytest.mark.parametrize("name", [name for name in TEXTS if "half" not in name and name != "both"])
async def test_what_a_node_gives_comes_back_as_it_was(storage: Storage, name: str) -> None:
    given, _ = TEXTS[name]
    row = await storage.start()
    body = NodeSucceeded("a", 1, AT, {"out": JsonValue({"text": given, given or "key": 1})})
    await storage.journal.append(append_of(row.id, 2, body))
    (event,) = await storage.journal.read(row.id, 1)
    assert event.body == body


@pytest.mark.parametrize("name", TEXTS)
async def test_what_a_workflow_is_called(storage: Storage, name: str) -> None:
    given, stored = TEXTS[name]
    if "\ud800" in given or "\udfff" in given:
        return  # no document can hold it
    workflow = Workflow("nightly", title=given, description=given, nodes={"a": Node("data.set@1", {"value": 1})})
    saved, _ = await storage.workflows.save(workflow, publish=True, expected_version=None, actor=LOCAL_ADMIN)
    assert await storage.workflows.get("nightly") == saved
    (line,) = (await storage.workflows.list()).items
    assert line.title == (stored or line.title)


@pytest.mark.parametrize("name", TEXTS)
async def test_an_idempotency_key(storage: Storage, name: str) -> None:
    given, _ = TEXTS[name]
    first = await storage.start(idempotency_key=given, fingerprint="x")
    assert (await storage.start(idempotency_key=given, fingerprint="x")).id == first.id


@pytest.mark.parametrize("name", TEXTS)
async def test_looking_for_what_is_not_there(storage: Storage, name: str) -> None:
    given, _ = TEXTS[name]
    with pytest.raises(NotFound):
        await storage.executions.get(given)
    with pytest.raises(NotFound):
        await storage.workflows.get(given)
    with pytest.raises(NotFound):
        await storage.connections.get(given)
    with pytest.raises(NotFound):
        await storage.connections.delete(given, actor=LOCAL_ADMIN)
    with pytest.raises(NotFound):
        await storage.journal.post(given, "cancel", {}, actor=LOCAL_ADMIN)
    assert (await storage.executions.list(ExecutionFilter(workflow=given))).items == []
    assert await storage.executions.logs(given, only=LogFilter(node=given, level=given, text=given)) == []
    assert await storage.journal.claim(given, "here") is None
    assert await storage.journal.read(given) == []


async def test_a_reason_that_is_no_text(storage: Storage) -> None:
    row = await storage.start()
    with pytest.raises(UserError) as caught:
        await storage.journal.post(row.id, "cancel", {"reason": "\ud800"}, actor=LOCAL_ADMIN)
    assert caught.value.code == "event.not_storable"
    await storage.journal.post(row.id, "cancel", {"reason": "\0"}, actor=LOCAL_ADMIN)
    (item,) = await storage.journal.inbox(row.id)
    assert item.data == {"reason": "\0"}


async def test_names_come_byte_by_byte(storage: Storage) -> None:
    names = ["b", "A", "a", "Z", "á", "a-b", "ab", "a.b"]
    for name in names:
        await storage.connections.put(name, "http", fields=[], blob=b"x", actor=LOCAL_ADMIN, replace=False)
    assert [found.name for found in await storage.connections.list()] == sorted(names)


async def test_a_number_beyond_the_databases(storage: Storage) -> None:
    await storage.start()
    with pytest.raises(UserError, match="cursor"):
        await storage.workflows.list(before=write_cursor(2**63, "x"))
    workflow = Workflow("nightly", nodes={"a": Node("data.set@1", {"value": 1})})
    await storage.workflows.save(workflow, publish=True, expected_version=None, actor=LOCAL_ADMIN)
    for version in (2**31, 2**63, 10**30):
        with pytest.raises(NotFound, match="no version"):
            await storage.workflows.get("nightly", version)
