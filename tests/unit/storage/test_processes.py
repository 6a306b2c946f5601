"""Several processes on one PostgreSQL: each `Storage` here is one, with connections, threads and memory of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import StaleOwner
from concertmaster.domain.events import ExecutionSucceeded, ExecutionWaiting, NodeProgress
from concertmaster.domain.interfaces import Change, Claim, Lease, Release, Slot
from concertmaster.domain.workflow import Node, Workflow
from storage_backends import AT, Storage, append_of, fresh_database, new_execution, until

pytestmark = pytest.mark.server
LATER = AT + timedelta(days=1)


@dataclass
class Process:
    """A storage, its lease, and whether it was lost."""

    name: str
    storage: Storage
    lease: Lease
    lost: asyncio.Event

    async def due(self, limit: int = 100) -> list[Claim]:
        return list(await self.storage.journal.claim_due(self.name, now=LATER, limit=limit))


class Processes:
    """Starts them; all end with the test."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack

    async def start(self, name: str, *, seconds: float = 8.0, folder: Path | None = None) -> Process:
        storage = await self._stack.enter_async_context(Storage.opened(self._url, folder))
        lost = asyncio.Event()

        async def on_lost() -> None:
            lost.set()

        lease = storage.database.lease(on_lost=on_lost, seconds=seconds)
        await lease.register(name)
        self._stack.push_async_callback(lease.release)
        return Process(name, storage, lease, lost)

    async def die(self, process: Process) -> None:
        """As by kill -9: it renews no more and gives nothing back."""
        lease: Any = process.lease
        lease._owner = None
        await lease.release()


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database("postgresql", tmp_path, request) as made:
        yield made


@pytest.fixture
async def processes(url: str) -> AsyncIterator[Processes]:
    async with AsyncExitStack() as stack:
        yield Processes(url, stack)


async def test_nothing_is_claimed_twice(processes: Processes) -> None:
    all_of_them = [await processes.start(f"process {n}") for n in range(3)]
    news = [new_execution(priority=n % 3) for n in range(300)]
    await asyncio.gather(*(all_of_them[0].storage.journal.create(new, actor=LOCAL_ADMIN) for new in news))

    async def claim_all(process: Process) -> list[Claim]:
        claimed: list[Claim] = []
        while batch := await process.due(limit=7):
            assert [-claim.row.priority for claim in batch] == sorted(-claim.row.priority for claim in batch)
            claimed += batch
        return claimed

    claimed = await asyncio.gather(*map(claim_all, all_of_them))
    ids = [claim.row.id for part in claimed for claim in part]
    assert len(ids) == len(set(ids)) == 300
    assert all(part for part in claimed), "one process was faster than all others together"
    for process, part in zip(all_of_them, claimed, strict=True):
        rows = [await process.storage.executions.get(claim.row.id) for claim in part[:5]]
        assert {(row.owner, row.epoch) for row in rows} == {(process.name, 1)}


async def test_claims_of_one_execution_at_once_have_one_winner(processes: Processes) -> None:
    first, second = await processes.start("first"), await processes.start("second")
    for _ in range(20):
        row = await first.storage.start(owner=None)
        claims = await asyncio.gather(*(p.storage.journal.claim(row.id, p.name) for p in (first, second)))
        assert [claim is None for claim in claims].count(True) == 1


async def test_a_take_over_comes_after_the_lease_and_not_before(processes: Processes) -> None:
    dead, heir = await processes.start("dead", seconds=2.0), await processes.start("heir")
    rows = [await dead.storage.start(owner="dead") for _ in range(3)]
    await processes.die(dead)
    (lease_until,) = await lease_of(heir, "dead")
    claims: list[Claim] = []
    async with asyncio.timeout(20):
        while not claims:
            before = await clock(heir)
            claims = await heir.due()
            assert not claims or await clock(heir) >= lease_until
            assert claims or before < lease_until + 1_000_000
    assert [claim.row.id for claim in claims] == [row.id for row in rows]
    assert {(claim.row.epoch, claim.takeovers, claim.row.owner) for claim in claims} == {(2, 1, "heir")}
    assert await lease_of(heir, "dead") == []


