"""The guarded client against a real server on a free port of the loopback."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from concertmaster.data.guard import EgressRules, GuardedClient, HttpLimits
from concertmaster.data.http_body import read_bounded
from concertmaster.domain.errors import ConcertMasterError, OperationalError, UserError

BIG = 300_000
LOCAL = EgressRules.parse("127.0.0.1")


@dataclass
class Server:
    """What the server got, and where it is."""

    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    target: str = ""

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


async def _read_request(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    fields = (line.split(": ", 1) for line in head[1:] if ": " in line)
    headers = {name.lower(): value for name, value in fields}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return {"method": method, "path": path, "headers": headers, "body": body}


def _answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _reply(server: Server, request: dict[str, Any]) -> bytes | None:
    """The bytes for a path; None never answers."""
    bomb = gzip.compress(bytes(BIG))
    fixed: dict[str, bytes | None] = {
        "/gzip": _answer(gzip.compress(b"one") + gzip.compress(b" two"), content_encoding="gzip"),
        "/deflate": _answer(zlib.compress(b"zipped"), content_encoding="deflate"),
        "/raw-deflate": _answer(zlib.compress(b"zipped", wbits=-15), content_encoding="deflate"),
        "/bomb": _answer(bomb, content_encoding="gzip"),
        "/nested": _answer(gzip.compress(bomb), content_encoding="gzip, gzip"),
        "/cut": _answer(gzip.compress(b"cut off")[:-9], content_encoding="gzip"),
        "/broken": _answer(b"not gzip", content_encoding="gzip"),
        "/br": _answer(b"x", content_encoding="br"),
        "/large": _answer(bytes(BIG)),
        "/endless": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        + b"8000\r\n"
        + bytes(0x8000)
        + b"\r\n" * 1
        + (b"8000\r\n" + bytes(0x8000) + b"\r\n") * 20,
        "/lies": b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort",
        "/cookie": _answer(b"", set_cookie="session=1; Path=/"),
        "/loop": _answer(b"", "302 Found", location="/loop"),
        "/away": _answer(b"", "302 Found", location=server.target),
        "/away-307": _answer(b"", "307 Temporary Redirect", location=server.target),
        "/see-other": _answer(b"", "303 See Other", location="/echo"),
        "/moved-post": _answer(b"", "301 Moved", location="echo"),
        "/permanent": _answer(b"", "308 Permanent", location="/echo"),
        "/file": _answer(b"", "302 Found", location="file:///etc/passwd"),
        "/error": _answer(b"no", "500 Oops"),
        "/hang": None,
        "/garbage": b"not http at all\r\n\r\n",
    }
    echo = {**request, "body": request["body"].decode()}
    return fixed.get(request["path"], _answer(json.dumps(echo).encode(), content_type="application/json"))


@asynccontextmanager
async def _serve() -> AsyncIterator[Server]:
    server = Server()
    open_writers: set[asyncio.StreamWriter] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        try:
            while True:
                request = await _read_request(reader)
                server.requests.append(request)
                reply = _reply(server, request)
                if reply is None:
                    await reader.read()
                    return
                writer.write(reply)
                await writer.drain()
                if request["path"] in ("/lies", "/garbage"):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    server.target = server.url("/echo", "localhost")
    try:
        yield server
    finally:
        listener.close()
        for writer in open_writers:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with _serve() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    limits = HttpLimits(connect=timedelta(seconds=2), total=timedelta(seconds=5), max_bytes=100_000)
    async with GuardedClient(EgressRules.parse("127.0.0.1,localhost"), limits=limits) as opened:
        yield opened


async def _fails(client: GuardedClient, url: str, method: str = "GET", **options: Any) -> ConcertMasterError:
    with pytest.raises(ConcertMasterError) as caught:
        await client.request(method, url, **options)
    return caught.value


async def test_a_request_arrives_as_written(server: Server, client: GuardedClient) -> None:
    response = await client.post(
        server.url("/echo"), params={"q": "a b"}, json={"x": 1}, headers={"X-Own": "yes", "Idempotency-Key": "k"}
    )
    got = response.json()
    assert response.status_code == 200
    assert (got["method"], got["path"], got["body"]) == ("POST", "/echo?q=a+b", '{"x":1}')
    assert got["headers"]["x-own"] == "yes"
    assert got["headers"]["idempotency-key"] == "k"
    assert got["headers"]["host"] == f"127.0.0.1:{server.port}"
    assert got["headers"]["user-agent"] == "ConcertMaster"


async def test_an_error_status_is_an_answer(server: Server, client: GuardedClient) -> None:
    response = await client.get(server.url("/error"))
    assert (response.status_code, response.text) == (500, "no")


@pytest.mark.parametrize(("path", "body"), [("/gzip", "one two"), ("/deflate", "zipped"), ("/raw-deflate", "zipped")])
async def test_compressed_bodies(server: Server, client: GuardedClient, path: str, body: str) -> None:
    response = await client.get(server.url(path))
    assert response.text == body
    assert "content-encoding" not in response.headers


async def test_head_has_no_body(server: Server, client: GuardedClient) -> None:
    # The fixture's server sends a body anyway for HEAD; a length over the bound must not matter.
    response = await client.request("HEAD", server.url("/large"))
    assert response.content == b""


@pytest.mark.parametrize("path", ["/large", "/endless", "/bomb"])
async def test_too_large(server: Server, client: GuardedClient, path: str) -> None:
    error = await _fails(client, server.url(path))
    assert (error.code, error.details["sent"], error.retryable) == ("http.too_large", True, False)
    error = await _fails(client, server.url("/echo"), max_bytes=10)
    assert error.code == "http.too_large"


async def test_a_bomb_is_never_unpacked() -> None:
    packed = gzip.compress(bytes(200_000_000), 9)

    async def chunks() -> AsyncIterator[bytes]:
        yield packed

    tracemalloc.start()
    try:
        with pytest.raises(OperationalError) as caught:
            await read_bounded(chunks(), "gzip", max_bytes=100_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert caught.value.code == "http.too_large"


@pytest.mark.parametrize("path", ["/nested", "/cut", "/broken", "/br"])
async def test_bad_bodies(server: Server, client: GuardedClient, path: str) -> None:
    assert (await _fails(client, server.url(path))).code == "http.bad_body"


@pytest.mark.parametrize("path", ["/lies", "/garbage"])
async def test_a_connection_that_breaks_off(server: Server, client: GuardedClient, path: str) -> None:
    error = await _fails(client, server.url(path))
    assert (error.code, error.details["sent"], error.retryable) == ("http.connection_lost", True, True)


async def test_time_out_of_the_whole(server: Server, client: GuardedClient) -> None:
    await client.get(server.url("/"))  # connected, so that the time only runs out after the request was sent
    error = await _fails(client, server.url("/hang"), timeout=timedelta(milliseconds=200))
    assert (error.code, error.details["sent"], error.retryable) == ("http.timeout", True, True)


async def test_time_out_of_a_read(server: Server) -> None:
    async with GuardedClient(LOCAL, limits=HttpLimits(read=timedelta(milliseconds=200))) as client:
        error = await _fails(client, server.url("/hang"))
    assert (error.code, error.details["sent"]) == ("http.timeout", True)


async def test_nobody_listens(client: GuardedClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = await _fails(client, f"http://127.0.0.1:{port}/", "POST", content=b"x")
    assert isinstance(error, OperationalError)
    assert (error.code, error.details["sent"], error.retryable) == ("http.connect_failed", False, True)


async def test_tls_is_checked_against_the_name_though_the_address_is_pinned(tmp_path: Path) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await _read_request(reader)
            writer.write(_answer(b"secure", connection="close"))
            await writer.drain()
        writer.close()

    certificate = _certificate(tmp_path, "right.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    port = listener.sockets[0].getsockname()[1]
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with listener, GuardedClient(LOCAL, resolve=resolve, ssl_context=trusting) as client:
        assert (await client.get(f"https://right.example:{port}/")).text == "secure"
        error = await _fails(client, f"https://wrong.example:{port}/")
        assert (error.code, error.details["sent"], error.retryable) == ("http.tls_failed", False, False)
        async with GuardedClient(LOCAL, resolve=resolve) as distrusting:
            assert (await _fails(distrusting, f"https://right.example:{port}/")).code == "http.tls_failed"


def _certificate(folder: Path, host: str) -> Path:
    """A self-signed certificate with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    file = folder / "certificate.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(pem + builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
        "localhost.",
        "127.0.0.1.",
    ],
)
async def test_every_spelling_of_this_machine_is_refused(server: Server, host: str) -> None:
    async with GuardedClient(EgressRules()) as client:
        error = await _fails(client, server.url("/echo", host))
    assert error.code in ("http.egress_refused", "http.dns_failed", "http.invalid_url")
    assert error.details["sent"] is False
    assert server.requests == []


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "10.0.0.1", "192.168.0.1", "[fe80::1]", "[fd00:ec2::254]", "224.0.0.1"]
)
async def test_other_refused_addresses(host: str) -> None:
    async with GuardedClient(EgressRules()) as client:
        error = await _fails(client, f"http://{host}/latest/meta-data")
    assert isinstance(error, UserError)
    assert error.code == "http.egress_refused"
    assert "EGRESS_ALLOW" in error.message


