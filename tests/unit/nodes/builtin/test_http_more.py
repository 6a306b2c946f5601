"""http.download, http.paginate and http.graphql against a server of the test's own that may be odd."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from concertmaster import Connection, OperationalError, UserError
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.domain.errors import ConcertMasterError
from concertmaster.nodes.builtin.http_download import http_download
from concertmaster.nodes.builtin.http_graphql import http_graphql
from concertmaster.nodes.builtin.http_paginate import http_paginate
from concertmaster.nodes.node_type import node_type_of
from node_context import PlainContext

ITEMS = list(range(7))


class Odd(BaseHTTPRequestHandler):
    """The path chooses what it does."""

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        at = int(query.get("page", query.get("offset", query.get("cursor", 0))))
        host = f"http://{self.headers['host']}"
        match url.path:
            case "/file":
                self.send(
                    b"x" * 3_000_000,
                    Content_Disposition='attachment; filename="../../a b.csv"',
                    Content_Type="text/csv",
                )
            case "/bomb":
                self.send(gzip.compress(b"\0" * 5_000_000), Content_Encoding="gzip")
            case "/endless":
                self.send_response(200)
                self.end_headers()
                try:
                    while True:
                        self.wfile.write(b"x" * 65_536)
                except OSError:
                    pass
            case "/page":
                self.send(json.dumps(ITEMS[at * 3 - 3 : at * 3]).encode(), Content_Type="application/json")
            case "/offset":
                self.send(json.dumps({"data": {"rows": ITEMS[at : at + 3]}}).encode())
            case "/cursor":
                after = at + 3 if at + 3 < 7 else None
                self.send(json.dumps({"items": ITEMS[at : at + 3], "meta": {"next": after}}).encode())
            case "/link":
                more = {"Link": f'<{host}/a>; rel="prev", </link?page={at + 3}>; rel="next"'} if at + 3 < 7 else {}
                self.send(json.dumps(ITEMS[at : at + 3]).encode(), **more)
            case "/circle":
                self.send(json.dumps({"items": [1], "next": f"{host}/circle"}).encode())
            case "/away":
                self.send(json.dumps({"items": [1], "next": "http://169.254.169.254/latest"}).encode())
            case "/forever":
                self.send(b"[1]")
            case _:
                self.send(b"no such thing", 404)

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        match self.path:
            case "/graphql":
                self.send(json.dumps({"data": {**sent, "auth": self.headers["authorization"]}}).encode())
            case "/errors":
                self.send(b'{"data": {"a": 1}, "errors": [{"message": "no such field", "path": ["a", 0]}]}')
            case _:
                self.send(b'{"hello": 1}')


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[PlainContext]:
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        yield PlainContext(tmp_path, http=client)


async def refused(call: Any) -> ConcertMasterError:
    with pytest.raises((UserError, OperationalError)) as caught:
        await call
    return caught.value


@pytest.mark.parametrize("function", [http_download, http_paginate, http_graphql])
def test_headers_are_those_of_http_request(function: Any) -> None:
    type_ = node_type_of(function)
    assert type_ is not None
    config: dict[str, Any] = {"url": "http://127.0.0.1", "headers": {"X-Page": 7}}
    if function is http_graphql:
        config["query"] = "{ a }"
    assert type_.config_model.model_validate(config).model_dump()["headers"] == {"X-Page": "7"}
    for value in (True, None, [7]):
        with pytest.raises(ValidationError, match="X-Page"):
            type_.config_model.model_validate({**config, "headers": {"X-Page": value}})


async def test_download_writes_the_body_and_names_it_safely(server: str, context: PlainContext) -> None:
    file = await http_download(f"{server}/file", context)
    assert (file.name, file.media_type, file.size_bytes) == ("a b.csv", "text/csv", 3_000_000)
    assert (await http_download(f"{server}/file", context, name="b.csv")).name == "b.csv"


async def test_download_is_bounded(server: str, context: PlainContext) -> None:
    for path in ("file", "bomb", "endless"):
        error = await refused(http_download(f"{server}/{path}", context, max_mb=2))
        assert error.code == "http.too_large", path
    assert (await http_download(f"{server}/bomb", context, max_mb=5)).size_bytes == 5_000_000


async def test_download_tells_what_is_no_file(server: str, context: PlainContext) -> None:
    error = await refused(http_download(f"{server}/nothing", context))
    assert (error.code, "no such thing" in error.message) == ("http.status", True)
    assert (await refused(http_download("http://10.0.0.1/x", context))).code == "http.egress_refused"


@pytest.mark.parametrize(
    ("path", "config"),
    [
        ("page", {"paging": "page"}),
        ("offset", {"paging": "offset", "parameter": "offset", "start": 0, "items": "data.rows"}),
        ("cursor", {"paging": "cursor", "parameter": "cursor", "next": "meta.next", "items": "items"}),
        ("link", {"paging": "link"}),
    ],
)
async def test_every_way_of_paging_gives_all_items(
    server: str, context: PlainContext, path: str, config: dict[str, Any]
) -> None:
    assert await http_paginate(f"{server}/{path}", context, **config) == ITEMS


async def test_paging_comes_to_an_end(server: str, context: PlainContext) -> None:
    by_url: dict[str, Any] = {"paging": "next_url", "items": "items"}
    assert (await refused(http_paginate(f"{server}/circle", context, **by_url))).code == "paginate.circle"
    assert (await refused(http_paginate(f"{server}/away", context, **by_url))).code == "paginate.other_server"
    many = await refused(http_paginate(f"{server}/forever", context, paging="page", max_pages=3))
    assert many.code == "paginate.too_many"
    wrong = await refused(http_paginate(f"{server}/cursor", context, paging="cursor", items="itmes"))
    assert (wrong.code, "items, meta" in wrong.message) == ("paginate.no_list", True)
    assert (await refused(http_paginate(f"{server}/cursor", context))).code == "paginate.no_list"


async def test_graphql_gives_data_and_fails_on_errors(server: str, context: PlainContext) -> None:
    connection = Connection("http", "api", {"token": "t0k"})
    found = await http_graphql(f"{server}/graphql", "{ a }", context, variables={"x": 1}, connection=connection)
    assert found == {"query": "{ a }", "variables": {"x": 1}, "auth": "Bearer t0k"}
    error = await refused(http_graphql(f"{server}/errors", "{ a }", context))
    assert (error.code, "no such field (at a.0)" in error.message) == ("graphql.errors", True)
    both = await http_graphql(f"{server}/errors", "{ a }", context, on_errors="data")
    assert (both["data"], len(both["errors"])) == ({"a": 1}, 1)
    assert (await refused(http_graphql(f"{server}/other", "{ a }", context))).code == "graphql.no_answer"
