"""Builds and serves `web/bench`: React Flow alone, with the graphs of the editor."""

from __future__ import annotations

import functools
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.web import graphs

WEB = Path(__file__).parents[2] / "web"


class _Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Files, and `graph.json?1000`."""
        path, _, count = self.path.partition("?")
        if not path.endswith("/graph.json"):
            super().do_GET()
            return
        body = graphs.bare(graphs.workflow("bare", int(count)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Generator[str]:
    """Its address, while the block lasts."""
    vite = WEB / "node_modules" / ".bin" / "vite"
    words = [str(vite), "build", "--config", "vite.bench.ts", "--outDir", str(folder), "--logLevel", "warn"]
    subprocess.run(words, cwd=WEB, check=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
    finally:
        server.shutdown()
        server.server_close()
