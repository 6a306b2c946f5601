"""Routes of connections: values go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from concertmaster.api import models_connections as models
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.domain.errors import Conflict
from concertmaster.domain.interfaces import StoredConnection

router = APIRouter(tags=["connections"])
Name = Annotated[str, Path(max_length=100, description="Name of the connection")]


@router.get("/connections", response_model=models.ConnectionList)
async def list_connections(parts: Parts, asker: Asker) -> Response:
    """All connections by name, without their values."""
    found = await parts.connections.list(asker)
    return JsonResponse({"items": [_render(connection) for connection in found], "next": None})


@router.post("/connections", response_model=models.Connection, status_code=201, responses=problems(409, 422))
async def create_connection(parts: Parts, asker: Asker, body: models.CreateConnection) -> Response:
    """Store a connection; its values are encrypted at once."""
    stored = await parts.connections.put(asker, body.name, body.type, _values(body.values), replace=False)
    return JsonResponse(_render(stored), 201)


@router.post("/connections/test", response_model=models.TestOutcome, responses=problems(404, 422))
async def test_entered_connection(parts: Parts, asker: Asker, body: models.EnteredConnection) -> Response:
    """Test values before they are stored. What the other side answers is told in the outcome, also a failure."""
    outcome = await parts.connection_tests.entered(
        asker, body.type, _values(body.values), name=body.name, keep=body.keep
    )
    return JsonResponse(asdict(outcome))


@router.post("/connections/rotate-key", response_model=models.Rotation, responses=problems(422, 503))
async def rotate_key(parts: Parts, asker: Asker) -> Response:
    """Take a new key into use and wrap the data key of every connection with it."""
    return JsonResponse(asdict(await parts.connections.rotate_key(asker)))


@router.get("/connections/{name}", response_model=models.Connection, responses=problems(404))
async def get_connection(parts: Parts, asker: Asker, name: Name) -> Response:
    """One connection, without its values."""
    return JsonResponse(_render(await parts.connections.get(asker, name)))


@router.put("/connections/{name}", response_model=models.Connection, responses=problems(404, 409, 422))
async def replace_connection(parts: Parts, asker: Asker, name: Name, body: models.ConnectionValues) -> Response:
    """Replace the values of a known connection; those that `keep` names stay."""
    await parts.connections.get(asker, name)
    stored = await parts.connections.put(asker, name, body.type, _values(body.values), replace=True, keep=body.keep)
    return JsonResponse(_render(stored))


@router.delete("/connections/{name}", status_code=204, responses=problems(404, 409))
async def delete_connection(
    parts: Parts,
    asker: Asker,
    name: Name,
    force: Annotated[bool, Query(description="Also when published workflows name it")] = False,
) -> Response:
    """Remove a connection; one that published workflows name only with `force`, and they get a problem."""
    await parts.connections.get(asker, name)
    if not force:
        used = [use.workflow for use in (await parts.connection_uses.of(asker, [name]))[name] if use.published]
        if used:
            raise Conflict(
                "connection.in_use",
                f"Connection {name} is named by {_listed(used)}; change them first, or delete it with `force=true`: "
                "they fail until there is one of this name again",
                workflows=used,
            )
    await parts.connections.delete(asker, name)
    return Response(status_code=204)


@router.post("/connections/{name}/test", response_model=models.TestOutcome, responses=problems(404, 422, 503))
async def test_connection(parts: Parts, asker: Asker, name: Name) -> Response:
    """Test a connection as it is stored. What the other side answers is told in the outcome, also a failure."""
    return JsonResponse(asdict(await parts.connection_tests.stored(asker, name)))


@router.get("/connection-types", response_model=models.ConnectionTypeList)
async def list_connection_types(parts: Parts, asker: Asker) -> Response:
    """The types of connections, each with the schema of its fields."""
    return JsonResponse({"items": parts.connections.known_types(asker), "next": None})


@router.get("/connection-uses", response_model=models.ConnectionUseList)
async def list_connection_uses(
    parts: Parts, asker: Asker, name: Annotated[str | None, Query(max_length=100, description="Of one only")] = None
) -> Response:
    """Which workflows name connections, in their newest and their published version."""
    names = [name] if name is not None else [line.name for line in await parts.connections.list(asker)]
    found = await parts.connection_uses.of(asker, names)
    items = [{"connection": one, **asdict(use)} for one in sorted(found) for use in found[one]]
    return JsonResponse({"items": items, "next": None})


def _values(given: Mapping[str, models.Value]) -> dict[str, Any]:
    return {name: value.get_secret_value() for name, value in given.items()}


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} others"


def _render(connection: StoredConnection) -> dict[str, Any]:
    return {
        "name": connection.name,
        "type": connection.type,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
        "fields": list(connection.fields),
        "source": connection.source,
        "place": connection.place,
        "read_only": connection.source != "database",
        "problem": connection.problem,
    }
