"""Routes of workflows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Query, Request, Response

from concertmaster.api import models
from concertmaster.api.dependencies import MAX_NUMBER, Asker, Before, JsonResponse, Limit, Parts, problems
from concertmaster.domain.document import Format
from concertmaster.domain.errors import UserError
from concertmaster.services.documents import yaml_of
from concertmaster.services.workflows import WorkflowVersion

router = APIRouter(prefix="/workflows", tags=["workflows"])

YAML = "application/yaml"
_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The workflow document",
        "content": {
            "application/json": {"schema": {"type": "object", "additionalProperties": True}},
            YAML: {"schema": {"type": "string"}},
        },
    }
}
Name = Annotated[str, Path(max_length=200, description="Name of the workflow")]
Version = Annotated[int | None, Query(ge=1, le=MAX_NUMBER, description="The newest when not given")]
Publish = Annotated[bool, Query(description="Make it the version that executions use")]
IfMatch = Annotated[str | None, Header(description='The newest version the caller knows, `"3"`')]


@router.get("", response_model=models.WorkflowList)
async def list_workflows(parts: Parts, asker: Asker, before: Before = None, limit: Limit = 100) -> Response:
    """Workflows, newest change first."""
    page = await parts.workflows.list(asker, before=before, limit=limit)
    items = [
        {
            "name": entry.line.name,
            "title": entry.line.title,
            "description": entry.line.description,
            "labels": dict(entry.line.labels),
            "version": entry.line.version,
            "published": entry.line.published,
            "node_count": entry.line.node_count,
            "updated_at": entry.line.updated_at,
            "last_execution": None if entry.last_execution is None else entry.last_execution.as_json(),
        }
        for entry in page.items
    ]
    return JsonResponse({"items": items, "next": page.next})


@router.post(
    "",
    response_model=models.Workflow,
    status_code=201,
    responses={200: {"model": models.Workflow, "description": "Nothing changed"}, **problems(413, 422)},
    openapi_extra=_DOCUMENT,
)
async def save_workflow(request: Request, parts: Parts, asker: Asker, publish: Publish = True) -> Response:
    """Save a document as the next version of the workflow it names."""
    saved, is_new = await parts.workflows.save(asker, await request.body(), format=_format(request), publish=publish)
    return render_version(saved, status=201 if is_new else 200)


@router.post("/validate", response_model=models.Validation, responses=problems(413), openapi_extra=_DOCUMENT)
async def validate_workflow(request: Request, parts: Parts, asker: Asker) -> Response:
    """Check a document without storing it."""
    checked = await parts.workflows.validate(asker, await request.body(), format=_format(request))
    return JsonResponse(
        {
            "items": [problem.as_json() for problem in checked.problems],
            "document": checked.document(),
            "yaml": None if checked.workflow is None else await yaml_of(checked.workflow),
        }
    )


@router.get(
    "/{name}",
    response_model=models.Workflow,
    responses={200: {"content": {YAML: {"schema": {"type": "string"}}}}, **problems(404)},
)
async def get_workflow(request: Request, parts: Parts, asker: Asker, name: Name, version: Version = None) -> Response:
    """A version; `Accept: application/yaml` gives its canonical YAML."""
    found = await parts.workflows.get(asker, name, version=version)
    if YAML in request.headers.get("accept", ""):
        text = await yaml_of(found.workflow)
        return Response(text, media_type=YAML, headers={"ETag": f'"{found.stored.version}"', "Vary": "Accept"})
    return render_version(found)


@router.put(
    "/{name}",
    response_model=models.Workflow,
    responses={201: {"model": models.Workflow, "description": "A new version"}, **problems(404, 412, 413, 422)},
    openapi_extra=_DOCUMENT,
)
async def replace_workflow(
    request: Request,
    parts: Parts,
    asker: Asker,
    name: Name,
    publish: Publish = True,
    if_match: IfMatch = None,
) -> Response:
    """Save a document as the next version of a known workflow."""
    expected = None if if_match is None else _version_of(if_match)
    await parts.workflows.get(asker, name)
    saved, is_new = await parts.workflows.save(
        asker,
        await request.body(),
        format=_format(request),
        publish=publish,
        name=name,
        expected_version=expected,
    )
    return render_version(saved, status=201 if is_new else 200)


@router.delete("/{name}", status_code=204, responses=problems(404))
async def delete_workflow(parts: Parts, asker: Asker, name: Name) -> Response:
    """Take a workflow out of the lists; its executions stay."""
    await parts.workflows.delete(asker, name)
    return Response(status_code=204)


def render_version(
    found: WorkflowVersion, *, status: int = 200, more: Mapping[str, Any] = MappingProxyType({})
) -> Response:
    """The answer about one version; `more` are further parts of it."""
    stored = found.stored
    body = {
        "name": stored.name,
        "version": stored.version,
        "published": stored.published,
        "hash": stored.hash,
        # Stored as canonical JSON text: it goes out as it is, keys in the document's order.
        "document": orjson.Fragment(stored.document),
        "created_at": stored.created_at,
        "problems": [problem.as_json() for problem in found.problems],
        **more,
    }
    return JsonResponse(body, status, headers={"ETag": f'"{stored.version}"', "Vary": "Accept"})


def _format(request: Request) -> Format:
    """The format that Content-Type names; JSON is YAML too, but its errors are better told as JSON's."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    if kind in (YAML, "application/x-yaml", "text/yaml", "text/x-yaml"):
        return "yaml"
    raise UserError("request.content_type", f"Content-Type {kind} is not taken here; send application/json or {YAML}")


def _version_of(tag: str) -> int:
    text = tag.strip().removeprefix("W/").strip('"')
    if not text.isdigit():
        raise UserError("request.if_match", f'If-Match must name a version like "3", not {tag[:50]}')
    return int(text)
