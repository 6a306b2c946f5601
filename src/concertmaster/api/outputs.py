"""Routes of what nodes gave: page by page, in figures, drawn, as a file, and what it was made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from concertmaster.api import models_chart, models_output
from concertmaster.api.attachments import Attachment
from concertmaster.api.dependencies import (
    MAX_NUMBER,
    Asker,
    At,
    ExecutionId,
    ItemPath,
    JsonResponse,
    Limit,
    NodeName,
    Outlet,
    Parts,
    Sort,
    Where,
    problems,
)
from concertmaster.services.moments import Moment

router = APIRouter(tags=["executions"])

_AT = "/executions/{execution_id}/nodes/{node}/output"
_FILE: dict[str, Any] = {
    "description": "The file, to be saved",
    "content": {"text/csv": {}, "application/vnd.apache.parquet": {}, "application/octet-stream": {}},
}
Column = Annotated[str, Query(max_length=500)]


async def _place(
    parts: Parts, asker: Asker, execution_id: ExecutionId, node: NodeName, path: ItemPath = "", at: At = None
) -> tuple[str, str, Moment]:
    """Of a node in a body that of the item at `path`; as it was `at` an earlier moment."""
    return await parts.items.find(asker, execution_id, node, path, at=at)


Place = Annotated[tuple[str, str, Moment], Depends(_place)]


@router.get("/executions/{execution_id}/lineage", response_model=models_output.Lineage, responses=problems(404, 422))
async def get_lineage(
    parts: Parts,
    asker: Asker,
    execution_id: ExecutionId,
    node: Annotated[str | None, Query(max_length=200, description="Only this one and what it is based on")] = None,
    path: ItemPath = "",
    direction: Annotated[
        Literal["up", "down"], Query(description="`up`: what it was made of, `down`: what was made of it")
    ] = "up",
) -> Response:
    """What each value was made of: the node, what came into it, and where else the same bytes are."""
    found, at, _ = await parts.items.find(asker, execution_id, node or "", path)
    return JsonResponse(await parts.outputs.lineage(asker, found, at or None, down=direction == "down"))


@router.get(_AT, response_model=models_output.OutputPage, responses=problems(404, 409, 422))
async def get_output(
    parts: Parts,
    asker: Asker,
    place: Place,
    outlet: Outlet = "out",
    offset: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Limit = 100,
    sort: Sort = None,
    where: Where = None,
) -> Response:
    """A page of a node's output; of a node in a body with the `path` of its item, of earlier results with `at`."""
    found, named, moment = place
    page = await parts.executions.output(
        asker,
        found,
        named,
        outlet=outlet,
        offset=offset,
        limit=limit,
        sort=sort,
        where=where or (),
        moment=moment,
    )
    return JsonResponse(page)


@router.get(f"{_AT}/statistics", response_model=models_output.TableStatistics, responses=problems(404, 409, 422))
async def get_output_statistics(
    parts: Parts,
    asker: Asker,
    place: Place,
    outlet: Outlet = "out",
    column: Annotated[list[str] | None, Query(description="One or several; all of them without it")] = None,
) -> Response:
    """What is in the columns of a table that a node gave: computed at the first question, then remembered."""
    found, named, moment = place
    told = await parts.outputs.statistics(asker, found, named, outlet=outlet, columns=column or (), moment=moment)
    return JsonResponse(told)


@router.get(f"{_AT}/chart", response_model=models_chart.Chart, responses=problems(404, 409, 422))
async def get_output_chart(
    parts: Parts,
    asker: Asker,
    place: Place,
    x: Column,
    y: Annotated[str | None, Query(max_length=500, description="A column of numbers; rows are counted without")] = None,
    agg: Literal["count", "sum", "mean", "min", "max"] = "count",
    bins: Annotated[int, Query(ge=1, le=500, description="Most bars, but for the rest of the values")] = 30,
    outlet: Outlet = "out",
    where: Where = None,
) -> Response:
    """How the rows of a table spread over `x`, or what `y` is there: bins of numbers and times, or the most frequent
    values of everything else."""
    found, named, moment = place
    told = await parts.outputs.chart(
        asker, found, named, outlet=outlet, x=x, y=y, agg=agg, bins=bins, where=where or (), moment=moment
    )
    return JsonResponse(told)


@router.get(
    f"{_AT}/file", response_class=Response, response_model=None, responses={200: _FILE, **problems(404, 409, 422)}
)
async def get_output_file(
    parts: Parts,
    asker: Asker,
    place: Place,
    format: Annotated[
        Literal["csv", "parquet", "raw"] | None, Query(description="`csv` of a table without it, else `raw`")
    ] = None,
    formulas: Annotated[
        Literal["escape", "keep"],
        Query(description="CSV: `escape` puts a `'` before texts that a spreadsheet would take for formulas"),
    ] = "escape",
    outlet: Outlet = "out",
    sort: Sort = None,
    where: Where = None,
) -> Response:
    """What a node gave as a file: a table as CSV or Parquet, a file as it is, anything else as JSON."""
    found, named, moment = place
    made = await parts.downloads.open(
        asker,
        found,
        named,
        outlet=outlet,
        format=format,
        sort=sort,
        where=where or (),
        escape=formulas == "escape",
        moment=moment,
    )
    return Attachment(made.pieces, made.name, made.media_type, made.size_bytes)
