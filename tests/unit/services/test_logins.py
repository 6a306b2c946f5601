"""Links, sessions and tokens while time goes by, on a real database."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from concertmaster.domain.access import LOCAL_ADMIN, Actor
from concertmaster.domain.errors import NotLoggedIn, UserError
from concertmaster.services.aside import Aside
from concertmaster.services.logins import LINK_LASTS, RENEWED_EVERY, SESSION_LASTS, LoginService
from concertmaster.services.tokens import NOTED_EVERY, TokenService
from concertmaster.storage.database import Database
from concertmaster.storage.logins import SqlLoginStore
from concertmaster.storage.migrate import upgrade
from concertmaster.storage.tokens import SqlTokenStore

SECOND = timedelta(seconds=1)


class MovedClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Parts:
    clock: MovedClock
    aside: Aside
    logins: LoginService
    tokens: TokenService


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncGenerator[Parts]:
    url = f"sqlite:///{tmp_path / 'concertmaster.db'}"
    upgrade(url)
    database, clock, aside = Database(url), MovedClock(), Aside()
    await database.open()
    logins = LoginService(SqlLoginStore(database, now=clock.now), clock=clock, aside=aside)
    tokens = TokenService(SqlTokenStore(database, now=clock.now), clock=clock, aside=aside)
    yield Parts(clock, aside, logins, tokens)
    await aside.close()
    await database.close()


async def test_a_link_works_for_a_quarter_of_an_hour(parts: Parts) -> None:
    for waits, works in ((LINK_LASTS - SECOND, True), (LINK_LASTS, False)):
        link = await parts.logins.create_link(LOCAL_ADMIN)
        parts.clock.at += waits
        if works:
            assert (await parts.logins.log_in(link.secret)).login.actor.name == "owner"
        with pytest.raises(NotLoggedIn, match="user login-link"):
            await parts.logins.log_in(link.secret)


async def test_a_session_lasts_while_it_is_used(parts: Parts) -> None:
    link = await parts.logins.create_link(LOCAL_ADMIN)
    secret = (await parts.logins.log_in(link.secret)).secret
    parts.clock.at += RENEWED_EVERY - SECOND
    fresh = await parts.logins.identify(secret)
    assert fresh is not None
    assert not fresh.renewed
    for _ in range(5):
        parts.clock.at += SESSION_LASTS - RENEWED_EVERY
        used = await parts.logins.identify(secret)
        assert used is not None
        assert used.renewed
        assert used.expires_at == parts.clock.at + SESSION_LASTS
        await parts.aside.close()
    parts.clock.at += SESSION_LASTS
    assert await parts.logins.identify(secret) is None


async def test_the_use_of_a_token_is_noted_now_and_then(parts: Parts) -> None:
    until = parts.clock.at + timedelta(days=1)
    made, secret = await parts.tokens.create(LOCAL_ADMIN, "ci", scopes=["read"], expires_at=until)
    noted: list[datetime | None] = []
    for _ in range(3):
        parts.clock.at += NOTED_EVERY / 2
        assert await parts.tokens.identify(secret) is not None
        await parts.aside.close()
        noted.append((await parts.tokens.list(LOCAL_ADMIN))[0].last_used_at)
    assert noted == [made.created_at + NOTED_EVERY / 2, noted[0], made.created_at + NOTED_EVERY * 1.5]
    parts.clock.at = until
    assert await parts.tokens.identify(secret) is None


@pytest.mark.parametrize("role", ["viewer", "operator", "editor"])
async def test_only_an_admin_lets_others_in(parts: Parts, role: str) -> None:
    actor = Actor("somebody", role)  # pyright: ignore[reportArgumentType]
    for asked in (
        parts.logins.create_link(actor),
        parts.tokens.list(actor),
        parts.tokens.create(actor, "x", scopes=["read"], expires_at=None),
        parts.tokens.revoke(actor, "x"),
    ):
        with pytest.raises(UserError, match="access:manage"):
            await asked
