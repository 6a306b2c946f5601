"""People: who has which workflow open at the moment, and where in it. Kept in memory, forgotten soon, and bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from concertmaster.domain.errors import TooManyRequests

FORGOTTEN_SECONDS = 30.0
CLIENTS_OF_ACTOR = 20
CLIENTS_OF_WORKFLOW = 100
WORKFLOWS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Person:
    """A tab that has a workflow open.

    Attributes:
        client: the id that it gave itself.
        node: id of the node that is selected.
        path: ids of the containers that are open, from the outermost.
    """

    client: str
    name: str
    node: str | None
    path: tuple[str, ...]
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """The form used by REST and stream."""
        return {"client": self.client, "name": self.name, "node": self.node, "path": list(self.path), "at": self.at}

    def is_at(self, other: Person) -> bool:
        """Whether both are at the same place."""
        return (self.name, self.node, self.path) == (other.name, other.node, other.path)


class People:
    """Those of this process, and those of others as far as they tell; belongs to one event loop.

    Args:
        now: seconds, of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._seen: OrderedDict[str, OrderedDict[str, tuple[float, Person]]] = OrderedDict()

    def of(self, workflow: str) -> Sequence[Person]:
        """Who is there, in the order they came."""
        self.forget(workflow)
        return [person for _, person in self._there(workflow).values()]

    def come(self, workflow: str, person: Person) -> bool:
        """Somebody is there; returns whether others should hear of it.

        Raises:
            TooManyRequests: `presence.too_many`.
        """
        self.forget(workflow)
        there = self._seen.setdefault(workflow, OrderedDict())
        known = there.get(person.client)
        own = sum(one.name == person.name for _, one in there.values())
        if known is None and (own >= CLIENTS_OF_ACTOR or len(there) >= CLIENTS_OF_WORKFLOW):
            raise TooManyRequests(
                "presence.too_many",
                "Too many have this workflow open; close some, those that are gone are forgotten soon",
                retry_after=int(FORGOTTEN_SECONDS),
            )
        there[person.client] = (self._now(), person)
        self._seen.move_to_end(workflow)
        if len(self._seen) > WORKFLOWS_KEPT:
            self._seen.popitem(last=False)
        return known is None or not known[1].is_at(person)

    def leave(self, workflow: str, client: str, name: str) -> bool:
        """Somebody left, who must be called that. Returns whether they were there."""
        known = self._there(workflow).get(client)
        if known is None or known[1].name != name:
            return False
        del self._seen[workflow][client]
        self.forget(workflow)
        return True

    def forget(self, workflow: str) -> bool:
        """Drop those who were not heard of for long; returns whether there were any."""
        there = self._there(workflow)
        oldest = self._now() - FORGOTTEN_SECONDS
        gone = [client for client, (heard, _) in there.items() if heard <= oldest]
        for client in gone:
            del self._seen[workflow][client]
        if workflow in self._seen and not self._seen[workflow]:
            del self._seen[workflow]
        return bool(gone)

    def next_forgotten(self, workflow: str) -> float | None:
        """Seconds until somebody is forgotten; None when nobody is there."""
        heard = [at for at, _ in self._there(workflow).values()]
        return max(0.0, min(heard) + FORGOTTEN_SECONDS - self._now()) if heard else None

    def _there(self, workflow: str) -> Mapping[str, tuple[float, Person]]:
        return self._seen.get(workflow, OrderedDict())
