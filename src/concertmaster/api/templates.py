"""Routes of templates: look at them, use them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.api.models_templates import TemplateDetail, TemplateList, TemplateUse
from concertmaster.domain.document_write import to_json
from concertmaster.services.templates import Template

router = APIRouter(prefix="/templates", tags=["templates"])

Name = Annotated[str, Path(max_length=200, description="Name of the template")]


def _json(template: Template) -> dict[str, Any]:
    workflow = template.workflow
    return {
        "name": template.name,
        "title": workflow.title or template.name,
        "description": workflow.description or "",
        "categories": template.categories,
        "shows": template.shows,
        "triggers": sorted({trigger.type for trigger in workflow.triggers.values()}),
        "files": list(template.files),
        "nodes": [
            {"id": id_, "title": node.title or id_, "type": node.type_id} for id_, node in workflow.nodes.items()
        ],
        "edges": [str(edge) for edge in workflow.edges],
    }


@router.get("", response_model=TemplateList)
async def list_templates(parts: Parts, asker: Asker) -> Response:
    """Whole workflows to begin with; each runs as it is, on sample data of its own."""
    return JsonResponse({"items": [_json(template) for template in await parts.templates.list(asker)]})


@router.get("/{name}", response_model=TemplateDetail, responses=problems(404))
async def get_template(parts: Parts, asker: Asker, name: Name) -> Response:
    """One template with its document."""
    template = await parts.templates.get(asker, name)
    return JsonResponse({**_json(template), "document": to_json(template.workflow), "yaml": template.text})


@router.post("/{name}/use", response_model=TemplateUse, status_code=201, responses=problems(404, 422, 503))
async def use_template(parts: Parts, asker: Asker, name: Name) -> Response:
    """Make a published workflow of it, and put its sample files into the workspace; no file there is changed."""
    used = await parts.templates.use(asker, name)
    return JsonResponse(asdict(used), 201, headers={"Location": f"/api/v1/workflows/{used.workflow}"})
