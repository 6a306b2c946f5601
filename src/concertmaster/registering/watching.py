"""Watching: the `nodes/` folder of the workspace, whether it is there yet or not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from watchfiles import Change, awatch  # pyright: ignore[reportUnknownVariableType]

from concertmaster.nodes.candidates import DECLARATIONS, FOLDER
from concertmaster.registering.live import LiveRegistry

# What the kernel did not tell, as of a folder that other machines write to, is found after this.
_LOOK_MILLISECONDS = 5_000
_STEP_MILLISECONDS = 20
_GROUP_MILLISECONDS = 200
_PAUSE_SECONDS = 1.0
_log = logging.getLogger(__name__)


async def watch(registry: LiveRegistry, workspace: Path) -> None:
    """Have the registry look at what is saved, until cancelled."""
    folder = workspace / FOLDER
    while True:
        try:
            await _watch(registry, workspace, folder)
        except (OSError, RuntimeError) as error:
            # The folder went while it was looked at, or the kernel has no watches left.
            _log.warning("node types are not watched at the moment", extra={"error": str(error)})
            await asyncio.sleep(_PAUSE_SECONDS)
            await registry.refresh()


async def _watch(registry: LiveRegistry, workspace: Path, folder: Path) -> None:
    """Watch what there is: the folder, or the workspace until it has one."""
    place = await asyncio.to_thread(_identity, folder)
    here = workspace if place is None else folder
    await registry.refresh()
    changes: AsyncGenerator[object] = awatch(
        here,
        watch_filter=_interesting if here == folder else _is_folder,
        recursive=here == folder,
        step=_STEP_MILLISECONDS,
        debounce=_GROUP_MILLISECONDS,
        rust_timeout=_LOOK_MILLISECONDS,
        yield_on_timeout=True,
    )
    async with aclosing(changes):
        async for _ in changes:
            await registry.refresh()
            if await asyncio.to_thread(_identity, folder) != place:
                # It came, it went, or another folder took its place, which nobody watches.
                return


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        told = folder.stat()
    except OSError:
        return None
    return (told.st_dev, told.st_ino) if folder.is_dir() else None


def _interesting(_: Change, path: str) -> bool:
    """Python files and declarations; what has no ending may be a folder."""
    return Path(path).suffix in (".py", *DECLARATIONS, "") and "__pycache__" not in path


def _is_folder(_: Change, path: str) -> bool:
    return Path(path).name == FOLDER
