"""Uses: a type that nobody uses may change in place, and needs no new version."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection

from concertmaster.domain.errors import OperationalError
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.description import Description, Failure
from concertmaster.registering.book import Book

# Which of some `type@version` somebody uses.
Used = Callable[[Collection[str]], Awaitable[Collection[str]]]
_log = logging.getLogger(__name__)


class Uses:
    """Belongs to the event loop of the registry.

    Attributes:
        used: None as long as nobody can be asked; then no change in place is taken that would break users.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self.used: Used | None = None

    async def look_again(self) -> None:
        """Ask about everything that is refused because it would break its users."""
        for candidate, latest in self._book.refused():
            self._book.allow(candidate, await self.without(candidate, latest))

    async def without(self, candidate: Candidate, latest: Description | Failure) -> frozenset[str]:
        """The types that nobody uses, of those that this would break for their users."""
        changed = self._book.breaking(candidate, latest)
        if not changed or self.used is None:
            return frozenset()
        try:
            return changed - frozenset(await self.used(changed))
        except OperationalError as error:
            _log.warning("whether node types are used is not known", extra={"error": str(error)})
            return frozenset()
