"""Routes of connections: values go in and never come out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from concertmaster.api import models_registry
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.domain.interfaces import StoredConnection

router = APIRouter(prefix="/connections", tags=["connections"])
Name = Annotated[str, Path(max_length=100, description="Name of the connection")]


@router.get("", response_model=models_registry.ConnectionList)
async def list_connections(parts: Parts, asker: Asker) -> Response:
    """All connections by name, without their values."""
    found = await parts.connections.list(asker)
    return JsonResponse({"items": [_render(connection) for connection in found], "next": None})


@router.post("", response_model=models_registry.Connection, status_code=201, responses=problems(409, 422))
async def create_connection(parts: Parts, asker: Asker, body: models_registry.CreateConnection) -> Response:
    """Store a connection; its values are encrypted at once."""
    stored = await parts.connections.put(asker, body.name, body.type, _values(body), replace=False)
    return JsonResponse(_render(stored), 201)


@router.get("/{name}", response_model=models_registry.Connection, responses=problems(404))
async def get_connection(parts: Parts, asker: Asker, name: Name) -> Response:
    """One connection, without its values."""
    return JsonResponse(_render(await parts.connections.get(asker, name)))


@router.put("/{name}", response_model=models_registry.Connection, responses=problems(404, 422))
async def replace_connection(
    parts: Parts, asker: Asker, name: Name, body: models_registry.ConnectionValues
) -> Response:
    """Replace the values of a known connection."""
    await parts.connections.get(asker, name)
    return JsonResponse(_render(await parts.connections.put(asker, name, body.type, _values(body), replace=True)))


@router.delete("/{name}", status_code=204, responses=problems(404))
async def delete_connection(parts: Parts, asker: Asker, name: Name) -> Response:
    """Remove a connection; workflows that name it get a problem."""
    await parts.connections.delete(asker, name)
    return Response(status_code=204)


def _values(body: models_registry.ConnectionValues) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in body.values.items()}


def _render(connection: StoredConnection) -> dict[str, Any]:
    return {
        "name": connection.name,
        "type": connection.type,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
        "fields": list(connection.fields),
    }
