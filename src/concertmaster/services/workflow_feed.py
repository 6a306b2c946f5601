"""Workflow feed: who has a workflow open hears what others change in its draft, of its versions, and who else is there.

Changes of the draft are numbered and never missed: the store of drafts has them, and what is kept here is only to read
them once for all. The trap is the order: a topic is woken first and reads second. The rest is of the moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.draft_request import demand_client
from concertmaster.domain.errors import TooManyRequests, UserError
from concertmaster.domain.interfaces import Clock, DraftStore
from concertmaster.services.people import People, Person
from concertmaster.services.stream import Batch
from concertmaster.services.workflow_topic import WorkflowTopic, encode_note

RELAY_SECONDS = 1.0

Tell = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]


class WorkflowFeed:
    """One for the process; belongs to its event loop.

    Args:
        there: raises NotFound for a workflow that is not there.
        now: seconds, of a clock that never goes back.
        tell: tells other processes who is here; None where there are none.
    """

    def __init__(
        self,
        drafts: DraftStore,
        *,
        there: Callable[[str], Awaitable[Any]],
        clock: Clock,
        now: Callable[[], float],
        tell: Tell | None = None,
    ) -> None:
        self._drafts = drafts
        self._there = there
        self._clock = clock
        self._people = People(now)
        self._tell = tell
        self._untold: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._to_tell = asyncio.Event()
        self._topics: dict[str, WorkflowTopic] = {}

    # --- what happened ---

    def drafts_changed(self, workflows: Sequence[str]) -> None:
        """Drafts have new revisions, or are gone."""
        for name in workflows:
            if (topic := self._topics.get(name)) is not None:
                topic.outdate()

    def version_saved(self, told: Mapping[str, Any]) -> None:
        """A version was saved or published: `workflow` and the event's data."""
        data = dict(told)
        topic = self._topics.get(str(data.pop("workflow", "")))
        if topic is not None:
            topic.note(encode_note(topic.workflow, self._clock.now(), "version.saved", data))

    def person_elsewhere(self, told: Mapping[str, Any]) -> None:
        """Who came or left in another process: what `_relay` tells."""
        workflow, client = str(told.get("workflow")), str(told.get("client"))
        name = str(told.get("name"))
        if told.get("left"):
            changed = self._people.leave(workflow, client, name)
        else:
            path = tuple(str(part) for part in told.get("path") or ())
            person = Person(client, name, told.get("node"), path, self._clock.now())
            changed = False
            with suppress(TooManyRequests):
                changed = self._people.come(workflow, person)
        if changed:
            self._people_changed(workflow)

    def lose(self) -> None:
        """Something may have been missed."""
        self.drafts_changed(list(self._topics))

    async def demand_there(self, actor: Actor, workflow: str) -> None:
        """Raise NotFound unless there is such a workflow."""
        demand(actor, "workflow:read")
        await self._there(workflow)

    # --- who is there ---

    async def arrive(
        self, actor: Actor, workflow: str, *, client: str, node: str | None, path: Sequence[str]
    ) -> Sequence[Person]:
        """A client is at a place of a workflow; it says so again and again. Returns who is there.

        Raises:
            NotFound: the workflow.
            TooManyRequests: `presence.too_many`.
        """
        demand(actor, "workflow:read")
        person = Person(demand_client(client), actor.name, node, tuple(path), self._clock.now())
        await self._there(workflow)
        if self._people.come(workflow, person):
            self._people_changed(workflow)
        self._relay(workflow, client, {"name": person.name, "node": node, "path": list(path)})
        return self._people.of(workflow)

    def leave(self, actor: Actor, workflow: str, *, client: str) -> None:
        """A client closed the workflow."""
        demand(actor, "workflow:read")
        if self._people.leave(workflow, client, actor.name):
            self._people_changed(workflow)
            self._relay(workflow, client, {"name": actor.name, "left": True})

    async def run(self) -> None:
        """Tell other processes who is here, until cancelled; not more often than once a second."""
        assert self._tell is not None
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            untold, self._untold = self._untold, {}
            with suppress(Exception):
                # Whoever is still here says so again.
                await self._tell(list(untold.values()))
            await asyncio.sleep(RELAY_SECONDS)

    def _relay(self, workflow: str, client: str, told: Mapping[str, Any]) -> None:
        if self._tell is not None:
            self._untold[workflow, client] = {"workflow": workflow, "client": client, **told}
            self._to_tell.set()

    def _people_changed(self, workflow: str) -> None:
        if (topic := self._topics.get(workflow)) is not None:
            topic.move()

    # --- following ---

    async def follow(self, actor: Actor, workflow: str, *, cursor: int = 0) -> AsyncGenerator[Batch]:
        """Everything after a revision of the draft, for as long as the caller listens.

        Args:
            cursor: the revision the follower has. Where what came since is not kept, it is told the one to fetch.
        Raises:
            NotFound: there is no such workflow, or not any more.
        """
        await self.demand_there(actor, workflow)
        with self._topic(workflow) as topic:
            last, noted, moved = cursor, topic.noted, -1
            while True:
                changed = topic.changed
                notes = topic.notes_after(noted)
                noted = topic.noted
                if moved != topic.moves:
                    moved = topic.moves
                    data = {"people": [person.as_json() for person in self._people.of(workflow)]}
                    notes.append(encode_note(workflow, self._clock.now(), "presence", data))
                try:
                    lines = await topic.lines(last)
                except UserError as error:
                    if error.code not in ("draft.too_old", "draft.ahead"):
                        raise
                    last = int(error.details["revision"])
                    yield Batch(resync=last)
                    lines = []
                if lines:
                    last = lines[-1].seq
                if lines or notes:
                    yield Batch(lines, notes=notes)
                else:
                    await self._wait(topic, changed)

    async def _wait(self, topic: WorkflowTopic, changed: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._people.next_forgotten(topic.workflow)):
                await changed.wait()
        except TimeoutError:
            if self._people.forget(topic.workflow):
                topic.move()

    @contextmanager
    def _topic(self, workflow: str) -> Generator[WorkflowTopic]:
        topic = self._topics.get(workflow)
        if topic is None:
            topic = self._topics[workflow] = WorkflowTopic(workflow, self._drafts)
        topic.viewers += 1
        try:
            yield topic
        finally:
            topic.viewers -= 1
            if topic.viewers == 0:
                del self._topics[workflow]
