"""Files: the workspace, for whoever fills in a path of a node."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from concertmaster.data.workspace import Listing, Workspace
from concertmaster.domain.access import Actor, demand


class FileService:
    """Use cases around the files of the workspace. Whoever may change a workflow may have its nodes read and write
    them, so nothing more is granted here."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def list(self, actor: Actor, prefix: str, *, search: str, limit: int) -> Listing:
        """Files and folders; raises as `Workspace.list`."""
        demand(actor, "workflow:write")
        return await asyncio.to_thread(self._workspace.list, prefix, search=search, limit=limit)

    async def put(self, actor: Actor, path: str, content: bytes, *, overwrite: bool) -> Mapping[str, Any]:
        """Write a file; raises as `Workspace.put`."""
        demand(actor, "workflow:write")
        return await asyncio.to_thread(self._workspace.put, path, content, overwrite=overwrite)
