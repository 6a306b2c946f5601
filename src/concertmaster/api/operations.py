"""Routes for people who run the server, and for what watches it."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from concertmaster.api import models_registry as models
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.observability.metrics import CONTENT_TYPE

router = APIRouter(tags=["operations"])
root_router = APIRouter(tags=["operations"])


@router.get("/info", response_model=models.Info)
async def get_info(parts: Parts, asker: Asker) -> Response:
    """Version, folders, database."""
    return JsonResponse(parts.operations.info(asker))


@root_router.get("/healthz", response_model=models.Health)
async def get_health() -> Response:
    """The process lives and its loop turns."""
    return JsonResponse({"status": "ok"})


@root_router.get("/metrics", response_class=PlainTextResponse)
async def get_metrics(parts: Parts) -> Response:
    """Metrics in Prometheus' text format."""
    load = await parts.operations.load()
    return Response(parts.metrics.render(load.open, load.here), media_type=CONTENT_TYPE)


@root_router.get("/readyz", response_model=models.Health, responses=problems(503))
async def get_readiness(parts: Parts) -> Response:
    """Node types are loaded, recovery is done, and the database answers."""
    await parts.operations.ready()
    return JsonResponse({"status": "ready"})
