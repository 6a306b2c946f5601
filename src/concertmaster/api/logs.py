"""Routes of logs: page by page from either end, searched, and as one text."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from concertmaster.api import models_journal
from concertmaster.api.attachments import Attachment
from concertmaster.api.dependencies import (
    MAX_NUMBER,
    After,
    Asker,
    ExecutionId,
    ItemPath,
    JsonResponse,
    Limit,
    Parts,
    problems,
)
from concertmaster.domain.interfaces import LogFilter

router = APIRouter(tags=["executions"])


@router.get(
    "/executions/{execution_id}/logs",
    response_model=models_journal.LogList,
    responses=problems(404, 422),
)
async def list_logs(
    parts: Parts,
    asker: Asker,
    execution_id: ExecutionId,
    after: After = 0,
    before: Annotated[
        int | None, Query(ge=1, le=MAX_NUMBER, description="The last lines before this one, in place of those `after`")
    ] = None,
    node: Annotated[str | None, Query(max_length=200)] = None,
    path: ItemPath = "",
    attempt: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    level: Annotated[str | None, Query(max_length=20, description="Exactly this one")] = None,
    min_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, Query(description="This one and what is worse")
    ] = None,
    q: Annotated[str | None, Query(max_length=500, description="Lines with this text, in upper or lower case")] = None,
    limit: Limit = 1000,
    format: Annotated[Literal["json", "text"], Query(description="`text`: all lines as a file")] = "json",
) -> Response:
    """What the nodes logged, in order; of a node in a body with the `path` of its item. With `format=text` it is a
    text file with a line each, all of them, whatever the limit."""
    wanted = LogFilter(node=node, attempt=attempt, level=level, min_level=min_level, text=q)
    found = await parts.logs.place(asker, execution_id, wanted, path)
    if format == "text":
        lines = parts.logs.text(asker, found, after=after, before=before)
        return Attachment(lines, f"{found.execution}.log", "text/plain; charset=utf-8")
    return JsonResponse(await parts.logs.page(asker, found, after=after, before=before, limit=limit))
