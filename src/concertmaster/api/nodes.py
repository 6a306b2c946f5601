"""Routes of node types and the registry."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from concertmaster.api import models, models_registry
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems

router = APIRouter(tags=["node types"])
TypeId = Annotated[str, Path(max_length=200, description="Id of the node type, `table.sql`")]


@router.get("/node-types", response_model=models_registry.NodeTypeList)
async def list_node_types(parts: Parts, asker: Asker) -> Response:
    """Every node type in its newest version."""
    return JsonResponse({"items": parts.node_types.list(asker), "next": None})


@router.get("/node-types/{type_id}", response_model=models_registry.NodeType, responses=problems(404))
async def get_node_type(
    parts: Parts, asker: Asker, type_id: TypeId, version: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    """One node type."""
    return JsonResponse(parts.node_types.get(asker, type_id, version=version))


@router.post("/node-types/{type_id}/validate", response_model=models.ProblemList, responses=problems(404, 422))
async def validate_config(parts: Parts, asker: Asker, type_id: TypeId, body: models_registry.NodeConfig) -> Response:
    """Check a config; pointers are relative to it."""
    found = parts.node_types.validate(asker, type_id, body.config)
    return JsonResponse({"items": [problem.as_json() for problem in found]})


@router.get("/registry", response_model=models_registry.RegistryState)
async def get_registry(parts: Parts, asker: Asker) -> Response:
    """Where the node types come from, and which sources could not be loaded."""
    return JsonResponse(parts.node_types.state(asker))
