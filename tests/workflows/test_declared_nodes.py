"""Declarative nodes, from their file to a real server: pages, bodies, credentials, and values that want out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from concertmaster import Connection, UserError
from concertmaster.domain.schemas import faults
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.declared.document import file_schema
from concertmaster.nodes.declared.node import declared_type
from concertmaster.nodes.declared.reading import read_declared
from concertmaster.nodes.describe import describe
from concertmaster.nodes.description import Failure
from concertmaster.nodes.node_type import NodeType
from documentation import ROOT, blocks
from engine_harness import running_engine

ISSUES = [{"number": n, "title": f"Issue {n}", "user": {"login": "ada"}} for n in range(1, 6)]


class Forge(BaseHTTPRequestHandler):
    """Has issues in pages of two, takes new ones, and remembers what it was asked."""

    asked: list[tuple[str, dict[str, list[str]], dict[str, str], Any]]

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        cast("Any", self.server).asked.append((url.path, query, headers, body))
        page = int(query.get("page", ["1"])[0])
        answer = {"issues": ISSUES[page * 2 - 2 : page * 2]} if self.command == "GET" else {"id": 7, "got": body}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture(scope="module")
def forge() -> Iterator[Any]:
    server = cast("Any", ThreadingHTTPServer(("127.0.0.1", 0), Forge))
    server.asked = []
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def made(text: str) -> NodeType:
    return declared_type(read_declared(text.encode(), place="nodes/test.yaml"))


def wrong(text: str) -> str:
    with pytest.raises(UserError) as caught:
        read_declared(text.encode(), place="n.yaml")
    return caught.value.message


async def test_the_page_of_the_documentation_is_true(tmp_path: Path, forge: Any) -> None:
    page = ROOT / "docs" / "how-to" / "declare-a-node.md"
    (declaration,) = [block.text for block in blocks(page, "yaml") if block.name.startswith("nodes/")]
    (document,) = [block.text for block in blocks(page, "yaml") if "concertmaster: 1" in block.text]
    type_ = made(declaration)
    assert list(faults(file_schema(), yaml.safe_load(declaration))) == []
    assert (type_.spec.reference, type_.spec.effect, type_.spec.schema["required"]) == (
        "forge.issues@1",
        "read",
        ["owner", "repository"],
    )
    async with running_engine(tmp_path, [type_.function], allow="127.0.0.1") as harness:
        row, events = await harness.run(document, {"server": forge.url})
    assert row.status == "succeeded", row.error
    issues = events[-1].body.outputs["issues"]
    assert [issue["number"] for issue in issues] == [1, 2, 3, 4, 5]
    assert issues[0] == {"number": 1, "title": "Issue 1", "by": "ada"}
    path, query, _, _ = forge.asked[-1]
    assert (path, query) == ("/repos/ada/engine/issues", {"state": ["open"], "page": ["4"]}), "null is left out"


ADD = """
concertmaster_node: 1
id: forge.add
description: Add an issue.
config:
  path: {type: string, description: Where.}
  title: {type: string, minLength: 3, description: Its title.}
  labels: {type: array, items: {type: string}, default: [], description: Its labels.}
connection: http
request:
  method: POST
  url: "URL/repos/{{ config.path }}/issues"
  headers: {X-Count: "{{ config.labels | length }}", X-None: null}
  body: {title: "{{ config.title }}", labels: "{{ config.labels }}", of: "{{ input.name }}"}
response: {value: {id: "{{ answer.body.id }}", status: "{{ answer.status }}"}}
"""


async def test_a_write_with_credentials_a_body_and_what_comes_in(tmp_path: Path, forge: Any) -> None:
    type_ = made(ADD.replace("URL", forge.url))
    assert (type_.spec.effect, type_.host) == ("write", forge.url.removeprefix("http://"))
    assert [port.implicit for port in type_.spec.ports] == [False]
    document = """
concertmaster: 1
name: add
inputs: {title: {type: string}, path: {type: string}}
nodes:
  who: {type: data.set, config: {value: {name: Ada}}}
  add:
    type: forge.add
    config: {path: "{{ inputs.path }}", title: "{{ inputs.title }}", labels: [bug, ui], connection: forge}
edges: [who -> add]
outputs: {added: "{{ nodes.add }}"}
"""
    known = {"forge": Connection("http", "forge", {"token": "s3cret-token"})}
    async with running_engine(tmp_path, [type_.function], allow="127.0.0.1", connections=known) as harness:
        row, events = await harness.run(document, {"title": "Broken", "path": "ada/b?c=1#d"})
        assert row.status == "succeeded", row.error
        assert events[-1].body.outputs["added"] == {"id": 7, "status": 200}
        path, query, headers, body = forge.asked[-1]
        assert (path, query) == ("/repos/ada%2Fb%3Fc%3D1%23d/issues", {}), "a value stays in its part of the URL"
        assert body == {"title": "Broken", "labels": ["bug", "ui"], "of": "Ada"}
        assert (headers["authorization"], headers["x-count"]) == ("Bearer s3cret-token", "2")
        assert "x-none" not in headers
        assert headers["idempotency-key"]
        asked = len(forge.asked)
        # What an expression gives is held against the schema before anything is sent.
        row, _ = await harness.run(document, {"title": "No", "path": "ada"})
        assert row.error is not None
        assert (row.error.code, "/nodes/add/config/title" in row.error.message) == ("node.config_invalid", True)
        row, _ = await harness.run(document, {"title": "Broken", "path": ".."})
        assert row.error is not None
        assert row.error.code == "http.url_part"
        assert len(forge.asked) == asked
    async with running_engine(tmp_path, [type_.function], connections=known) as harness:
        row, _ = await harness.run(document, {"title": "Broken", "path": "ada"})
        assert row.error is not None
        assert row.error.code == "http.egress_refused", "its requests go through the guard"


def test_problems_have_their_lines() -> None:
    told = wrong("""\
concertmaster_node: 1
id: forge.bad
config:
  owner: {type: strin}
  n: {type: integer, minimum: 1, default: 0}
  input: {type: string}
request:
  url: "http://x/{{ config.ownr }}"
  query: {a: "{{ answer.x }}", b: "{{ 1 + }}"}
  body: {}
paging: {by: page}
""")
    lines = [line.partition(" ")[0] for line in told.splitlines()]
    assert lines == ["n.yaml:4:", "n.yaml:5:", "n.yaml:6:", "n.yaml:8:", "n.yaml:9:", "n.yaml:9:", "n.yaml:11:"]
    assert "did you mean 'owner'" in told
    assert "n.yaml:3: /request/methd: unknown key 'methd' (Did you mean `method`?)" in wrong(
        "concertmaster_node: 1\nid: a.b\nrequest: {url: http://x, methd: GET}\n"
    )
    assert "n.yaml:1: this declares no node (start with `concertmaster_node: 1`)" in wrong("name: x\n")
    assert "n.yaml:2" in wrong("concertmaster_node: 1\n  id: [\n")
    assert "is not UTF-8" in str(describe_bad(b"\xff\xfe\x00"))


def describe_bad(text: bytes) -> str:
    with pytest.raises(UserError) as caught:
        read_declared(text, place="n.yaml")
    return caught.value.message


def test_a_bad_file_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "n.yaml").write_text("concertmaster_node: 1\nid: a.b\n")
    told = describe(Candidate("n.yaml", "folder", "n", str(tmp_path), "n.yaml"))
    assert isinstance(told, Failure)
    assert (told.code, told.line) == ("node.bad_declaration", 1)
    assert told.error.startswith(f"{tmp_path / 'n.yaml'}:1: /request: `request` is required")
