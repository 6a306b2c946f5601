"""Routes of the files of the workspace."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from concertmaster.api import models_evaluate
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems

router = APIRouter(prefix="/files", tags=["files"])


@router.get("", response_model=models_evaluate.FileList, responses=problems(403))
async def list_files(
    parts: Parts,
    asker: Asker,
    prefix: Annotated[str, Query(max_length=1_000, description="A folder and how names in it begin, `data/air`")] = "",
    search: Annotated[str, Query(max_length=200, description="Words of the path, in all folders below")] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> Response:
    """Files and folders of the workspace, without what nodes may not read."""
    found = await parts.files.list(asker, prefix, search=search, limit=limit)
    return JsonResponse({"items": found.items, "more": found.more})


@router.put(
    "/{path:path}",
    response_model=models_evaluate.FileEntry,
    status_code=201,
    responses=problems(403, 409, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The bytes of the file",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload_file(
    request: Request,
    parts: Parts,
    asker: Asker,
    path: Annotated[str, Path(max_length=1_000, description="Relative to the workspace")],
    overwrite: Annotated[bool, Query(description="Replace a file that is there")] = False,
) -> Response:
    """Put a file into the workspace; folders are made. At most MAX_BODY_BYTES."""
    told = await parts.files.put(asker, path, await request.body(), overwrite=overwrite)
    response = JsonResponse(dict(told))
    response.status_code = 201
    return response
