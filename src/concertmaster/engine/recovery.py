"""At start: hand every execution that is not at its end to a runner."""

from __future__ import annotations

from concertmaster.domain.interfaces import Journal, Placement


async def recover(journal: Journal, placement: Placement) -> int:
    """Submit all unfinished executions; those driven already are left alone.

    Returns:
        How many there were.
    """
    unfinished = await journal.unfinished()
    for execution_id in unfinished:
        placement.submit(execution_id)
    return len(unfinished)
