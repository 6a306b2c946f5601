"""Connections and the audit table beside them."""

from __future__ import annotations

import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.interfaces import StoredConnection
from storage_backends import Storage


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
