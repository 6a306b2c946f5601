"""What reads the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from concertmaster.domain.interfaces.stores import Page


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One deed. `target` is `kind:name`, `data` never holds secrets."""

    at: datetime
    actor: str
    action: str
    target: str
    data: Mapping[str, Any]


class AuditStore(Protocol):
    """The audit, as it was written."""

    async def list(
        self,
        *,
        target: str | None = None,
        by: str | None = None,
        action: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Page[AuditLine]:
        """Newest first, of everything, or of one target, of one actor, of one action.

        Raises:
            UserError: `cursor.invalid`.
        """
        ...
