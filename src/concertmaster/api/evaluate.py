"""Routes of expressions that are tried out while a workflow is edited."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from concertmaster.api import models_evaluate
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.domain.errors import UserError
from concertmaster.services.evaluate import Item
from concertmaster.services.places import Wanted

router = APIRouter(prefix="/workflows", tags=["workflows"])
Name = Annotated[str, Path(max_length=200, description="Name of the workflow")]


@router.post("/{name}/evaluate", response_model=models_evaluate.Evaluated, responses=problems(404, 413, 503))
async def evaluate_expressions(parts: Parts, asker: Asker, name: Name, body: models_evaluate.Evaluate) -> Response:
    """What expressions would give with the values of a run; nothing runs."""
    wanted = Wanted(body.node, body.path, body.indexes, body.document, body.execution)
    items = [Item(one.pointer, one.text, one.per_item) for one in body.items]
    return JsonResponse(await parts.evaluate.evaluate(asker, name, wanted, items))


@router.get("/{name}/scope", response_model=models_evaluate.ExpressionScope, responses=problems(404))
async def get_expression_scope(
    parts: Parts,
    asker: Asker,
    name: Name,
    node: Annotated[str, Query(max_length=200)],
    execution: Annotated[str | None, Query(max_length=100, description="The newest with data when not given")] = None,
    path: Annotated[str, Query(max_length=2_000, description="Containers around the node, `each/inner`")] = "",
    indexes: Annotated[str, Query(max_length=300, description="The item in each container, `3.0`")] = "",
) -> Response:
    """What expressions at a node of the newest version may name, with samples of a run; a node that is not saved yet
    has no input."""
    wanted = Wanted(node, [part for part in path.split("/") if part], _numbers(indexes), None, execution, strict=False)
    return JsonResponse(await parts.evaluate.scope(asker, name, wanted))


def _numbers(text: str) -> list[int]:
    parts = text.split(".") if text else []
    if any(not (part.isascii() and part.isdigit()) or len(part) > 9 for part in parts):
        raise UserError("path.invalid", f"`indexes` is {text[:50]!r}; write the index of each loop, such as 3 or 3.0")
    return [int(part) for part in parts]
