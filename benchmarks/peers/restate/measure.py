"""Restate: a server that keeps the journal and calls the steps' service over HTTP."""

# The peer is installed in its own environment only: where pyright runs, its name leads to this folder or to nothing.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import httpx

from benchmarks.peers.servers import server
from benchmarks.peers.workload import Sizes, measure
from benchmarks.postgres import free_port

SERVER = Path(sys.prefix) / "node_modules/.bin/restate-server"
HYPERCORN = Path(sys.prefix) / "bin/hypercorn"


async def invocations(ingress: int, admin: int, endpoint: int) -> None:
    """Register the service and measure through the ingress, as a client would."""
    server_version = subprocess.run([SERVER, "--version"], capture_output=True, text=True, check=True).stdout.split()[
        -1
    ]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=120, limits=limits, trust_env=False) as client:
        uri = f"http://127.0.0.1:{endpoint}"
        answer = await client.post(f"http://127.0.0.1:{admin}/deployments", json={"uri": uri})
        answer.raise_for_status()

        async def call(handler: str) -> int:
            answer = await client.post(f"http://127.0.0.1:{ingress}/peer/{handler}")
            answer.raise_for_status()
            return answer.json()

        await measure(
            lambda: call("linear10"),
            lambda: call("fan_out"),
            sizes=Sizes(),
            version=f"server {server_version}, SDK {version('restate-sdk')}",
            durability="every step, before the next (the server's log, with fsync)",
        )


def main() -> None:
    """Start the server and the service, and measure."""
    ingress, admin, node, endpoint = (free_port() for _ in range(4))
    environment = {
        "RESTATE_INGRESS__BIND_PORT": str(ingress),
        "RESTATE_ADMIN__BIND_PORT": str(admin),
        "RESTATE_BIND_PORT": str(node),
        "RESTATE_BIND_IP": "127.0.0.1",
        "RESTATE_ADVERTISED_HOST": "127.0.0.1",
        "RESTATE_LISTEN_MODE": "tcp",
        "RESTATE_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }
    service = [HYPERCORN, "benchmarks.peers.restate.service:app", "--bind", f"127.0.0.1:{endpoint}"]
    with ExitStack() as stack:
        # The ingress opens last, when the server has its partitions.
        stack.enter_context(server([SERVER, "--base-dir", "data"], port=ingress, environment=environment))
        stack.enter_context(server(service, port=endpoint))
        asyncio.run(invocations(ingress, admin, endpoint))


if __name__ == "__main__":
    main()