async def test_a_name_is_resolved_once_and_the_checked_address_is_used(server: Server) -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    async with GuardedClient(LOCAL, resolve=resolve) as client:
        response = await client.get(server.url("/echo", "rebind.example"))
        assert response.json()["headers"]["host"] == f"rebind.example:{server.port}"
        assert asked == ["rebind.example"]
        await client.aclose()
        error = await _fails(client, server.url("/echo", "rebind.example"))
    assert error.code == "http.egress_refused"
    assert len(server.requests) == 1


async def test_only_the_checked_ones_of_several_addresses_are_tried(server: Server) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["10.255.255.1", "169.254.169.254", "127.0.0.1"]

    async with GuardedClient(LOCAL, resolve=resolve) as client:
        assert (await client.get(server.url("/echo", "many.example"))).status_code == 200


async def test_a_name_that_does_not_resolve() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    async with GuardedClient(EgressRules(), resolve=resolve) as client:
        error = await _fails(client, "http://nowhere.example/")
    assert (error.code, error.details["sent"]) == ("http.dns_failed", False)


async def test_redirects_are_bounded(server: Server, client: GuardedClient) -> None:
    error = await _fails(client, server.url("/loop"))
    assert (error.code, error.details["sent"]) == ("http.too_many_redirects", True)
    assert len(server.requests) == 6
    assert (await client.get(server.url("/loop"), follow_redirects=False)).status_code == 302


