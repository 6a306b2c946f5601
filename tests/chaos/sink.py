"""A counting HTTP sink in the test's own process: the world outside, which no kill of a server reaches."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Sink:
    """What reached the outside.

    Attributes:
        calls: requests by idempotency key, failed ones too.
        effects: what each key did, once: the sink deduplicates by key as a payment service would.
        unsafe: requests by key of effects that must not be repeated.
        keys: the keys under which each piece of work (execution and node) called.
    """

    def __init__(self) -> None:
        self.url = ""
        self.calls: Counter[str] = Counter()
        self.effects: dict[str, Any] = {}
        self.unsafe: Counter[str] = Counter()
        self.keys: dict[tuple[str, str], set[str]] = {}
        self.reads = 0
        self._lock = threading.Lock()

    def count(self, key: str, body: dict[str, Any]) -> int:
        """Take a request; returns the status of the answer."""
        with self._lock:
            self.calls[key] += 1
            self.keys.setdefault((body["execution"], body["node"]), set()).add(key)
            if body["node"] == "once":
                self.unsafe[body["execution"]] += 1
            # Some fail at first, before anything was done.
            if self.calls[key] == 1 and body["n"] % 7 == 0 and body["node"] != "once":
                return 503
            self.effects.setdefault(key, body)
            return 200

    def read(self) -> None:
        """Count a look."""
        with self._lock:
            self.reads += 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sink: Sink

    def do_GET(self) -> None:
        self.sink.read()
        self._answer(200, {"price": 3})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.sink.count(self.headers["Idempotency-Key"], body)
        self._answer(status, {"n": body["n"]})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except OSError:
            self.close_connection = True  # the server was killed while it asked

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed client resets its connection: no news."""


@contextmanager
def counting_sink() -> Generator[Sink]:
    """Serve on a free loopback port until the block ends."""
    sink = Sink()
    handler = type("Handler", (_Handler,), {"sink": sink})
    server = _Server(("127.0.0.1", 0), handler)
    sink.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
