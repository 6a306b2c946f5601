"""Documents of one `python.code` node, and what became of them, for tests of child processes."""

from __future__ import annotations

import json
import os
import textwrap
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from concertmaster.domain.execution import Failure
from engine_harness import Harness


def document(code: str, *, name: str = "code", policy: str = "{}", **config: Any) -> str:
    """A workflow whose only node is called `n`."""
    text = {"code": textwrap.dedent(code), **config}
    node = f"{{type: python.code, config: {json.dumps(text)}, policy: {policy}}}"
    return f"{{concertmaster: 1, name: {name}, nodes: {{n: {node}}}, outputs: {{out: '{{{{ nodes.n }}}}'}}}}"


async def result_of(harness: Harness, code: str, **rest: Any) -> Any:
    """What the code returned."""
    row, events = await harness.run(document(code, **rest))
    assert row.status == "succeeded", row.error
    return events[-1].body.outputs["out"]


async def failure_of(harness: Harness, code: str, **rest: Any) -> Failure:
    """What the code failed with."""
    row, _ = await harness.run(document(code, **rest))
    assert row.status == "failed", row.status
    assert row.error is not None
    return row.error


async def lines_of(harness: Harness, execution_id: str) -> list[tuple[str, str]]:
    """Level and text of each log line."""
    return [(line.level, line.text) for line in await harness.executions.logs(execution_id, limit=100_000)]


def alive(pids: Iterable[int]) -> list[int]:
    """Those that still run; what waits to be taken off the kernel's list does not."""
    found: list[int] = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(pid)
    return found


def wait_until_gone(pids: Iterable[int], *, seconds: float = 15) -> None:
    """Fail unless all have ended by then."""
    deadline = time.monotonic() + seconds
    while left := alive(pids):
        assert time.monotonic() < deadline, f"still there: {left}"
        os.sched_yield()


def children_of(pid: int) -> list[int]:
    """Its child processes at the moment."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(folder.name))
    return found