async def test_each_hop_is_checked(server: Server) -> None:
    async with GuardedClient(LOCAL) as client:
        for target in ("http://169.254.169.254/latest", server.url("/echo", "[::1]"), "//10.0.0.1/x"):
            server.target = target
            error = await _fails(client, server.url("/away"))
            assert (error.code, error.details["sent"]) == ("http.egress_refused", True)
        assert (await _fails(client, server.url("/file"))).code == "http.invalid_url"
        server.target = "http://xn--/"
        assert (await _fails(client, server.url("/away"))).code == "http.invalid_url"


async def test_secrets_stay_with_their_origin(server: Server, client: GuardedClient) -> None:
    secrets = {"Authorization": "Bearer s", "Cookie": "c=1", "X-API-Key": "k", "X-Auth-Token": "t", "X-Plain": "kept"}
    response = await client.get(server.url("/away"), headers=secrets)
    first, second = (request["headers"] for request in server.requests)
    assert first["authorization"] == "Bearer s"
    assert second["host"] == f"localhost:{server.port}"
    assert second["x-plain"] == "kept"
    assert not {"authorization", "cookie", "x-api-key", "x-auth-token"} & set(second)
    assert [hop.status_code for hop in response.history] == [302]


async def test_secrets_go_along_within_an_origin(server: Server, client: GuardedClient) -> None:
    got = (await client.get(server.url("/see-other"), headers={"Authorization": "Bearer s"})).json()
    assert got["headers"]["authorization"] == "Bearer s"


