"""Connections and the audit table beside them."""

from __future__ import annotations

import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.interfaces import StoredConnection
from concertmaster.domain.workflow import Node, Workflow
from storage_backends import Storage

NODES = {"a": Node("data.set@1", {"value": 1})}


async def put(storage: Storage, name: str, blob: bytes, *, replace: bool = False) -> StoredConnection:
    return await storage.connections.put(
        name, "http", fields=["token", "url"], blob=blob, actor=LOCAL_ADMIN, replace=replace
    )


async def test_a_connection_is_stored_as_given(storage: Storage) -> None:
    stored = await put(storage, "crm", b"\x00secret")
    assert (stored.name, stored.type, tuple(stored.fields)) == ("crm", "http", ("token", "url"))
    assert await storage.connections.get("crm") == (stored, b"\x00secret")


async def test_a_name_is_taken_unless_replaced(storage: Storage) -> None:
    first = await put(storage, "crm", b"1")
    with pytest.raises(Conflict, match="crm") as caught:
        await put(storage, "crm", b"2")
    assert caught.value.code == "connection.exists"
    second = await put(storage, "crm", b"3", replace=True)
    assert second.created_at == first.created_at
    assert second.updated_at > first.updated_at
    assert (await storage.connections.get("crm"))[1] == b"3"


async def test_lists_are_by_name_and_deletes_are_for_good(storage: Storage) -> None:
    for name in ("b", "a", "c"):
        await put(storage, name, b"x")
    await storage.connections.delete("b", actor=LOCAL_ADMIN)
    assert [line.name for line in await storage.connections.list()] == ["a", "c"]
    for missing in (storage.connections.get("b"), storage.connections.delete("b", actor=LOCAL_ADMIN)):
        with pytest.raises(NotFound, match="concertmaster connection add") as caught:
            await missing
        assert caught.value.code == "connection.not_found"


async def test_every_deed_is_audited_without_secrets_and_no_refusal_is(storage: Storage) -> None:
    await put(storage, "crm", b"secret")
    with pytest.raises(Conflict):
        await put(storage, "crm", b"secret")
    await put(storage, "crm", b"secret", replace=True)
    await storage.connections.delete("crm", actor=LOCAL_ADMIN)
    first = await storage.audit.list(target="connection:crm", limit=2)
    rest = await storage.audit.list(target="connection:crm", limit=2, before=first.next)
    lines = [*first.items, *rest.items]
    assert [line.action for line in lines] == ["connection.delete", "connection.replace", "connection.create"]
    assert rest.next is None
    assert "secret" not in str(lines)


async def test_only_the_blob_that_was_read_is_wrapped_anew(storage: Storage) -> None:
    stored = await put(storage, "crm", b"former")
    assert not await storage.connections.rewrap("crm", b"another", b"anew")
    assert not await storage.connections.rewrap("none", b"former", b"anew")
    assert await storage.connections.rewrap("crm", b"former", b"anew")
    assert await storage.connections.get("crm") == (stored, b"anew")


async def test_workflows_that_name_a_text_are_found_in_the_newest_and_the_published_version(storage: Storage) -> None:
    for labels in ({"of": 'the "one"'}, {"of": "two"}):
        await storage.workflows.save(
            Workflow("flow", labels=labels, nodes=NODES),
            publish="one" in labels["of"],
            expected_version=None,
            actor=LOCAL_ADMIN,
        )
    await storage.workflows.save(Workflow("other", nodes=NODES), publish=True, expected_version=None, actor=LOCAL_ADMIN)
    for text, versions in (('"two"', [2]), ('"of"', [1, 2]), ("t%o", []), ("nowhere", [])):
        found = await storage.workflows.naming([text])
        assert (text, [(one.name, one.version, one.published) for one in found]) == (
            text,
            [("flow", version, 1) for version in versions],
        )
    assert await storage.workflows.naming([]) == []
    await storage.workflows.delete("flow", actor=LOCAL_ADMIN)
    assert await storage.workflows.naming(['"of"']) == []
