"""The audit, read: who did what. Writing is the stores', in the transaction of the deed."""

from __future__ import annotations

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.interfaces import AuditLine, AuditStore, Page


class AuditService:
    """Use cases around the audit."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def list(
        self,
        actor: Actor,
        *,
        target: str | None = None,
        by: str | None = None,
        action: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Page[AuditLine]:
        """A page of deeds, newest first; each filter narrows it."""
        demand(actor, "instance:manage")
        return await self._store.list(target=target, by=by, action=action, before=before, limit=limit)