@pytest.mark.parametrize(
    ("path", "method", "arrives", "body"),
    [
        ("/see-other", "POST", "GET", ""),
        ("/see-other", "PUT", "GET", ""),
        ("/moved-post", "POST", "GET", ""),
        ("/moved-post", "PUT", "PUT", "data"),
        ("/permanent", "POST", "POST", "data"),
        ("/away-307", "POST", "POST", "data"),
    ],
)
async def test_method_and_body_after_a_redirect(
    server: Server, client: GuardedClient, path: str, method: str, arrives: str, body: str
) -> None:
    got = (
        await client.request(method, server.url(path), content=b"data", headers={"content-type": "text/plain"})
    ).json()
    assert (got["method"], got["body"]) == (arrives, body)
    assert ("content-type" in got["headers"]) is (arrives != "GET")


async def test_credentials_in_the_url_become_a_header(server: Server, client: GuardedClient) -> None:
    got = (await client.get(server.url("/echo", "user:pass@127.0.0.1"))).json()
    assert got["headers"]["authorization"] == "Basic dXNlcjpwYXNz"
    assert "user" not in got["path"]


async def test_nothing_is_kept_between_calls(server: Server, client: GuardedClient) -> None:
    await client.get(server.url("/cookie"))
    assert "cookie" not in (await client.get(server.url("/echo"))).json()["headers"]


async def test_proxies_of_the_environment_are_not_used(
    server: Server, client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await client.get(server.url("/echo"))).json()["path"] == "/echo"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x/",
        "gopher://x/",
        "//no-scheme",
        "/path",
        "",
        "http://",
        "http:///x",
        "unix:/x",
        "http://a:b:c/",
        "http://[::1",
        "http://x:99999/",
        "javascript:1",
        "http://a b/",
        "http://x\r\nHost: y/",
    ],
)
async def test_urls_that_can_not_be_used(client: GuardedClient, url: str) -> None:
    error = await _fails(client, url)
    assert isinstance(error, UserError)
    assert (error.code, error.details["sent"]) == ("http.invalid_url", False)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("CONNECT", {}),
        ("TRACE", {}),
        ("GET /x HTTP/1.1\r\nX: y", {}),
        ("GET", {"X-A": "b\r\nX-Evil: 1"}),
        ("GET", {"X-A\r\nX-Evil": "1"}),
        ("GET", {"bad name": "1"}),
        ("POST", {"Content-Length": "nonsense"}),
    ],
)
async def test_requests_that_can_not_be_sent(
    server: Server, client: GuardedClient, method: str, headers: dict[str, str]
) -> None:
    error = await _fails(client, server.url("/echo"), method, headers=headers)
    assert isinstance(error, UserError)
    assert (error.code, error.details["sent"]) == ("http.invalid_request", False)
    assert server.requests == []


async def test_each_event_loop_has_its_own_connections(server: Server, client: GuardedClient) -> None:
    async def elsewhere() -> int:
        status = (await client.get(server.url("/echo"))).status_code
        await client.aclose()
        return status

    assert (await client.get(server.url("/echo"))).status_code == 200
    assert await asyncio.to_thread(lambda: asyncio.run(elsewhere())) == 200
    assert (await client.get(server.url("/echo"))).status_code == 200


async def test_many_at_once_share_the_pool(server: Server, client: GuardedClient) -> None:
    responses = await asyncio.gather(*(client.get(server.url(f"/n{number}")) for number in range(50)))
    assert [response.json()["path"] for response in responses] == [f"/n{number}" for number in range(50)]
