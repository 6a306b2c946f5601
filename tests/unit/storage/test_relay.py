"""The relay: whoever follows an execution here hears of what other processes commit, whatever goes wrong between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.events import NodeProgress
from concertmaster.domain.interfaces import Committed
from concertmaster.executors.driving import running
from concertmaster.storage.migrate import upgrade
from concertmaster.storage.relay import Relay
from storage_backends import Storage, append_of, until


class Ears:
    """What was heard, as seqs; deaf the first time when told so."""

    def __init__(self, *, deaf_once: bool = False) -> None:
        self.seqs: list[int] = []
        self._deaf = deaf_once

    def hear(self, told: Sequence[Committed]) -> None:
        if self._deaf:
            self._deaf = False
            raise OperationalError("database.unavailable", "the answer came too late")
        self.seqs.extend(event.seq for committed in told for event in committed.events)


async def test_after_many_events_the_newest_are_told(tmp_path: Path) -> None:
    url, ears = f"sqlite:///{tmp_path / 'concertmaster.db'}", Ears()
    upgrade(url)
    async with Storage.opened(url) as storage:
        row = await storage.start()
        relay = Relay(storage.database, ears.hear, lambda _: True)
        async with running(relay.run()):
            relay.announce([(row.id, 1)])
            await until(lambda: ears.seqs == [1])
            await storage.journal.append(append_of(row.id, 2, *(NodeProgress("a", 1, 1) for _ in range(1_500))))
            relay.announce([(row.id, 1_501)])
            await until(lambda: len(ears.seqs) > 1)
            assert ears.seqs == [1, *range(502, 1_502)]
            await storage.journal.append(append_of(row.id, 1_502))
            relay.announce([(row.id, 1_502)])
            await until(lambda: ears.seqs[-1] == 1_502)
            assert ears.seqs[-2] == 1_501


async def test_what_was_read_and_not_told_is_told_later(tmp_path: Path) -> None:
    url, ears = f"sqlite:///{tmp_path / 'concertmaster.db'}", Ears(deaf_once=True)
    upgrade(url)
    async with Storage.opened(url) as storage:
        row = await storage.start()
        relay = Relay(storage.database, ears.hear, lambda _: True)
        async with running(relay.run()):
            relay.announce([(row.id, 1)])
            async with asyncio.timeout(10):
                await until(lambda: ears.seqs == [1])
