"""Tests of connections over HTTP: a server of the test's own, and an S3 that checks signatures."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.data.oauth2 import ClientCredentials
from s3_server import OWNER, S3Server

SECRET = "s3cr3t-pass-word"


class Guarded(BaseHTTPRequestHandler):
    """Lets those in who show the secret in the way that the path says; counts the tokens that it gives."""

    tokens = 0

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        basic = "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()
        given = self.headers.get("authorization", "")
        match urlsplit(self.path).path:
            case "/bearer":
                self.say(200 if given == f"Bearer {SECRET}" else 401)
            case "/basic":
                self.say(200 if given == basic else 401)
            case "/header":
                self.say(200 if self.headers.get("x-key") == SECRET else 403)
            case "/query":
                self.say(200 if parse_qs(urlsplit(self.path).query).get("key") == [SECRET] else 401)
            case "/open":
                self.say(200 if not given else 400)
            case "/token" if given == basic and "grant_type=client_credentials" in body:
                Guarded.tokens += 1
                self.say(200, {"access_token": f"token-{Guarded.tokens}-long-enough", "expires_in": 3600})
            case "/token":
                self.say(401, {"error": "invalid_client", "error_description": given})
            case "/oauth":
                self.say(200 if given.startswith("Bearer token-") else 401)
            case "/slack/good":
                self.say(400, {"error": "no_text"})
            case "/busy":
                self.say(503)
            case _:
                self.say(404)

    def say(self, status: int, body: Any = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer  # noqa: N815


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Guarded) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/bearer", {"token": SECRET}),
        ("/basic", {"username": "ann", "password": SECRET}),
        ("/header", {"header": "X-Key", "value": SECRET}),
        ("/query", {"query_parameter": "key", "value": SECRET}),
        ("/open", {}),
        ("/open", {"auth": "none"}),
    ],
)
async def test_http_logs_in_each_way(check, server: str, path: str, values: dict[str, str]) -> None:
    good = await check("http", base_url=server + path, **values)
    assert (good.ok, good.message.endswith("answered 200")) == (True, True)
    wrong = {name: "another" if value == SECRET else value for name, value in values.items()}
    if wrong != values:
        bad = await check("http", base_url=server + path, **wrong)
        assert (bad.ok, bad.fix) == (False, "Check the credentials, and their rights")


async def test_http_with_oauth2_asks_for_a_token(check, server: str) -> None:
    values = {"token_url": f"{server}/token", "client_id": "ann", "client_secret": SECRET}
    assert (await check("http", base_url=f"{server}/oauth", **values)).ok
    assert (await check("http", **values)).message == "The token server gave an access token"
    bad = await check("http", **{**values, "client_secret": "another-long-one"})
    assert (bad.code, "invalid_client" in bad.message, "another-long-one" in bad.message) == (
        "oauth2.refused",
        True,
        False,
    )


async def test_a_token_server_that_hangs_holds_up_no_other(server: str) -> None:
    credentials = {"client_id": "ann", "client_secret": SECRET}
    asked = asyncio.Event()
    silent = await asyncio.start_server(lambda _reading, _writing: asked.set(), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with silent, GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        tokens = ClientCredentials(client)
        hanging = asyncio.create_task(tokens.token({"token_url": url, **credentials}))
        await asked.wait()
        try:
            async with asyncio.timeout(5):
                found = await tokens.token({"token_url": f"{server}/token", **credentials})
        finally:
            hanging.cancel()
            await asyncio.wait({hanging})
    assert found.startswith("token-")


async def test_the_same_credentials_ask_once(server: str) -> None:
    values = {"token_url": f"{server}/token", "client_id": "ann", "client_secret": SECRET}
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        tokens = ClientCredentials(client)
        found = await asyncio.gather(*(tokens.token(values) for _ in range(5)))
        assert len(set(found)) == 1
        assert await tokens.token({**values, "scope": "other"}) not in found


async def test_http_says_what_it_cannot_tell(check, server: str) -> None:
    assert "does not tell" in (await check("http", base_url=f"{server}/none", token=SECRET)).message
    assert not (await check("http", base_url=f"{server}/busy", token=SECRET)).ok
    assert (await check("http", token=SECRET)).fix == "Give it `base_url`; the test gets that page"


async def test_slack_is_known_without_posting(check, server: str) -> None:
    assert (
        await check("slack", url=f"{server}/slack/good")
    ).message == "127.0.0.1 knows the webhook; nothing was posted"
    bad = await check("slack", url=f"{server}/slack/{SECRET}")
    assert (bad.ok, SECRET in bad.message) == (False, False)
    inside = await check("slack", url=f"http://127.0.0.9/{SECRET}")
    assert (inside.code, SECRET in inside.message) == ("http.egress_refused", False)


async def test_s3_lists_the_bucket_or_says_why_not(check, s3: S3Server) -> None:
    s3.make_bucket("goods")
    good = await check("s3", **s3.values("goods"))
    assert (good.message, good.ok) == ("The bucket goods can be listed", True)
    assert (await check("s3", **s3.values())).ok
    missing = await check("s3", **s3.values("none"))
    assert (missing.ok, missing.fix) == (False, "Check the name of the bucket, or make it")
    bad = await check("s3", **s3.values("goods", keys=(OWNER[0], SECRET)))
    assert (bad.ok, bad.fix) == (False, "Check secret_access_key")
    stranger = await check("s3", **s3.values("goods", keys=("AKIANOBODY", SECRET)))
    assert (stranger.ok, stranger.fix) == (False, "Check access_key_id")
