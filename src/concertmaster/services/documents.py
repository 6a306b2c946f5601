"""Documents: work on large ones is done beside the loop, so that it goes on serving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from concertmaster.domain.document import Format, Parsed, dump, parse
from concertmaster.domain.workflow import Workflow

LARGE_TEXT_BYTES = 64 * 1024
"""Documents above this are parsed and checked in a thread."""
T = TypeVar("T")


async def yaml_of(workflow: Workflow) -> str:
    """Canonical YAML text; that of a thousand nodes takes a while."""
    return await asyncio.to_thread(dump, workflow)


async def read(source: bytes, format: Format | None) -> Parsed:
    """Parse a document."""
    return await beside(partial(parse, source, format=format), len(source))


async def beside(work: Callable[[], T], size_bytes: int) -> T:
    """Do work on a document of that size: in a thread when others would notice."""
    return await asyncio.to_thread(work) if size_bytes > LARGE_TEXT_BYTES else work()
