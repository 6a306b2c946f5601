"""Routes for people who run the server, and for what watches it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from concertmaster.api import models_registry as models
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.observability.metrics import CONTENT_TYPE

router = APIRouter(tags=["operations"])
root_router = APIRouter(tags=["operations"])
DryRun = Annotated[bool, Query(description="Only count what would be removed")]


@router.get("/info", response_model=models.Info)
async def get_info(parts: Parts, asker: Asker) -> Response:
    """Version, folders, database."""
    return JsonResponse(parts.operations.info(asker))


@router.get("/outputs/clean", response_model=models.Cleaning, responses=problems(403))
async def get_cleaning(parts: Parts, asker: Asker) -> Response:
    """What is being removed, or what became of it."""
    return JsonResponse(parts.retention.cleaning(asker))


@router.post("/outputs/clean", response_model=models.Cleaning, status_code=202, responses=problems(403))
async def clean_outputs(parts: Parts, asker: Asker, dry_run: DryRun = False) -> Response:
    """Begin to remove the data of executions that the settings `outputs_max_*` do not keep, and what no execution
    names; where that is being done, it goes on."""
    return JsonResponse(parts.retention.clean(asker, dry_run=dry_run), status_code=202)


@root_router.get("/healthz", response_model=models.Health)
async def get_health(parts: Parts) -> Response:
    """The process lives and its loop turns; `registry` is `fallback` while dynamic loading is in trouble."""
    return JsonResponse({"status": "ok", **parts.operations.registry_health()})


@root_router.get("/metrics", response_class=PlainTextResponse)
async def get_metrics(parts: Parts) -> Response:
    """Metrics in Prometheus' text format."""
    load = await parts.operations.load()
    return Response(parts.metrics.render(load.open, load.here), media_type=CONTENT_TYPE)


@root_router.get("/readyz", response_model=models.Health, responses=problems(503))
async def get_readiness(parts: Parts) -> Response:
    """Node types are loaded, recovery is done, and the database answers."""
    await parts.operations.ready()
    return JsonResponse({"status": "ready", **parts.operations.registry_health()})
