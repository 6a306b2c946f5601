"""`concertmaster user`: the way into the web UI."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from concertmaster.cli.client import Api, connect
from concertmaster.cli.terminal import print_json
from concertmaster.config import read


async def login_link(api: Api) -> str:
    """The address of a page that logs a browser in, once."""
    return api.url + (await api.post("/login-links"))["path"]


def print_login_link(*, as_json: bool, data_dir: Path | None) -> None:
    """Print a fresh link of the running server."""

    async def work() -> dict[str, Any]:
        # Without a server there is no page that the link could open.
        async with connect(read(data_dir=data_dir), inside=False) as api:
            made = await api.post("/login-links")
            return {"url": api.url + made["path"], "expires_at": made["expires_at"]}

    made = asyncio.run(work())
    if as_json:
        print_json(made)
    else:
        sys.stdout.write(f"{made['url']}\n")
