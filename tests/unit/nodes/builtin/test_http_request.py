"""http.request against a server of the test's own, through the real guarded client."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from concertmaster import Connection, OperationalError, UserError
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.nodes.builtin.http_request import http_request
from concertmaster.nodes.node_type import node_type_of
from node_context import PlainContext


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got; the path chooses the form."""

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        seen = {"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}
        content = json.dumps({**seen, "body": body.decode()}).encode()
        status, kind, extra = 200, "application/json", {}
        match self.path.partition("?")[0]:
            case "/text":
                content, kind = b"plain", "text/plain; charset=utf-8"
            case "/binary":
                content, kind = b"\x00\xff", "application/octet-stream"
            case "/busy":
                status, content, kind, extra = 503, b"come back later", "text/plain", {"Retry-After": "7"}
            case "/missing":
                status, content, kind = 404, b"no such thing", "text/plain"
            case "/charset":
                # As punycode it takes minutes; each part is decoded by moving all that is there already.
                content = b"a" * 1_000_000 + b"-" + b"kva" * 300_000
                kind = f"text/plain; charset={self.path.partition('?')[2]}"
            case "/deep":
                content = b"[" * 100_000 + b"]" * 100_000
            case "/liar":
                content = b"<html>"
            case _:
                pass
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[PlainContext]:
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        yield PlainContext(tmp_path, http=client)


async def test_get_and_its_forms_of_body(server: str, context: PlainContext) -> None:
    answer = await http_request(f"{server}/a", context, query={"q": ["1", "2"], "s": "x y"}, headers={"X-Mine": "1"})
    assert answer["status"] == 200
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["body"]["path"] in ("/a?q=1&q=2&s=x+y", "/a?q=1&q=2&s=x%20y")
    assert answer["body"]["headers"]["x-mine"] == "1"
    assert "idempotency-key" not in answer["body"]["headers"]
    assert (await http_request(f"{server}/text", context))["body"] == "plain"
    assert (await http_request(f"{server}/binary", context))["body"] == base64.b64encode(b"\x00\xff").decode()
    with pytest.raises(UserError, match="did not answer with JSON"):
        await http_request(f"{server}/liar", context)
    assert (await http_request(f"{server}/liar", context, response="text"))["body"] == "<html>"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_writes_carry_the_idempotency_key_unless_the_config_has_one(
    server: str, context: PlainContext, method: Any
) -> None:
    answer = await http_request(server, context, method=method, body={"a": 1})
    assert answer["body"]["headers"]["idempotency-key"] == "execution/node/1"
    assert json.loads(answer["body"]["body"]) == {"a": 1}
    assert answer["body"]["headers"]["content-type"] == "application/json"
    answer = await http_request(server, context, method=method, headers={"idempotency-key": "mine"}, body="text")
    assert answer["body"]["headers"]["idempotency-key"] == "mine"
    assert answer["body"]["body"] == "text"


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"token": "t0k"}, "authorization", "Bearer t0k"),
        ({"username": "u", "password": "p"}, "authorization", "Basic " + base64.b64encode(b"u:p").decode()),
        ({"header": "X-Key", "value": "k"}, "x-key", "k"),
    ],
)
async def test_connections_give_their_credentials(
    server: str, context: PlainContext, values: dict[str, str], name: str, expected: str
) -> None:
    connection = Connection("http", "shop", {**values, "base_url": server + "/v1"})
    answer = await http_request("orders", context, connection=connection)
    assert answer["body"]["path"] == "/v1/orders"
    assert answer["body"]["headers"][name] == expected


@pytest.mark.parametrize(
    ("value", "sent"), [(7, "7"), (0.5, "0.5"), ("7", "7"), (True, None), (None, None), ([7], None)]
)
async def test_a_header_may_be_a_number(server: str, context: PlainContext, value: Any, sent: str | None) -> None:
    found = node_type_of(http_request)
    assert found is not None
    config = {"url": server, "headers": {"X-Page": value}}
    if sent is None:
        with pytest.raises(ValidationError, match="X-Page"):
            found.config_model.model_validate(config)
        return
    headers = found.config_model.model_validate(config).model_dump()["headers"]
    answer = await http_request(server, context, headers=headers)
    assert answer["body"]["headers"]["x-page"] == sent


