"""Tests of connections to mail and file servers: aiosmtpd and asyncssh serve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from connection_servers import free_port

SECRET = "s3cr3t-pass-word"


class Sink:
    """Takes nothing; a test sends no mail."""

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        raise AssertionError("a test sent a mail")


def _let_in(server, session, envelope, mechanism, data) -> AuthResult:
    return AuthResult(success=data.login == b"ann" and data.password == b"the-right-one", handled=False)


def _smtp(**options) -> Controller:
    found = Controller(Sink(), hostname="127.0.0.1", port=free_port(), authenticator=_let_in, **options)
    found.start()
    return found


@pytest.mark.filterwarnings("ignore")
async def test_smtp_logs_in_or_says_why_not(check) -> None:
    server = await asyncio.to_thread(_smtp, auth_require_tls=False)
    try:
        where = {"host": "127.0.0.1", "port": server.port, "security": "none"}
        assert (await check("smtp", **where)).message == "The mail server answered, without TLS"
        good = await check("smtp", **where, username="ann", password="the-right-one")
        assert good.message.endswith("took the login")
        bad = await check("smtp", **where, username="ann", password=SECRET)
        assert (bad.ok, bad.fix, SECRET in bad.message) == (False, "Check username and password", False)
        plain = await check("smtp", **{**where, "security": "starttls"})
        assert (plain.ok, plain.fix) == (False, "Set `security` to none or tls")
        secure = await check("smtp", **{**where, "security": "tls"})
        assert (secure.ok, "`security`" in secure.fix) == (False, True)
    finally:
        await asyncio.to_thread(server.stop)


async def test_a_mail_server_that_says_nothing_ends_in_time(check, silent_port: int) -> None:
    assert (await check("smtp", seconds=1, host="127.0.0.1", port=silent_port)).code == "timeout"
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    values = {"username": "ann", "password": SECRET, "host_key": key}
    assert (await check("sftp", seconds=1, host="127.0.0.1", port=silent_port, **values)).code == "timeout"


class Door(asyncssh.SSHServer):
    """Lets ann in with her password or her key."""

    def __init__(self, key: asyncssh.SSHKey) -> None:
        self._key = key

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("ann", "the-right-one")

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "ann" and key == self._key.convert_to_public()


@pytest.fixture
async def sftp(tmp_path: Path) -> AsyncIterator[tuple[int, str, asyncssh.SSHKey]]:
    host_key, user_key = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    async with asyncssh.listen(
        "127.0.0.1", 0, server_factory=lambda: Door(user_key), server_host_keys=[host_key], sftp_factory=True
    ) as server:
        yield server.get_port(), host_key.export_public_key("openssh").decode().strip(), user_key


async def test_sftp_logs_in_or_says_why_not(check, sftp: tuple[int, str, asyncssh.SSHKey]) -> None:
    port, host_key, user_key = sftp
    where = {"host": "127.0.0.1", "port": port, "username": "ann"}
    good = await check("sftp", **where, password="the-right-one", host_key=host_key)
    assert (good.message, good.ok) == ("The server took the login and offers SFTP", True)
    private = user_key.export_private_key("openssh", passphrase=SECRET).decode()
    assert (await check("sftp", **where, private_key=private, passphrase=SECRET, host_key=host_key)).ok
    locked = await check("sftp", **where, private_key=private, host_key=host_key)
    assert (locked.ok, "passphrase" in locked.fix) == (False, True)
    bad = await check("sftp", **where, password=SECRET, host_key=host_key)
    assert (bad.ok, bad.fix, SECRET in bad.message) == (
        False,
        "Check username, and password or private_key",
        False,
    )


async def test_sftp_sends_nothing_to_a_server_that_nobody_knows(check, sftp: tuple[int, str, asyncssh.SSHKey]) -> None:
    port, host_key, _ = sftp
    where = {"host": "127.0.0.1", "port": port, "username": "ann", "password": "the-right-one"}
    unknown = await check("sftp", **where)
    assert (unknown.ok, host_key.split()[1] in unknown.message, "host_key" in unknown.fix) == (False, True, True)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    assert "another key" in (await check("sftp", **where, host_key=other)).message
