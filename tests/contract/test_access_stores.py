"""Login links, sessions and tokens: what opens once, what expires, and what the audit says of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from concertmaster.domain.access import LOCAL_ADMIN, ApiToken
from concertmaster.domain.errors import Conflict, NotFound
from storage_backends import AT, Storage

LATER = AT + timedelta(days=1)


async def add_token(storage: Storage, name: str, digest: str, **more: timedelta) -> ApiToken:
    expires_at = AT + more["lasts"] if more else None
    return await storage.tokens.add(name, digest, scopes=["run"], expires_at=expires_at, actor=LOCAL_ADMIN)


async def test_a_link_opens_one_session_for_the_one_owner(storage: Storage) -> None:
    for link in ("one", "two"):
        await storage.logins.add_link(link, expires_at=LATER, actor=LOCAL_ADMIN)
    opened = await storage.logins.redeem("one", "s1", expires_at=LATER)
    again = await storage.logins.redeem("one", "s2", expires_at=LATER)
    other = await storage.logins.redeem("two", "s3", expires_at=LATER)
    assert opened is not None
    assert other is not None
    assert (opened.user.name, other.user) == ("owner", opened.user)
    assert again is None
    assert await storage.logins.session("s1") == opened
    assert await storage.logins.session("s2") is None


async def test_of_many_who_use_a_link_at_once_one_gets_in(storage: Storage) -> None:
    await storage.logins.add_link("one", expires_at=LATER, actor=LOCAL_ADMIN)
    opened = await asyncio.gather(*(storage.logins.redeem("one", f"s{n}", expires_at=LATER) for n in range(8)))
    assert len([session for session in opened if session is not None]) == 1


async def test_links_and_sessions_end_with_their_time(storage: Storage) -> None:
    await storage.logins.add_link("old", expires_at=AT, actor=LOCAL_ADMIN)
    assert await storage.logins.redeem("old", "s1", expires_at=LATER) is None
    await storage.logins.add_link("good", expires_at=LATER, actor=LOCAL_ADMIN)
    assert await storage.logins.redeem("good", "s1", expires_at=AT) is not None
    assert await storage.logins.session("s1") is None
    await storage.logins.prolong("s1", expires_at=LATER)
    prolonged = await storage.logins.session("s1")
    assert prolonged is not None
    assert prolonged.expires_at == LATER
    assert prolonged.last_seen > prolonged.created_at
    await storage.logins.end("s1", actor=LOCAL_ADMIN)
    await storage.logins.end("s1", actor=LOCAL_ADMIN)
    assert await storage.logins.session("s1") is None
    lines = await storage.audit.list(target="user:owner")
    assert [line.action for line in lines.items] == ["session.create", "login_link.create", "login_link.create"]
    ended = await storage.audit.list(target="user:local")
    assert [line.action for line in ended.items] == ["session.end"]


async def test_a_token_is_found_by_its_hash_until_it_is_revoked_or_too_old(storage: Storage) -> None:
    made = await add_token(storage, "ci", "hash-1")
    await add_token(storage, "old", "hash-2", lasts=timedelta())
    assert await storage.tokens.find("hash-1") == made
    assert await storage.tokens.find("hash-2") is None
    await storage.tokens.used(made.id)
    used = await storage.tokens.find("hash-1")
    assert used is not None
    assert used.last_used_at is not None
    for _ in range(2):
        await storage.tokens.revoke(made.id, actor=LOCAL_ADMIN)
    assert await storage.tokens.find("hash-1") is None
    newest, oldest = await storage.tokens.list()
    assert (newest.name, oldest.name) == ("old", "ci")
    assert oldest.revoked_at is not None
    lines = await storage.audit.list(target=f"token:{made.id}")
    assert [(line.action, line.actor) for line in lines.items] == [
        ("token.revoke", "local"),
        ("token.create", "local"),
    ]
    assert "hash" not in str(lines)


async def test_a_name_is_taken_while_its_token_works(storage: Storage) -> None:
    first = await add_token(storage, "ci", "hash-1")
    with pytest.raises(Conflict, match="ci") as caught:
        await add_token(storage, "ci", "hash-2")
    assert caught.value.code == "token.exists"
    await storage.tokens.revoke(first.id, actor=LOCAL_ADMIN)
    await add_token(storage, "ci", "hash-3")
    with pytest.raises(NotFound, match="concertmaster token list"):
        await storage.tokens.revoke("nothing", actor=LOCAL_ADMIN)
