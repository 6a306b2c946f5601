"""Pages of what nodes gave, as the REST contract has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.errors import UserError
from concertmaster.domain.values import FileRef, JsonValue
from concertmaster.services.execution_view import summary


def no_table(node: str, outlet: str) -> UserError:
    """The error for what only tables can."""
    return UserError("output.no_table", f"Outlet '{outlet}' of node '{node}' has no table; only tables do")


def page_of_whole(value: JsonValue | FileRef) -> dict[str, Any]:
    """The output page of a value that is not a table and is at hand."""
    if isinstance(value, JsonValue):
        return {"kind": "json", "value": value.data}
    told = summary(value)
    return {key: told[key] for key in ("kind", "path", "name", "bytes", "media_type")}


def text_of_json(artifacts: ArtifactStore, artifact: str) -> orjson.Fragment:
    """A stored value as it goes out. A child may have written it, so it is read once, to be sure that it is JSON; but
    not on the loop, which neither parses nor encodes it."""
    text = artifacts.read_bytes(artifact)
    orjson.loads(text)
    return orjson.Fragment(text)


def page_of_table(path: Path, *, offset: int, limit: int, sort: str | None, where: Sequence[str]) -> dict[str, Any]:
    """Some rows of a stored table."""
    # Polars takes a quarter of a second and 60 MB: a server that nobody asks for a table does without.
    from concertmaster.data.preview import page  # noqa: PLC0415

    return page(path, offset=offset, limit=limit, sort=sort, where=where)
