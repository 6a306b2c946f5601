"""Tests of connections to message services, against real ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connection_servers import nats_server, program, redis_server

SECRET = "s3cr3t-pass-word"
LOGIN = "Check username and password"


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
async def test_redis_answers_or_says_why_not(check, tmp_path: Path) -> None:
    with redis_server(tmp_path, "--requirepass", "the-right-one") as port:
        good = await check("redis", host="127.0.0.1", port=port, password="the-right-one", database=3)
        assert (good.ok, good.message.startswith("Redis ")) == (True, True)
        bad = await check("redis", host="127.0.0.1", port=port, password=SECRET)
        assert (bad.ok, bad.fix, SECRET in bad.message) == (False, LOGIN, False)
        none = await check("redis", host="127.0.0.1", port=port)
        assert (none.ok, none.fix) == (False, LOGIN)
        far = await check("redis", host="127.0.0.1", port=port, password="the-right-one", database=99)
        assert (far.ok, "database" in far.fix) == (False, True)
        # It waits for the end of a line that TLS does not have.
        secure = await check("redis", seconds=1, host="127.0.0.1", port=port, password="the-right-one", tls=True)
        assert (secure.ok, "TLS" in secure.fix) == (False, True)


@pytest.mark.skipif(program("nats-server") is None, reason="needs nats-server")
async def test_nats_answers_or_says_why_not(check, tmp_path: Path) -> None:
    with nats_server(tmp_path, "--user", "ann", "--pass", "the-right-one") as port:
        good = await check("nats", host="127.0.0.1", port=port, username="ann", password="the-right-one")
        assert (good.ok, good.message.startswith("NATS ")) == (True, True)
        bad = await check("nats", host="127.0.0.1", port=port, username="ann", password=SECRET)
        assert (bad.ok, SECRET in bad.message, "token" in bad.fix) == (False, False, True)
        secure = await check("nats", host="127.0.0.1", port=port, token="the-right-one", tls=True)
        assert not secure.ok


async def test_a_service_that_says_nothing_ends_in_time(check, silent_port: int) -> None:
    for type_ in ("redis", "rabbitmq", "nats"):
        found = await check(type_, seconds=1, host="127.0.0.1", port=silent_port, username="ann", password=SECRET)
        assert (type_, found.code) == (type_, "timeout")


async def test_another_server_is_no_broker(check, tmp_path: Path) -> None:
    with redis_server(tmp_path) as port:
        found = await check("rabbitmq", seconds=1, host="127.0.0.1", port=port, password=SECRET)
    assert (found.ok, SECRET in found.message) == (False, False)


async def test_what_has_no_test_says_so(check) -> None:
    found = await check("kafka", bootstrap_servers="127.0.0.1:9092")
    assert (found.ok, found.code) == (False, "untestable")
    assert (await check("shelf", key=SECRET)).code == "untestable"
