"""Routes of executions: start, look, compare, follow by long poll; `control.py` has those that steer."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Path, Query, Response

from concertmaster.api import models, models_compare, models_history, models_journal, models_partial
from concertmaster.api.dependencies import (
    MAX_NUMBER,
    After,
    Asker,
    At,
    Before,
    ExecutionId,
    ItemPath,
    JsonResponse,
    Limit,
    NodeName,
    Parts,
    problems,
)
from concertmaster.api.filters import Chosen
from concertmaster.domain.execution import FINAL_EXECUTION, NodeStatus
from concertmaster.domain.partial import Aim
from concertmaster.services.listed import listed
from concertmaster.services.run_request import RunRequest

router = APIRouter(tags=["executions"])

MAX_WAIT_SECONDS = 300


@router.post(
    "/workflows/{name}/executions",
    response_model=models.Execution,
    status_code=202,
    responses={
        200: {
            "model": models.Execution | models_partial.RunPlan,
            "description": "It has ended; or with `dry_run` what would run",
        },
        **problems(404, 409, 422),
    },
)
async def start_execution(
    parts: Parts,
    asker: Asker,
    name: Annotated[str, Path(max_length=200)],
    body: models_partial.StartExecution,
    wait: Annotated[float, Query(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to wait for its end")] = 0,
    dry_run: Annotated[bool, Query(description="Say what would run, and start nothing")] = False,
    idempotency_key: Annotated[str | None, Header(description="The same key and request start one execution")] = None,
) -> Response:
    """Start an execution, of all nodes or of some; it is durable when this answers."""
    asked = _asked(name, body)
    if dry_run:
        return JsonResponse(await parts.trying.runs.plan(asker, asked))
    if asked.whole:
        started = await parts.executions.start(
            asker,
            name,
            body.inputs or {},
            version=body.version,
            idempotency_key=idempotency_key,
            priority=body.priority,
            cache=body.cache,
        )
    else:
        started = await parts.trying.runs.start(asker, asked, idempotency_key=idempotency_key)
    row = started.row
    if wait > 0:
        await parts.stream.until_final(row.id, wait)
    # Nothing has to be read to show one that has just begun.
    fresh = started.is_new and wait == 0
    shown = started.as_json() if fresh else await parts.executions.show(asker, row.id)
    ended = wait > 0 and shown["status"] in FINAL_EXECUTION
    return JsonResponse(shown, 200 if ended else 202, headers={"Location": f"/api/v1/executions/{row.id}"})


def _asked(name: str, body: models_partial.StartExecution) -> RunRequest:
    aim: Aim | None = None
    match body.partial:
        case models_partial.Until(until=node):
            aim = Aim("until", node)
        case models_partial.Only(only=node):
            aim = Aim("only", node)
        case models_partial.From(from_=node):
            aim = Aim("from", node)
        case None:
            pass
    return RunRequest(name, body.inputs, body.version, aim, body.data, body.pins, body.priority, body.cache)


@router.get("/executions", response_model=models_history.ExecutionList)
async def list_executions(
    parts: Parts,
    asker: Asker,
    chosen: Chosen,
    before: Before = None,
    limit: Limit = 50,
) -> Response:
    """Executions, newest first; without what came along with their triggers: `body`, `data`, `outputs`.

    No index has the filters `error`, `min_seconds`, `max_seconds` and `version`, nor two of the others together: a
    page looks through a bounded number of executions for them. It may be short, or empty, and have a `next` all the
    same; then `scanned_until` says how far it came.
    """
    page = await parts.executions.list(asker, chosen, before=before, limit=limit)
    items = [listed(row) for row in page.items]
    return JsonResponse({"items": items, "next": page.next, "scanned_until": page.scanned_until})


@router.get("/executions/{execution_id}", response_model=models.Execution, responses=problems(404))
async def get_execution(parts: Parts, asker: Asker, execution_id: ExecutionId, at: At = None) -> Response:
    """An execution with its inputs, outputs and nodes; `seq` is where a follower goes on. With `at` as it was then."""
    return JsonResponse(await parts.executions.show(asker, execution_id, at=at))


@router.get(
    "/executions/{execution_id}/compare", response_model=models_compare.Comparison, responses=problems(404, 422)
)
async def compare_executions(
    parts: Parts,
    asker: Asker,
    execution_id: ExecutionId,
    other: Annotated[str, Query(alias="with", max_length=100, description="Id of the other execution")],
    node: Annotated[str, Query(max_length=200, description="A node of a body, with `path`: only its item")] = "",
    path: ItemPath = "",
) -> Response:
    """Two executions side by side: versions, inputs, and what each node was given and gave."""
    return JsonResponse(await parts.comparison.compare(asker, execution_id, other, node=node, path=path))


@router.get("/executions/{execution_id}/events", response_model=models_journal.EventList, responses=problems(404))
async def list_events(
    parts: Parts,
    asker: Asker,
    execution_id: ExecutionId,
    after: After = 0,
    wait: Annotated[float, Query(ge=0, le=60, description="Seconds to hold the answer while there is none")] = 0,
    limit: Limit = 1000,
) -> Response:
    """Events of the journal, in order; with `wait` a long poll."""
    with parts.metrics.stream.connected("poll"):
        lines = await parts.stream.poll(asker, execution_id, after_seq=after, limit=limit, wait_seconds=wait)
    parts.metrics.stream.sent("poll", len(lines), None)
    items = [orjson.Fragment(line.json) for line in lines]
    return JsonResponse({"items": items, "next": lines[-1].seq if lines else after})


@router.get(
    "/executions/{execution_id}/nodes/{node}/items", response_model=models.ItemPage, responses=problems(404, 422)
)
async def list_items(
    parts: Parts,
    asker: Asker,
    execution_id: ExecutionId,
    node: NodeName,
    path: ItemPath = "",
    status: Annotated[NodeStatus | None, Query(description="Only items of this status")] = None,
    offset: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Limit = 50,
    at: At = None,
) -> Response:
    """Items of a container with their nodes, in order; with the `path` of its own item where it is in a loop itself."""
    page = await parts.items.page(
        asker, execution_id, node, path=path, status=status, offset=offset, limit=limit, at=at
    )
    return JsonResponse(page)
