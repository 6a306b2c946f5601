"""Routes of node types and the registry."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from concertmaster.api import models, models_registry
from concertmaster.api.dependencies import MAX_NUMBER, Asker, JsonResponse, Parts, problems

router = APIRouter(tags=["node types"])
TypeId = Annotated[str, Path(max_length=200, description="Id of the node type, `table.sql`")]


Version = Annotated[int | None, Query(ge=1, le=MAX_NUMBER, description="Default: the newest")]


@router.get("/node-types", response_model=models_registry.NodeTypeList)
async def list_node_types(
    parts: Parts,
    asker: Asker,
    versions: Annotated[Literal["newest", "all"], Query(description="`all`: each version of each type")] = "newest",
) -> Response:
    """Every node type."""
    return JsonResponse({"items": parts.node_types.list(asker, every=versions == "all"), "next": None})


@router.get("/node-types/{type_id}", response_model=models_registry.NodeType, responses=problems(404))
async def get_node_type(parts: Parts, asker: Asker, type_id: TypeId, version: Version = None) -> Response:
    """One node type."""
    return JsonResponse(parts.node_types.get(asker, type_id, version=version))


@router.post("/node-types/{type_id}/validate", response_model=models.ProblemList, responses=problems(404, 422))
async def validate_config(
    parts: Parts, asker: Asker, type_id: TypeId, body: models_registry.NodeConfig, version: Version = None
) -> Response:
    """Check a config; pointers are relative to it."""
    found = parts.node_types.validate(asker, type_id, body.config, version=version)
    return JsonResponse({"items": [problem.as_json() for problem in found]})


@router.get("/node-types/{type_id}/changes", response_model=models_registry.TypeChanges, responses=problems(404))
async def get_node_type_changes(
    parts: Parts,
    asker: Asker,
    type_id: TypeId,
    since: Annotated[int, Query(alias="from", ge=1, le=MAX_NUMBER, description="The version that a node has")],
    until: Annotated[int | None, Query(alias="to", ge=1, le=MAX_NUMBER, description="Default: the newest")] = None,
) -> Response:
    """What differs between two versions of a node type."""
    return JsonResponse(parts.node_types.changes(asker, type_id, since, until=until))


@router.post("/node-types/{type_id}/migrate", response_model=models_registry.Migrated, responses=problems(404, 422))
async def migrate_config(parts: Parts, asker: Asker, type_id: TypeId, body: models_registry.Migration) -> Response:
    """A config for a newer version of its type, by the type's own `migrate`; nothing is saved."""
    found = await parts.node_types.migrate(asker, type_id, body.config, body.since, until=body.until)
    return JsonResponse(found)


@router.post(
    "/node-types/{type_id}/options", response_model=models_registry.OptionList, responses=problems(404, 422, 503)
)
async def list_options(
    parts: Parts, asker: Asker, type_id: TypeId, body: models_registry.OptionQuery, version: Version = None
) -> Response:
    """What may be chosen for a field whose schema names a function in `x-options`, as the rest of the config stands."""
    found, more = await parts.options.list(
        asker, type_id, body.function, body.config, search=body.search, version=version
    )
    return JsonResponse({"items": [asdict(option) for option in found], "more": more})


@router.get("/registry", response_model=models_registry.RegistryState)
async def get_registry(parts: Parts, asker: Asker) -> Response:
    """Where the node types come from, and which sources could not be loaded."""
    return JsonResponse(parts.node_types.state(asker))


@router.post("/registry/reload", response_model=models_registry.RegistryState, responses=problems(503))
async def reload_registry(parts: Parts, asker: Asker, body: models_registry.Reload | None = None) -> Response:
    """Look at all sources anew, what failed too; after a fallback to the manifest, return to dynamic loading."""
    return JsonResponse(await parts.node_types.reload(asker, accept=() if body is None else body.accept))


@router.post("/registry/freeze", response_model=models_registry.Frozen)
async def freeze_registry(parts: Parts, asker: Asker) -> Response:
    """Write what is in service as the manifest that `registry_mode = static` serves."""
    return JsonResponse(await parts.node_types.freeze(asker))
