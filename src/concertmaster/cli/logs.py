"""`concertmaster executions logs`: what the nodes of an execution logged, and with `--follow` what they go on to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from concertmaster.cli.client import Api, connect
from concertmaster.cli.terminal import console, print_json
from concertmaster.config import read
from concertmaster.domain.errors import NotFound
from concertmaster.domain.execution import FINAL_EXECUTION
from concertmaster.domain.near_miss import hint
from concertmaster.observability.logging import configure

PAGE = 1000
# An attempt may log for long without any other event; so often it is looked at.
LOOK_SECONDS = 1.0
LEVELS = {"warning": "yellow", "error": "red", "critical": "red", "debug": "dim"}


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines: of one node or all, of one level or all, those that come included or not."""

    node: str | None
    level: str | None
    follow: bool


def print_logs(execution_id: str, chosen: Lines, *, as_json: bool, data_dir: Path | None) -> None:
    """Print them in order; as JSON one object a line, so that a program can follow too."""
    settings = read(data_dir=data_dir)
    configure("warning", settings.log_format)

    async def work() -> None:
        async with connect(settings) as api:
            id_ = await api.execution(execution_id)
            printed = await _print_all(api, id_, chosen, as_json=as_json)
            if not printed and not as_json:
                await _say_none(api, id_, chosen)

    asyncio.run(work())


async def _print_all(api: Api, execution_id: str, chosen: Lines, *, as_json: bool) -> int:
    at, after, seq, printed = f"/executions/{execution_id}", 0, 0, 0
    while True:
        # Asked for first: what is logged before the end is stored before it.
        ended = not chosen.follow or (await api.get(at))["status"] in FINAL_EXECUTION
        full = True
        while full:
            page = await api.get(f"{at}/logs", after=after, node=chosen.node, level=chosen.level, limit=PAGE)
            for line in page["items"]:
                _print(line, as_json=as_json)
            after, full = page["next"], len(page["items"]) == PAGE
            printed += len(page["items"])
        if ended:
            return printed
        seq = (await api.get(f"{at}/events", after=seq, wait=LOOK_SECONDS))["next"]


def _print(line: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(line)
        return
    style = LEVELS.get(line["level"], "")
    attempt = f" (attempt {line['attempt']})" if line["attempt"] > 1 else ""
    told = (f"{line['at'][11:23]}  ", "dim"), f"{line['node']}{attempt}  ", (f"{line['level']:7} ", style), line["text"]
    console().print(Text.assemble(*told))


async def _say_none(api: Api, execution_id: str, chosen: Lines) -> None:
    nodes = (await api.get(f"/executions/{execution_id}"))["nodes"]
    if chosen.node is not None and chosen.node not in nodes:
        message = f"Execution {execution_id} has no node {chosen.node}{hint(chosen.node, nodes)}"
        raise NotFound("node.not_found", message)
    wanted = " like these" if chosen.node or chosen.level else ""
    console(error=True).print(f"no log lines{wanted}; a node writes them with `context.logger`")
