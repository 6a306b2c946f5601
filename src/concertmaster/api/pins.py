"""Routes of pinned outputs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Response

from concertmaster.api import models_partial as models
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.services.pins import pin_json

router = APIRouter(prefix="/workflows/{name}/pins", tags=["workflows"])

Name = Annotated[str, Path(max_length=200, description="Name of the workflow")]
Node = Annotated[str, Path(max_length=500, description="Id of the node, in the body of a container `container/node`")]


@router.get("", response_model=models.PinList, responses=problems(404))
async def list_pins(parts: Parts, asker: Asker, name: Name) -> Response:
    """Pinned outputs of a workflow's nodes."""
    return JsonResponse({"items": [pin_json(pin) for pin in await parts.trying.pins.list(asker, name)]})


@router.put("/{node:path}", response_model=models.Pin, responses=problems(404, 409, 413, 422))
async def put_pin(
    parts: Parts, asker: Asker, name: Name, node: Node, body: Annotated[models.PinOutput | models.PinValue, Body()]
) -> Response:
    """Pin what a node gave in an execution, or a value, in place of what was pinned for it."""
    if isinstance(body, models.PinOutput):
        pin = await parts.trying.pins.put_output(asker, name, node, body.execution, outlet=body.outlet, path=body.path)
    else:
        pin = await parts.trying.pins.put_value(asker, name, node, body.value, outlet=body.outlet)
    return JsonResponse(pin_json(pin))


@router.delete("/{node:path}", status_code=204, responses=problems(404))
async def delete_pin(parts: Parts, asker: Asker, name: Name, node: Node) -> Response:
    """Let a node run again in test runs."""
    await parts.trying.pins.remove(asker, name, node)
    return Response(status_code=204)
