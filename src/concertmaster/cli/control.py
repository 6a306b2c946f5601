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
from concertmaster.domain.document import parse
from concertmaster.domain.errors import UserError
from concertmaster.domain.execution import FINAL_EXECUTION, REQUESTS, RequestKind
from concertmaster.domain.graph import graph_of
from concertmaster.observability.logging import configure

_DONE = {"cancel": "cancelled", "pause": "asked to pause", "resume": "resumed", "retry": "retried"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which executions a command is about, when they are not named, and whether it only looks.

    Attributes:
        called: only those that another called, or only the others.
    """

    workflow: str | None
    status: list[str]
    backfill: str | None
    called: bool | None
    dry_run: bool
    yes: bool

    def __bool__(self) -> bool:
        return bool(self.workflow or self.status or self.backfill or self.called is not None)


@dataclass(frozen=True, slots=True)
class Edits:
    """What a retry changes; each is about one execution.

    Attributes:
        start: a node that runs again although it succeeded.
        inputs: `name=value` each.
        inputs_file: YAML or JSON mapping of names to values.
    """

    start: str | None
    inputs: list[str]
    inputs_file: Path | None

    def __bool__(self) -> bool:
        return bool(self.start or self.inputs or self.inputs_file)


def steer(
    kind: RequestKind,
    ids: list[str],
    chosen: Filter,
    *,
    reason: str | None,
    data_dir: Path | None,
    from_node: bool = False,
) -> None:
    """Ask each execution; exit code 1 when one could not be asked.

    Args:
        from_node: a retry starts from a node, so even those that succeeded can be asked.
    Raises:
        UserError: `executions.which`, neither ids nor a filter, or both.
    """
    filtered = bool(chosen)
    if bool(ids) == filtered:
        raise UserError(
            "executions.which", "Name executions by their ids, or choose them by --workflow, --status and --backfill"
        )

    async def work(api: Api) -> int:
        if filtered:
            return await _steer_many(api, kind, chosen, reason)
        if chosen.dry_run:
            return await _count(api, kind, [await api.execution(id_) for id_ in ids], from_node=from_node)
        return max([await _steer_one(api, kind, id_, reason) for id_ in ids])

    _run(work, data_dir)


def retry(execution_id: str | None, edits: Edits, chosen: Filter, *, reason: str | None, data_dir: Path | None) -> None:
    """Let one go on, from what failed or from a node, with the same inputs or others; or many by a filter.

    Raises:
        UserError: `executions.one`, another start or inputs for many; `executions.which`, see `steer`.
    """
    if execution_id is None and edits:
        raise UserError("executions.one", "--from, -i and --inputs are for one execution: name it by its id")
    if not edits or chosen or chosen.dry_run or execution_id is None:
        ids = [] if execution_id is None else [execution_id]
        steer("retry", ids, chosen, reason=reason, data_dir=data_dir, from_node=edits.start is not None)
        return
    given = execution_id

    async def work(api: Api) -> int:
        id_ = await api.execution(given)
        body: dict[str, Any] = {"reason": reason} if edits.start is None else {"reason": reason, "from": edits.start}
        stale: list[str] = []
        if edits.inputs or edits.inputs_file is not None:
            execution = await api.get(f"/executions/{id_}")
            document = (await api.get(f"/workflows/{execution['workflow']}", version=execution["version"]))["document"]
            edited = read_inputs(document.get("inputs") or {}, edits.inputs, file=edits.inputs_file)
            body["inputs"] = {**execution["inputs"], **edited}
            if body["inputs"] != execution["inputs"]:
                stale = _kept(execution, document, edits.start)
        if stale:
            # Before it goes on: whoever reads it first can still stop it.
            console(error=True).print(
                f"warning: {', '.join(stale)} {'keeps its result' if len(stale) == 1 else 'keep their results'}, made "
                "with the former inputs; for results of the same inputs throughout, start a new run"
            )
        await api.post(f"/executions/{id_}/retry", body)
        _say_asked("retry", id_)
        return 0

    _run(work, data_dir)


def _kept(execution: dict[str, Any], document: dict[str, Any], start: str | None) -> list[str]:
    """The nodes whose results a retry keeps."""
    workflow = parse(document).workflow
    again = set[str]()
    if workflow is not None and start is not None and start in workflow.nodes:
        again = {start, *graph_of(workflow).descendants(start)}
    return [name for name, run in execution["nodes"].items() if run["status"] == "succeeded" and name not in again]


def replay_execution(execution_id: str, *, data_dir: Path | None) -> None:
    """Start a new one of the same version with the same inputs."""

    async def work(api: Api) -> int:
        id_ = await api.execution(execution_id)
        started = await api.post(f"/executions/{id_}/replay")
        console().print(f"{started['id']}: started as a replay of {id_}")
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


async def _steer_one(api: Api, kind: RequestKind, given: str, reason: str | None) -> int:
    try:
        execution_id = await api.execution(given)
        row = await api.post(f"/executions/{execution_id}/{kind}", {"reason": reason})
    except UserError as error:
        explain(error)
        return FAILED
    if kind == "cancel":
        row = await _ended(api, row)
        console().print(f"{execution_id}: {row['status']}")
    else:
        _say_asked(kind, execution_id)
    return 0


def _say_asked(kind: RequestKind, execution_id: str) -> None:
    watch = f"; watch it with: concertmaster executions show {execution_id}" if kind == "retry" else ""
    console().print(f"{execution_id}: {_DONE[kind]}{watch}")


async def _count(api: Api, kind: RequestKind, ids: list[str], *, from_node: bool) -> int:
    """Only say how many of these can be asked."""
    if from_node:
        # What is asked of many at once names no node, and would not count those that succeeded.
        statuses = [(await api.get(f"/executions/{one}"))["status"] for one in ids]
        matched = sum(status in REQUESTS[kind] for status in statuses)
    else:
        body = {"action": kind, "ids": ids, "status": sorted(REQUESTS[kind]), "dry_run": True}
        matched = (await api.post("/executions/bulk", body))["matched"]
    console().print(f"{matched} of {_executions(len(ids))} can be asked to {kind}")
    return 0


def _executions(number: int) -> str:
    return f"{number} execution" if number == 1 else f"{number} executions"


async def _steer_many(api: Api, kind: RequestKind, chosen: Filter, reason: str | None) -> int:
    body: dict[str, Any] = {"action": kind, "reason": reason}
    body |= {"workflow": chosen.workflow, "status": chosen.status, "backfill": chosen.backfill, "called": chosen.called}
    matched = (await api.post("/executions/bulk", {**body, "dry_run": True}))["matched"]
    if chosen.dry_run or not matched:
        console().print(f"{_executions(matched)} {'matches' if matched == 1 else 'match'}")
        return 0
    if not chosen.yes:
        if not sys.stdin.isatty():
            raise UserError("executions.confirm", f"{_executions(matched)} would be asked; say --yes to {kind} them")
        if console().input(f"{kind} {_executions(matched)}? (y/N) ").strip().lower() not in ("y", "yes"):
            return FAILED
    result = await api.post("/executions/bulk", body)
    console().print(f"{result['done']} of {_executions(result['matched'])} {_DONE[kind]}")
    for refusal in result["refused"]:
        console(error=True).print(f"{refusal['id']}: {refusal['message']}")
    return FAILED if result["refused"] else 0


async def _ended(api: Api, row: dict[str, Any]) -> dict[str, Any]:
    after = row["seq"]
    while row["status"] not in FINAL_EXECUTION:
        after = (await api.get(f"/executions/{row['id']}/events", after=after, wait=10))["next"]
        row = await api.get(f"/executions/{row['id']}")
    return row
