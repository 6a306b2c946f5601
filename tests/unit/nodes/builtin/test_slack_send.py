"""slack.send against an HTTP server that answers as chats do."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from concertmaster import Connection, OperationalError, UserError
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.nodes.builtin.slack_send import slack_send
from engine_harness import example_of, running_engine
from node_context import PlainContext

EXAMPLE = Path(__file__).parents[4] / "examples" / "tell-the-team.yaml"
SECRET = "/services/T000/B000/s3cr3tT0ken"


class Chat(ThreadingHTTPServer):
    """Keeps what it is told; `answers` come first, then it says ok."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.heard: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []


class _Answering(BaseHTTPRequestHandler):
    server: Chat

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, headers, said = self.server.answers.pop(0) if self.server.answers else (200, {}, b"ok")
        if self.path != SECRET:
            status, said = 404, b"no_service"
        elif status < 300:
            self.server.heard.append(body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[PlainContext]:
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        yield PlainContext(tmp_path, http=client)


def connection(port: int, path: str = SECRET) -> Connection[Any]:
    return Connection("slack", "chat", {"url": f"http://127.0.0.1:{port}{path}"})


async def refusal(port: int, context: PlainContext, path: str = SECRET) -> UserError | OperationalError:
    with pytest.raises((UserError, OperationalError)) as caught:
        await slack_send(connection=connection(port, path), text="Hello", context=context)
    assert "s3cr3t" not in caught.value.message
    return caught.value


async def test_messages_are_what_chats_take(chat: Chat, context: PlainContext) -> None:
    known = connection(chat.server_port)
    await slack_send(connection=known, text="Hello", context=context)
    await slack_send(
        connection=known,
        text="Hello",
        title="News",
        channel="#ops",
        username="robot",
        blocks=[{"type": "divider"}],
        extra={"icon_emoji": ":wave:"},
        context=context,
    )
    card = {"text": "<b>Hello</b>", "title": "News", "format": "teams"}
    assert await slack_send(connection=known, context=context, **card) == {"status": 200}
    plain, rich, teams = chat.heard
    assert plain == {"text": "Hello"}
    assert rich == {
        "text": "*News*\nHello",
        "channel": "#ops",
        "username": "robot",
        "blocks": [{"type": "divider"}],
        "icon_emoji": ":wave:",
    }
    (attachment,) = teams["attachments"]
    assert [block["text"] for block in attachment["content"]["body"]] == ["News", "<b>Hello</b>"]


async def test_refusals_say_what_to_do(chat: Chat, context: PlainContext) -> None:
    port = chat.server_port
    chat.answers = [
        (400, {}, b"invalid_blocks"),
        (429, {"Retry-After": "7"}, b"rate_limited"),
        (503, {}, b""),
        (302, {"Location": "http://127.0.0.1:1/elsewhere"}, b""),
    ]
    odd = await refusal(port, context)
    assert (odd.code, odd.retryable, "check `blocks`" in odd.message) == ("slack.refused", False, True)
    busy = await refusal(port, context)
    assert (busy.code, busy.retryable) == ("slack.too_many", True)
    assert (busy.details["retry_after_seconds"], busy.details["sent"]) == (7.0, False)
    down = await refusal(port, context)
    assert (down.code, down.retryable, down.details["sent"]) == ("slack.unavailable", True, True)
    moved = await refusal(port, context)
    assert (moved.code, "make a new one" in moved.message) == ("slack.refused", True)
    gone = await refusal(port, context, "/services/other/s3cr3t?x=1")
    assert (gone.code, "no_service" in gone.message) == ("slack.refused", True)
    assert chat.heard == []


async def test_addresses_stay_secret(context: PlainContext) -> None:
    lost = await refusal(1, context, f"{SECRET}?wait=true")
    assert (lost.code, lost.details["sent"]) == ("http.connect_failed", False)
    async with GuardedClient(EgressRules()) as client:
        away = await refusal(1, PlainContext(context.workspace, http=client))
    assert away.code == "http.egress_refused"


async def test_the_example_waits_as_long_as_it_is_told(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "flights.csv").write_text("carrier,dep_delay\nUA,20\nAA,1\n")
    chat.answers = [(429, {"Retry-After": "0"}, b"rate_limited")]
    async with running_engine(
        tmp_path, connections={"chat": connection(chat.server_port)}, allow="127.0.0.1"
    ) as harness:
        row, events = await harness.run(EXAMPLE.read_text().replace("initial_interval: 1s", "initial_interval: 10ms"))
        assert row.status == "succeeded", row.error
        assert await harness.outputs(example_of("slack.send")) == {"status": 200}
        chat.answers = [(503, {}, b"")]
        unknown, _ = await harness.run(EXAMPLE.read_text())
    assert chat.heard[0] == {"text": "*Late flights*\n1 of 2 flights were late"}
    assert len(chat.heard) == 2
    assert [event.body.kind for event in events].count("node.retrying") == 1
    # It may have come through, so it is not sent again by itself.
    assert (unknown.status, unknown.error and unknown.error.code) == ("failed", "slack.unavailable")