async def test_who_comes_back_to_its_data_folder_ends_the_lease_of_the_process_that_died_there(
    processes: Processes, tmp_path: Path
) -> None:
    dead, heir = await processes.start("dead", seconds=3600, folder=tmp_path), await processes.start("heir")
    row = await dead.storage.start(owner="dead")
    await processes.die(dead)
    assert await heir.due() == []
    await processes.start("elsewhere")
    assert await heir.due() == []
    await processes.start("back", folder=tmp_path)
    assert [claim.row.id for claim in await heir.due()] == [row.id]
    assert await lease_of(heir, "dead") == []


async def lease_of(process: Process, owner: str) -> list[int]:
    query = "SELECT lease_until FROM owners WHERE owner = %s"
    return await process.storage.database.read(
        lambda connection: [row[0] for row in connection.exec_driver_sql(query, (owner,))]
    )


async def clock(process: Process) -> int:
    query = f"SELECT {process.storage.database.dialect.now_sql}"
    return await process.storage.database.read(lambda connection: connection.exec_driver_sql(query).scalar_one())


async def test_a_renewed_lease_is_not_taken_over(processes: Processes) -> None:
    owner, other = await processes.start("owner", seconds=1.2), await processes.start("other")
    row = await owner.storage.start(owner="owner")
    (first_until,) = await lease_of(other, "owner")
    async with asyncio.timeout(20):
        while (await lease_of(other, "owner"))[0] < first_until + 2_000_000:
            assert await other.due() == []
    assert await other.storage.journal.claim(row.id, "other") is None
    assert not owner.lost.is_set()


async def test_who_only_slept_finds_no_lease_and_is_refused(processes: Processes) -> None:
    sleeper, heir = await processes.start("sleeper"), await processes.start("heir")
    row = await sleeper.storage.start(owner="sleeper")
    other = await sleeper.storage.start(owner="sleeper")
    # The machine stood still for longer than the lease.
    await sql(heir, "UPDATE owners SET lease_until = 1 WHERE owner = 'sleeper'")
    claim = await heir.storage.journal.claim(row.id, "heir")
    assert claim is not None
    with pytest.raises(StaleOwner):
        await sleeper.storage.journal.append(append_of(row.id, 2))
    async with asyncio.timeout(20):
        await sleeper.lost.wait()
    assert sleeper.storage.journal.row(other.id) is None
    # The others of it are due for everybody.
    assert [claim.row.id for claim in await heir.due()] == [other.id]
    # Under another name it goes on.
    await sleeper.lease.register("sleeper again")
    new = await sleeper.storage.start(owner="sleeper again")
    assert await heir.storage.journal.claim(new.id, "heir") is None


async def sql(process: Process, statement: str) -> None:
    """A change that goes past everything, announcements included."""
    await process.storage.database.write(lambda connection: connection.exec_driver_sql(statement).rowcount)


async def test_a_clean_stop_hands_over_at_once(processes: Processes) -> None:
    leaving, staying = await processes.start("leaving"), await processes.start("staying")
    row = await leaving.storage.start(owner="leaving")
    await leaving.lease.release()
    await until(lambda: row.id in staying.storage.woken)
    claims = await staying.storage.journal.claim_due("staying", now=datetime.now(UTC), limit=10)
    assert [claim.row.id for claim in claims] == [row.id]


async def test_who_wants_attention_is_named_everywhere(processes: Processes) -> None:
    here, there = await processes.start("here"), await processes.start("there")
    new = await here.storage.start(owner=None)
    await until(lambda: new.id in there.storage.woken)
    assert new.id in here.storage.woken
    (claim,) = await there.due()
    await here.storage.journal.post(new.id, "cancel", {}, actor=LOCAL_ADMIN)
    await until(lambda: there.storage.woken.count(new.id) == 2)
    # The end of one wakes the next one in the line, wherever.
    first = await there.storage.start(owner="there", slot=Slot("k", 1))
    second = await here.storage.start(owner="here", slot=Slot("k", 1))
    change = Change("succeeded", ended_at=AT)
    await there.storage.journal.append(append_of(first.id, 2, ExecutionSucceeded({}), change=change))
    await until(lambda: second.id in here.storage.woken)
    assert claim.row.owner == "there"


