"""Node types that run in child processes, in a module of their own: a child has to find them by name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import polars as pl

from concertmaster import Connection, Context, Input, UserError, node


@node(id="iso.process", effect="none", isolation="process")
def process(value: Input[Any] = None) -> dict[str, Any]:
    """Who runs this."""
    return {"pid": os.getpid(), "value": value}


@node(id="iso.whisper", effect="write", isolation="process")
async def whisper(context: Context, service: Connection["http"], how: str) -> Any:  # noqa: F821, UP037
    """Give a secret away in every way there is."""
    token = service.secret("token").reveal()
    other = (await context.connection("other")).secret("password").reveal()
    if how == "raise":
        raise UserError("iso.failed", f"it is {token} {other}", token=token)
    if how == "code":
        raise UserError(f"iso.{token}", "no")
    print(f"printed {token} {other}")
    context.logger.info("logged %s %s", token, other)
    return {"token": token, "both": [f"{token}{other}"]}


@node(id="iso.missing_connection", effect="read", isolation="process")
async def missing_connection(context: Context, name: str = "nowhere") -> str:
    """Ask for what there is not, or what cannot be opened."""
    return (await context.connection(name)).name


@node(id="iso.counts", effect="none", isolation="process")
async def counts(rows: int) -> AsyncIterator[pl.DataFrame]:
    """A table in pieces."""
    for start in range(rows):
        await asyncio.sleep(0)
        yield pl.DataFrame({"n": [start]})


@node(id="iso.small", effect="none", isolation="process", memory_mb=128)
def small() -> int:
    """Take more memory than this node type may."""
    hog = [bytearray(os.urandom(1) * (8 << 20)) for _ in range(100)]
    return len(hog)


@node(id="iso.whispered_table", effect="read", isolation="process")
def whispered_table(service: Connection["http"]) -> pl.DataFrame:  # noqa: F821, UP037
    """Give a secret away in the cells of a table."""
    token = service.secret("token").reveal()
    return pl.DataFrame({"t": [f"it is {token}", "nothing", None], "hex": [token.encode().hex()] * 3, "n": [1, 2, 3]})
