"""Routes of drafts, of the versions made of them, and of who has a workflow open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Response

from concertmaster.api import models_drafts as models
from concertmaster.api.dependencies import MAX_NUMBER, Asker, Before, JsonResponse, Limit, Parts, problems
from concertmaster.api.workflows import Name, render_version
from concertmaster.domain.draft_request import demand_client
from concertmaster.domain.interfaces import Batch, Draft, VersionLine

router = APIRouter(prefix="/workflows/{name}", tags=["drafts"])
Number = Annotated[int, Path(ge=1, le=MAX_NUMBER, description="Number of the version")]


@router.get("/draft", response_model=models.Draft, responses=problems(404))
async def get_draft(parts: Parts, asker: Asker, name: Name) -> Response:
    """What is edited; without edits the newest version."""
    return _draft(await parts.drafts.get(asker, name))


@router.patch("/draft", response_model=models.EditedDraft, responses=problems(404, 409, 410, 413, 422))
async def edit_draft(parts: Parts, asker: Asker, name: Name, body: models.EditDraft) -> Response:
    """Apply operations; one that cannot be is a conflict, and the others are stored when the answer comes.

    An operation that is sent again counts as applied. Nobody else's is overwritten unseen: `before` must be there.
    """
    given = [operation.model_dump(exclude_unset=True) for operation in body.ops]
    edited = await parts.drafts.edit(asker, name, given, client=body.client, revision=body.revision)
    return JsonResponse(
        {
            "revision": edited.revision,
            "applied": edited.applied,
            "conflicts": [conflict.as_json() for conflict in edited.conflicts],
            "ops": _operations(edited.others),
        }
    )


@router.delete("/draft", response_model=models.Draft, responses=problems(404))
async def discard_draft(parts: Parts, asker: Asker, name: Name) -> Response:
    """Make the draft the newest version."""
    return _draft(await parts.drafts.discard(asker, name))


@router.post("/draft/base", response_model=models.Draft, responses=problems(404, 422))
async def rebase_draft(parts: Parts, asker: Asker, name: Name, body: models.DraftBase) -> Response:
    """Say that the draft holds what a version brought: it is counted from there, and not behind it any more."""
    return _draft(await parts.drafts.rebase(asker, name, body.version))


@router.get("/draft/ops", response_model=models.DraftOperationList, responses=problems(404, 409, 410))
async def list_draft_operations(
    parts: Parts,
    asker: Asker,
    name: Name,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER, description="The revision the caller has")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Revisions of a page")] = 100,
) -> Response:
    """What changed in the draft after a revision, oldest first; the last revisions are kept."""
    page, following = await parts.drafts.batches(asker, name, after=after, limit=limit)
    return JsonResponse({"items": _operations(page), "next": following})


@router.post(
    "/versions",
    response_model=models.MadeVersion,
    status_code=201,
    responses={200: {"model": models.MadeVersion, "description": "Nothing changed"}, **problems(404, 409, 422)},
)
async def make_version(parts: Parts, asker: Asker, name: Name, body: models.MakeVersion) -> Response:
    """Make a version of the draft as the caller has seen it."""
    saved, line, is_new = await parts.drafts.save(
        asker, name, revision=body.revision, publish=body.publish, label=body.label or None, origin=body.origin
    )
    more = {"created_by": line.created_by, "label": line.label, "origin": line.origin}
    return render_version(saved, status=201 if is_new else 200, more=more)


@router.get("/versions", response_model=models.VersionList, responses=problems(404))
async def list_versions(
    parts: Parts,
    asker: Asker,
    name: Name,
    before: Before = None,
    limit: Limit = 100,
    everything: Annotated[bool, Query(alias="all", description="With versions of test runs")] = False,
) -> Response:
    """The history of a workflow, newest first."""
    page = await parts.versions.list(asker, name, before=before, limit=limit, everything=everything)
    return JsonResponse({"items": [_line(line) for line in page.items], "next": page.next})


@router.patch("/versions/{version}", response_model=models.WorkflowVersion, responses=problems(404, 422))
async def label_version(parts: Parts, asker: Asker, name: Name, version: Number, body: models.LabelVersion) -> Response:
    """Name a version, or take its name away."""
    return JsonResponse(_line(await parts.versions.label(asker, name, version, body.label)))


@router.post("/versions/{version}/publish", response_model=models.WorkflowVersion, responses=problems(404, 409, 422))
async def publish_version(parts: Parts, asker: Asker, name: Name, version: Number) -> Response:
    """Make a version that is there the one that triggers and executions use."""
    return JsonResponse(_line(await parts.versions.publish(asker, name, version)))


@router.post("/versions/{version}/restore", response_model=models.Draft, responses=problems(404))
async def restore_version(parts: Parts, asker: Asker, name: Name, version: Number) -> Response:
    """Put the content of a version into the draft; what is published stays."""
    return _draft(await parts.drafts.restore(asker, name, version))


@router.post("/presence", response_model=models.PeopleList, responses=problems(404, 422, 429))
async def tell_presence(parts: Parts, asker: Asker, name: Name, body: models.Presence) -> Response:
    """Say where in the workflow one is, every 10 seconds: after 30 one is forgotten."""
    people = await parts.workflow_feed.arrive(asker, name, client=body.client, node=body.node, path=body.path)
    return JsonResponse({"people": [person.as_json() for person in people]})


@router.delete("/presence", status_code=204, responses=problems(422))
async def leave_presence(
    parts: Parts,
    asker: Asker,
    name: Name,
    client: Annotated[str, Query(description="The client that leaves, here or in the body")] = "",
    body: models.Leave | None = None,
) -> Response:
    """Say that one has closed the workflow."""
    parts.workflow_feed.leave(asker, name, client=demand_client(client if body is None else body.client))
    return Response(status_code=204)


def _draft(draft: Draft) -> Response:
    return JsonResponse(
        {
            "workflow": draft.workflow,
            "document": orjson.Fragment(draft.document),
            "revision": draft.revision,
            "base_version": draft.base_version,
            "newest_version": draft.newest_version,
            "published_version": draft.published_version,
            "changed": draft.changed,
            "updated_at": draft.updated_at,
            "updated_by": draft.updated_by,
        }
    )


def _operations(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    return [
        {"revision": batch.revision, "client": batch.client, "actor": batch.actor, "at": batch.at, "op": operation}
        for batch in batches
        for operation in orjson.loads(batch.changes)
    ]


def _line(line: VersionLine) -> dict[str, Any]:
    return {
        "version": line.version,
        "hash": line.hash,
        "published": line.published,
        "created_at": line.created_at,
        "node_count": line.node_count,
        "created_by": line.created_by,
        "label": line.label,
        "origin": line.origin,
    }