async def test_others_hear_of_commits_once_somebody_is_there_to_hear(processes: Processes) -> None:
    here = await processes.start("here", seconds=1.0)
    dialect: Any = here.storage.database.dialect
    await until(lambda: dialect.alone)
    row = await here.storage.start()
    there = await processes.start("there")
    await until(lambda: not dialect.alone)
    await here.storage.journal.append(append_of(row.id, 2, NodeProgress("a", 1, 1), NodeProgress("a", 1, 2)))
    await until(lambda: (row.id, 3) in there.storage.remote)
    assert (row.id, 1) not in there.storage.remote
    assert here.storage.remote == []
    # More than can be named: look for yourself.
    ids = [(await here.storage.start()).id for _ in range(2)]
    gaps = len(there.storage.gaps)
    many = [here.storage.journal.create(new_execution(), actor=LOCAL_ADMIN, owner="here") for _ in range(4_000)]
    await asyncio.gather(*many)
    await until(lambda: len(there.storage.gaps) > gaps)
    assert ids


async def test_a_request_whose_announcement_was_lost_reaches_the_owner(processes: Processes) -> None:
    owner = await processes.start("owner", seconds=1.0)
    row = await owner.storage.start(owner="owner")
    await sql(
        owner,
        f"INSERT INTO inbox (execution_id, at, kind, data) VALUES ('{row.id}', 1, 'cancel', '{{\"reason\": \"x\"}}')",
    )
    assert owner.storage.woken == []
    await until(lambda: owner.storage.woken == [row.id])
    # Told once of what it has not answered, and again of something new.
    await owner.storage.journal.post(row.id, "pause", {}, actor=LOCAL_ADMIN)
    await until(lambda: len(owner.storage.woken) == 3)
    (lease_until,) = await lease_of(owner, "owner")
    async with asyncio.timeout(20):
        while (await lease_of(owner, "owner"))[0] < lease_until + 1_000_000:
            await asyncio.sleep(0.01)
    assert len(owner.storage.woken) == 3


async def test_a_request_to_one_that_was_just_let_go_of_is_found(processes: Processes) -> None:
    here = await processes.start("here")
    row = await here.storage.start(owner="here")
    assert await here.storage.journal.append(append_of(row.id, 2, ExecutionWaiting(), release=Release()))
    await sql(here, f"INSERT INTO inbox (execution_id, at, kind, data) VALUES ('{row.id}', 1, 'cancel', '{{}}')")
    assert [claim.row.id for claim in await here.due()] == [row.id]


async def test_a_request_and_a_release_at_once(processes: Processes) -> None:
    owner, asker = await processes.start("owner"), await processes.start("asker")
    rows = [await owner.storage.start(owner="owner") for _ in range(60)]

    async def let_go(execution_id: str, turn: int) -> bool:
        for _ in range(turn % 7):
            await asyncio.sleep(0)
        return await owner.storage.journal.append(append_of(execution_id, 2, ExecutionWaiting(), release=Release()))

    async def ask(execution_id: str, turn: int) -> None:
        for _ in range(turn % 5):
            await asyncio.sleep(0)
        await asker.storage.journal.post(execution_id, "cancel", {}, actor=LOCAL_ADMIN)

    releases = [let_go(row.id, turn) for turn, row in enumerate(rows)]
    requests = [ask(row.id, turn) for turn, row in enumerate(rows)]
    released, _ = await asyncio.gather(asyncio.gather(*releases), asyncio.gather(*requests))
    due = {claim.row.id for claim in await asker.due()}
    for row, gone in zip(rows, released, strict=True):
        if gone:
            assert row.id in due, "asked and let go of, and nobody knows"
        else:
            assert (await asker.storage.executions.get(row.id)).owner == "owner"


