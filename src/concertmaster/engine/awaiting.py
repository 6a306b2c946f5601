"""Awaiting: what nodes wait for that others do: from what a `flow` function returned to `NodeWaiting.about`, and from
what arrives in the inbox to what it means for the node.

`about` by rule: `event`: name, key; `approval`: id, title, assignees, form, when_due, instructions; `children`: kind,
total, span, parallel, settings and items (see `Children.of`), of a call workflow, version and inputs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import orjson

from concertmaster.data.json_value import load_json, save_json
from concertmaster.domain.errors import UserError
from concertmaster.domain.events import ExecutionCreated
from concertmaster.domain.execution import Failure
from concertmaster.domain.parentage import DEEPEST, Parentage
from concertmaster.domain.values import NULL, JsonValue, TableRef, Value, to_json
from concertmaster.engine.items import CHUNK
from concertmaster.engine.state import ExecutionState
from concertmaster.nodes.flow import Await

if TYPE_CHECKING:
    from concertmaster.engine.job import Job

MOST_ITEMS = 1_000_000


async def prepared(job: Job, result: Await) -> Await:
    """What a node waits for, ready to be stored.

    Raises:
        UserError: it cannot be waited for: no list of items, a workflow that does not exist, too deep.
    """
    if result.rule != "children":
        return replace(result, about=_as_stored(job, result.about))
    depth = 1 + (0 if job.state.parentage is None else job.state.parentage.depth)
    if depth > DEEPEST:
        raise UserError(
            "call.too_deep",
            f"Node {job.node.id!r} would be {depth} executions deep, and {DEEPEST} is the limit: does a workflow call "
            f"itself without an end? It was called so: {await _chain(job)}",
        )
    about, timeout = dict(result.about), job.node.policy.timeout
    match about["kind"]:
        case "each":
            about |= await _items(job, result)
        case "call":
            plan = job.state.plan
            # Itself it calls as it is, published or not, so that a recursion ends as it began.
            name, version = about["workflow"], about["version"]
            itself = name == plan.workflow.name and version in (None, plan.version)
            version = plan.version if itself else version
            called = await job.engine.doors.call(name, about["inputs"], version=version, itself=itself)
            about |= {"total": 1, **called}
        case _:
            about["items"] = to_json(_main(job))
    return replace(result, about=_as_stored(job, about), timeout=timeout, items=None)


async def _chain(job: Job) -> str:
    """The workflows above the node, the first one first, up to where they begin again."""
    names, above = [job.state.plan.workflow.name], job.state.parentage
    while above is not None:
        created = (await job.engine.journal.read(above.execution, 0, limit=1))[0].body
        if not isinstance(created, ExecutionCreated):
            break
        if not above.hidden:
            names.append(created.workflow)
        above = None if created.parent is None else Parentage.from_json(created.parent)
    names.reverse()
    again = next((end for end in range(1, len(names)) if names[end] in names[:end]), len(names) - 1)
    return " -> ".join(names[: again + 1]) + (" -> ..." if again < len(names) - 1 else "")


def _as_stored(job: Job, about: Mapping[str, Any]) -> Mapping[str, Any]:
    """As it comes back from the journal: a later attempt asks whether it is about the same.

    Raises:
        UserError: `event.not_storable`.
    """
    try:
        return orjson.loads(orjson.dumps(about))
    except (TypeError, RecursionError) as error:
        message = f"What node {job.node.id!r} waits for cannot be stored: {error}; use plain JSON data"
        raise UserError("event.not_storable", message) from error


def _main(job: Job) -> Value:
    main = job.inputs.get("in", NULL)
    return main[0] if isinstance(main, list) else main


async def _items(job: Job, result: Await) -> dict[str, Any]:
    value: Value = _main(job) if result.items is None else JsonValue(result.items)
    batch = result.batch
    if isinstance(value, TableRef):
        total = value.rows if batch is None else -(-value.rows // batch)
    else:
        if not isinstance(value, JsonValue):
            raise UserError("each.items", "A loop goes over a list or a table, and a File is neither; read it before")
        data = await asyncio.to_thread(load_json, value, job.engine.artifacts) if value.artifact else value.data
        if isinstance(data, Mapping):
            data = [{"key": key, "value": item} for key, item in cast("Mapping[str, Any]", data).items()]
        if not isinstance(data, list):
            shown = "nothing" if data is None else type(data).__name__
            raise UserError(
                "each.items",
                f"A loop goes over a list or a table, and this is {shown}; wire one to it, or give `items`",
            )
        items = cast("list[Any]", data)
        if batch is not None:
            items = [items[start : start + batch] for start in range(0, len(items), batch)]
        total = len(items)
        value = await asyncio.to_thread(save_json, items, job.engine.artifacts)
    if total > MOST_ITEMS:
        raise UserError("each.too_many", f"{total:,} items are too many, {MOST_ITEMS:,} is the limit; use `batch`")
    settings = dict(result.about["settings"])
    concurrency = max(1, min(int(settings["concurrency"]), total))
    parallel = _parallel(concurrency, spans=-(-total // CHUNK))
    settings |= {"concurrency": concurrency // parallel, "batch": batch}
    return {"total": total, "span": CHUNK, "parallel": parallel, "settings": settings, "items": to_json(value)}


def _parallel(concurrency: int, *, spans: int) -> int:
    """Children at one time: some, so that one works while another begins or ends, where that keeps the bound."""
    if concurrency > CHUNK:
        return -(-concurrency // CHUNK)
    return next(parallel for parallel in (4, 3, 2, 1) if concurrency % parallel == 0 and parallel <= max(1, spans))


@dataclass(frozen=True, slots=True)
class Arrival:
    """What ends the wait of a node: the values of its outlets, or a failure."""

    node: str
    attempt: int
    outcome: Mapping[str, Value] | Failure


def arrival(state: ExecutionState, kind: str, data: Mapping[str, Any]) -> Arrival | None:
    """What an event or an answer means for the node that waits for it; None when nobody waits for it any more."""
    node = state.nodes.get(data["node"])
    if node is None or node.status != "waiting" or node.rule != kind:
        return None
    if kind == "event":
        return Arrival(data["node"], node.attempt, {"out": JsonValue(data["data"])})
    about = node.about or {}
    if data["id"] != about.get("id"):
        return None
    return Arrival(data["node"], node.attempt, _decision(data, about))


def _decision(data: Mapping[str, Any], about: Mapping[str, Any]) -> Mapping[str, Value] | Failure:
    decision = str(data["decision"])
    if decision == "expired":
        if about.get("when_due") not in ("approve", "reject"):
            return Failure("approval.expired", "Nobody has decided in time; see who was asked, or let it take longer")
        decision = "approved" if about["when_due"] == "approve" else "rejected"
        form: Mapping[str, Mapping[str, Any]] = about.get("form") or {}
        # Nobody filled it in: what it holds is its defaults.
        data = {**data, "data": {name: schema["default"] for name, schema in form.items() if "default" in schema}}
    told = {"decision": decision, "by": data["by"], "at": data["at"], "comment": data["comment"], "data": data["data"]}
    return {decision: JsonValue(told)}
