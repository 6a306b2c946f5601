"""Random appends of several owners: nobody but the newest owner ever gets a row in, and no seq is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concertmaster.domain.errors import StaleOwner
from concertmaster.domain.events import NodeProgress
from storage_backends import BACKENDS, Storage, append_of, fresh_database

# An append (execution, whose epoch below the newest, gap before it, events), a claim, or waiting for all so far.
APPENDS = st.tuples(
    st.just("append"),
    st.integers(0, 2),
    st.sampled_from([0, 0, 0, 0, 1, 2]),
    st.sampled_from([0, 0, 0, 0, 0, 1, -1]),
    st.integers(1, 3),
)
STEPS = st.one_of(APPENDS, APPENDS, APPENDS, st.tuples(st.just("claim"), st.integers(0, 2)), st.just(("wait",)))


@pytest.fixture(scope="module", params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database for all examples: each starts executions of its own."""
    with fresh_database(request.param, tmp_path_factory.mktemp("journal"), request) as made:
        yield made


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_only_the_owner_appends_and_seqs_have_no_gaps(url: str, steps: list[tuple[object, ...]]) -> None:
    asyncio.run(check(url, steps))


async def check(url: str, steps: list[tuple[object, ...]]) -> None:
    async with Storage.opened(url) as storage:
        await carry_out(storage, steps)


async def carry_out(storage: Storage, steps: list[tuple[object, ...]]) -> None:
    ids = [(await storage.start()).id for _ in range(3)]
    epochs, heads = [1, 1, 1], [1, 1, 1]
    # The model: an append is right when its epoch is the newest, none of this epoch has been refused, and it follows
    # the head; marks say who wrote what.
    dropped = [False, False, False]
    model: list[list[float]] = [[], [], []]
    pending: list[tuple[bool, asyncio.Future[bool]]] = []
    mark = 0.0
    for step in steps:
        match step:
            case ("append", int(which), int(behind), int(gap), int(count)):
                marks = [mark := mark + 1 for _ in range(count)]
                right = behind == 0 and gap == 0 and not dropped[which]
                dropped[which] |= behind == 0 and gap != 0
                bodies = [NodeProgress("a", 1, one) for one in marks]
                batch = append_of(ids[which], max(1, heads[which] + 1 + gap), *bodies, epoch=epochs[which] - behind)
                pending.append((right, storage.journal.append(batch)))
                if right:
                    heads[which] += count
                    model[which] += marks
            case ("claim", int(which)):
                claim = await storage.journal.claim(ids[which], "another")
                assert claim is not None
                epochs[which] += 1
                dropped[which] = False
                assert (claim.row.epoch, claim.row.head_seq) == (epochs[which], heads[which])
            case _:
                await asyncio.gather(*(future for _, future in pending), return_exceptions=True)
    outcomes = await asyncio.gather(*(future for _, future in pending), return_exceptions=True)
    for (right, _), outcome in zip(pending, outcomes, strict=True):
        assert (outcome is False) if right else isinstance(outcome, StaleOwner)
    for which, execution_id in enumerate(ids):
        events = await storage.journal.read(execution_id)
        assert [event.seq for event in events] == list(range(1, heads[which] + 1))
        assert [event.body.done for event in events[1:]] == model[which]  # type: ignore[union-attr]
        assert storage.published_seqs(execution_id) == list(range(1, heads[which] + 1))
        row = await storage.executions.get(execution_id)
        assert (row.epoch, row.head_seq) == (epochs[which], heads[which])