async def test_limits_hold_over_all_processes(processes: Processes) -> None:
    limit, ended, total = 3, 0, 45
    all_of_them = [await processes.start(f"process {n}") for n in range(3)]
    watcher = (await processes.start("watcher")).storage

    async def look() -> None:
        while ended < total:
            assert len(await watcher.executions.slot_holders("k")) <= limit

    async def create(process: Process) -> None:
        for number in range(total // 3):
            owner = process.name if number % 2 else None
            row = await process.storage.start(owner=owner, slot=Slot("k", limit), priority=number % 2)
            if row.owner is not None:
                await finish(process, row.id, row.epoch)

    async def finish(process: Process, execution_id: str, epoch: int) -> None:
        nonlocal ended
        await process.storage.journal.append(append_of(execution_id, 2, NodeProgress("a", 1, 1), epoch=epoch))
        change = Change("succeeded", ended_at=AT)
        batch = append_of(execution_id, 3, ExecutionSucceeded({}), epoch=epoch, change=change)
        await process.storage.journal.append(batch)
        ended += 1

    async def drive(process: Process) -> None:
        while ended < total:
            claims = await process.due(limit=2)
            await asyncio.gather(*(finish(process, claim.row.id, claim.row.epoch) for claim in claims))

    async with asyncio.timeout(90):
        await asyncio.gather(look(), *map(create, all_of_them), *map(drive, all_of_them))
    assert await watcher.journal.unfinished() == 0


async def test_places_of_resources_are_counted_over_all_processes(processes: Processes) -> None:
    here, there = await processes.start("here", seconds=1.5), await processes.start("there")
    ours = here.storage.database.slots(here, here.storage.freed.append)
    theirs = there.storage.database.slots(there, there.storage.freed.append)
    takes = [slots.take("r", limit=5, holder=f"{n}") for n in range(20) for slots in (ours, theirs)]
    # The same holder may ask twice, and then has one place.
    assert len(set(await ours.holders("r"))) == 0
    answers = await asyncio.gather(*takes)
    holders = list(await ours.holders("r"))
    assert len(holders) == 5
    assert sum(answers) >= 5
    assert list(await theirs.holders("r")) == holders
    # Who asks last has it: an execution that was taken over asks again.
    assert all([await ours.take("r", limit=5, holder=holder) for holder in holders])
    await theirs.give_back("r", holder=holders[0])
    assert sorted(await theirs.holders("r")) == sorted(holders)
    await ours.give_back("r", holder=holders[0])
    await until(lambda: there.storage.freed == ["r"])
    assert here.storage.freed == []
    assert await theirs.take("r", limit=5, holder="new")
    # What a dead process holds is free.
    assert await ours.take("only", limit=1, holder="x")
    assert not await theirs.take("only", limit=1, holder="y")
    await processes.die(here)
    async with asyncio.timeout(20):
        while not await theirs.take("only", limit=1, holder="y"):
            await asyncio.sleep(0.01)
    assert list(await theirs.holders("only")) == ["y"]


async def test_what_one_publishes_the_other_runs(processes: Processes) -> None:
    here, there = await processes.start("here"), await processes.start("there")

    async def save(process: Process, value: int) -> None:
        workflow = Workflow("nightly", nodes={"a": Node("data.set@1", {"value": value})})
        await process.storage.workflows.save(workflow, publish=True, expected_version=None, actor=LOCAL_ADMIN)

    await save(here, 1)
    assert (await there.storage.workflows.get("nightly")).published == 1
    await save(here, 2)
    assert (await there.storage.workflows.get("nightly")).published == 2
    assert (await there.storage.workflows.get("nightly", 1)).published == 2
    await save(there, 3)
    assert (await here.storage.workflows.get("nightly")).version == 3
    await asyncio.gather(*(save(process, value) for value in range(10, 20) for process in (here, there)))
    versions = (await here.storage.workflows.versions("nightly")).items
    assert [line.version for line in versions] == list(range(len(versions), 0, -1))
    await here.storage.workflows.delete("nightly", actor=LOCAL_ADMIN)
    with pytest.raises(Exception, match="was deleted"):
        await there.storage.workflows.get("nightly")


async def test_first_versions_at_once(processes: Processes) -> None:
    here, there = await processes.start("here"), await processes.start("there")

    async def save(process: Process, name: str, value: int) -> int:
        workflow = Workflow(name, nodes={"a": Node("data.set@1", {"value": value})})
        saved, _ = await process.storage.workflows.save(
            workflow, publish=True, expected_version=None, actor=LOCAL_ADMIN
        )
        return saved.version

    for turn in range(10):
        versions = await asyncio.gather(save(here, f"w{turn}", 1), save(there, f"w{turn}", 2))
        assert sorted(versions) == [1, 2]


async def test_one_idempotency_key_in_two_processes(processes: Processes) -> None:
    here, there = await processes.start("here"), await processes.start("there")
    for turn in range(10):
        starts = [
            process.storage.journal.create(new_execution(idempotency_key=f"k{turn}"), actor=LOCAL_ADMIN)
            for process in (here, there)
            for _ in range(3)
        ]
        answers = await asyncio.gather(*starts)
        assert len({row.id for row, _ in answers}) == 1
        assert sum(fresh for _, fresh in answers) == 1