async def test_credentials_go_to_their_own_server_only(server: str, context: PlainContext) -> None:
    connection = Connection("http", "shop", {"token": "t0k", "base_url": "https://shop.example"})
    for url in (server, "//evil.example/x", "http://shop.example/x", "https://shop.example.evil.test/"):
        with pytest.raises(UserError) as caught:
            await http_request(url, context, connection=connection)
        assert caught.value.code == "http.other_server"
        assert "t0k" not in caught.value.message
    with pytest.raises(UserError, match="none of: token"):
        await http_request(server, context, connection=Connection("http", "empty", {}))


async def test_an_error_status_is_a_failure_that_says_whether_to_retry(server: str, context: PlainContext) -> None:
    with pytest.raises(OperationalError, match=r"answered with 503.*come back later") as caught:
        await http_request(f"{server}/busy?key=secret", context)
    assert caught.value.retryable
    assert caught.value.details["retry_after_seconds"] == 7
    assert "secret" not in caught.value.message
    with pytest.raises(OperationalError) as missing:
        await http_request(f"{server}/missing", context)
    assert not missing.value.retryable
    assert (missing.value.details["status"], missing.value.details["body"]) == (404, "no such thing")
    answer = await http_request(f"{server}/missing", context, raise_for_status=False)
    assert (answer["status"], answer["body"]) == (404, "no such thing")


async def test_a_dead_server_is_retryable_and_a_private_address_is_refused(tmp_path: Path, server: str) -> None:
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        with pytest.raises(OperationalError) as caught:
            await http_request("http://127.0.0.1:1/", PlainContext(tmp_path, http=client), timeout="5s")
    assert caught.value.retryable
    assert caught.value.details["sent"] is False
    async with GuardedClient(EgressRules.parse("")) as strict:
        with pytest.raises(UserError) as refused:
            await http_request(server, PlainContext(tmp_path, http=strict))
    assert refused.value.code == "http.egress_refused"


@pytest.mark.parametrize(
    "url", ["http://[", "http://[x]/", "http://[::1", "http://xn--/", "http://a:b/", "http://a:99999/"]
)
async def test_what_is_no_url(context: PlainContext, url: str) -> None:
    shop = Connection("http", "shop", {"token": "t0k", "base_url": "https://shop.example"})
    broken = Connection("http", "shop", {"token": "t0k", "base_url": url})
    for target, connection in ((url, None), (url, shop), ("orders", broken)):
        with pytest.raises(UserError) as caught:
            await http_request(target, context, connection=connection)
        # Sound or not, it is not the connection's server.
        assert caught.value.code == (
            "http.other_server" if (url, connection) == ("http://xn--/", shop) else "http.invalid_url"
        )


def test_the_effect_depends_on_the_method() -> None:
    found = node_type_of(http_request)
    assert found is not None
    assert found.call == "loop"
    assert found.spec.effect_of({"url": "x"}) == "read"
    assert found.spec.effect_of({"method": "POST"}) == "write"
    assert found.spec.effect_of({"method": "{{ inputs.m }}"}) == "write"


@pytest.mark.timeout(30)
@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "zlib", "rot13", "undefined", "no-such"])
async def test_a_charset_that_no_text_has_holds_up_nobody(server: str, context: PlainContext, charset: str) -> None:
    answer = await http_request(f"{server}/charset?{charset}", context)
    assert answer["body"] == "a" * 1_000_000 + "-" + "kva" * 300_000


async def test_json_that_is_nested_too_deep_is_told(server: str, context: PlainContext) -> None:
    with pytest.raises(UserError, match="nested") as error:
        await http_request(f"{server}/deep", context)
    assert error.value.code == "http.not_json"


@pytest.mark.parametrize("name", ["Transfer-Encoding", "content-length", " Content-Length"])
async def test_headers_that_say_where_the_body_ends_are_refused(server: str, context: PlainContext, name: str) -> None:
    with pytest.raises(UserError) as error:
        await http_request(server, context, "POST", headers={name: "4"}, body="GET / HTTP/1.1")
    assert error.value.code == "http.header_refused"
    assert name in error.value.message
