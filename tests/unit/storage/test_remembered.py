"""What is remembered is never older than the last write of this process."""

from __future__ import annotations

import asyncio

from concertmaster.storage.remembered import KEPT, Remembered


async def test_an_answer_is_read_once_until_a_write() -> None:
    remembered, reads = Remembered[int](keep=True), []

    async def read() -> int:
        reads.append(1)
        return len(reads)

    assert [await remembered.get("a", read), await remembered.get("a", read)] == [1, 1]
    remembered.forget()
    assert await remembered.get("a", read) == 2


async def test_with_other_writers_about_nothing_is_remembered() -> None:
    remembered, reads = Remembered[int](keep=False), []

    async def read() -> int:
        reads.append(1)
        return len(reads)

    assert [await remembered.get("a", read), await remembered.get("a", read)] == [1, 2]


async def test_with_other_writers_about_an_answer_is_never_older_than_its_question() -> None:
    remembered, gates = Remembered[int](keep=False), [asyncio.Event(), asyncio.Event(), asyncio.Event()]
    begun: list[int] = []

    async def read() -> int:
        number = len(begun)
        begun.append(number)
        await gates[number].wait()
        return number

    first = asyncio.create_task(remembered.get("a", read))
    while not begun:
        await asyncio.sleep(0)
    later = [asyncio.create_task(remembered.get("a", read)) for _ in range(100)]
    gates[0].set()
    assert await first == 0
    while len(begun) < 2:
        await asyncio.sleep(0)
    latest = asyncio.create_task(remembered.get("a", read))
    later[0].cancel()
    for gate in gates:
        gate.set()
    assert await asyncio.gather(*later[1:]) == [1] * 99
    assert await latest == 2


async def test_a_shared_read_that_fails_fails_for_those_who_shared_it_only() -> None:
    remembered, outcomes = Remembered[int](keep=False), [1 / 2, 0]

    async def read() -> int:
        return int(1 / outcomes.pop())

    answers = await asyncio.gather(*(remembered.get("a", read) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ZeroDivisionError] * 3
    assert await remembered.get("a", read) == 2


async def test_a_read_that_a_write_overtook_is_not_kept() -> None:
    remembered, gate = Remembered[str](keep=True), asyncio.Event()

    async def old() -> str:
        await gate.wait()
        return "old"

    async def new() -> str:
        return "new"

    reading = asyncio.create_task(remembered.get("a", old))
    await asyncio.sleep(0)
    remembered.forget()
    gate.set()
    assert await reading == "old"
    assert await remembered.get("a", new) == "new"


async def test_only_the_newest_are_kept() -> None:
    remembered, reads = Remembered[int](keep=True), []

    async def read() -> int:
        reads.append(1)
        return 1

    for key in range(KEPT + 1):
        await remembered.get(key, read)
    await remembered.get(0, read)
    assert len(reads) == KEPT + 2
