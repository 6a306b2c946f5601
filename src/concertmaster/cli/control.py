"""`concertmaster executions cancel | pause | resume | retry | replay`: one by one, or many by a filter."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concertmaster.cli.client import Api, connect
from concertmaster.cli.inputs import read_inputs
from concertmaster.cli.terminal import FAILED, console, explain
from concertmaster.config import read
from concertmaster.domain.errors import UserError
from concertmaster.domain.execution import FINAL_EXECUTION, RequestKind
from concertmaster.observability.logging import configure

_DONE = {"cancel": "cancelled", "pause": "asked to pause", "resume": "resumed", "retry": "retried"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which executions a command is about, when they are not named."""

    workflow: str | None
    status: list[str]
    dry_run: bool
    yes: bool


def steer(kind: RequestKind, ids: list[str], chosen: Filter, *, reason: str | None, data_dir: Path | None) -> None:
    """Ask each execution; exit code 1 when one could not be asked.

    Raises:
        UserError: `executions.which`, neither ids nor a filter, or both.
    """
    filtered = bool(chosen.workflow or chosen.status)
    if bool(ids) == filtered:
        raise UserError("executions.which", "Name executions by their ids, or choose them by --workflow and --status")

    async def work(api: Api) -> int:
        if filtered:
            return await _steer_many(api, kind, chosen, reason)
        return max([await _steer_one(api, kind, id_, reason) for id_ in ids])

    _run(work, data_dir)


def retry_execution(
    execution_id: str, *, start: str | None, inputs: list[str], inputs_file: Path | None, data_dir: Path | None
) -> None:
    """Let one go on, from what failed or from a node, with the same inputs or others."""

    async def work(api: Api) -> int:
        body: dict[str, Any] = {} if start is None else {"from": start}
        if inputs or inputs_file is not None:
            execution = await api.get(f"/executions/{execution_id}")
            workflow = await api.get(f"/workflows/{execution['workflow']}", version=execution["version"])
            edited = read_inputs(workflow["document"].get("inputs") or {}, inputs, file=inputs_file)
            body["inputs"] = {**execution["inputs"], **edited}
        row = await api.post(f"/executions/{execution_id}/retry", body)
        console().print(f"{row['id']}: {_DONE['retry']}; watch it with: concertmaster executions show {row['id']}")
        return 0

    _run(work, data_dir)


def replay_execution(execution_id: str, *, data_dir: Path | None) -> None:
    """Start a new one of the same version with the same inputs."""

    async def work(api: Api) -> int:
        started = await api.post(f"/executions/{execution_id}/replay")
        console().print(f"{started['id']}: started as a replay of {execution_id}")
        return 0

    _run(work, data_dir)


def _run(work: Any, data_dir: Path | None) -> None:
    settings = read(data_dir=data_dir)
    configure("warning", settings.log_format)

    async def connected() -> int:
        async with connect(settings) as api:
            return await work(api)

    code = asyncio.run(connected())
    if code:
        sys.exit(code)


async def _steer_one(api: Api, kind: RequestKind, execution_id: str, reason: str | None) -> int:
    try:
        row = await api.post(f"/executions/{execution_id}/{kind}", {"reason": reason})
    except UserError as error:
        explain(error)
        return FAILED
    if kind == "cancel":
        row = await _ended(api, row)
    told = row["status"] if kind == "cancel" else _DONE[kind]
    console().print(f"{execution_id}: {told}")
    return 0


async def _steer_many(api: Api, kind: RequestKind, chosen: Filter, reason: str | None) -> int:
    body = {"action": kind, "workflow": chosen.workflow, "status": chosen.status, "reason": reason}
    matched = (await api.post("/executions/bulk", {**body, "dry_run": True}))["matched"]
    noun = "execution" if matched == 1 else "executions"
    if chosen.dry_run or not matched:
        console().print(f"{matched} {noun} match")
        return 0
    if not chosen.yes:
        if not sys.stdin.isatty():
            raise UserError("executions.confirm", f"{matched} {noun} match; say --yes to {kind} them")
        if console().input(f"{kind} {matched} {noun}? (y/N) ").strip().lower() not in ("y", "yes"):
            return FAILED
    result = await api.post("/executions/bulk", body)
    console().print(f"{result['done']} of {result['matched']} {noun} {_DONE[kind]}")
    for refusal in result["refused"]:
        console(error=True).print(f"{refusal['id']}: {refusal['message']}")
    return FAILED if result["refused"] else 0


async def _ended(api: Api, row: dict[str, Any]) -> dict[str, Any]:
    after = row["seq"]
    while row["status"] not in FINAL_EXECUTION:
        after = (await api.get(f"/executions/{row['id']}/events", after=after, wait=10))["next"]
        row = await api.get(f"/executions/{row['id']}")
    return row
