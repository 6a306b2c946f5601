"""Opening the registry: with what the settings say, for a server or for one look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from concertmaster.config import Settings
from concertmaster.executors.driving import running
from concertmaster.executors.probe import Prober
from concertmaster.executors.probe_process import ProbeSettings
from concertmaster.nodes import code_store
from concertmaster.nodes.code_store import CodeStore
from concertmaster.nodes.loader import kept_type
from concertmaster.nodes.registry import DeferredType
from concertmaster.observability.registry_metrics import RegistryMetrics
from concertmaster.registering.live import LiveRegistry
from concertmaster.registering.load_settings import LoadSettings
from concertmaster.registering.watching import watch

MEMORY_FILE = "registry.json"
# More than most machines need, because modules that hang use no processor.
_PROCESSES = 4


@asynccontextmanager
async def open_registry(
    settings: Settings, metrics: RegistryMetrics, *, keep: bool, hot: bool, early: bool = False
) -> AsyncGenerator[LiveRegistry]:
    """The registry, loaded.

    Args:
        keep: remember what is in service in the data folder; for whoever holds that.
        hot: look at files that change, as long as the block goes on.
        early: begin with the block, and load meanwhile; see `LiveRegistry.loaded`.
    Raises:
        UserError: the mode is `static`, and there is no manifest that can be read.
    """
    seconds = settings.registry_timeout.total_seconds()
    prober = Prober(ProbeSettings(seconds, settings.registry_memory, _PROCESSES))
    load = LoadSettings(
        workspace=settings.resolved_workspace,
        mode=settings.registry_mode,
        manifest=settings.resolved_workspace / settings.registry_manifest.expanduser(),
        memory=settings.resolved_data_dir / MEMORY_FILE,
        keep=keep,
        store=_store(settings),
        budget=settings.registry_budget,
        seconds=seconds,
        processes=_PROCESSES,
        programs=settings.shell_allow,
        load=keep,
    )
    registry = LiveRegistry(load, prober.describe, metrics)
    try:
        # Without a manifest there is no start, and with one it takes no time.
        if not early or settings.registry_mode == "static":
            await registry.start()
        # What is frozen stays as it is, whatever is saved.
        watched = hot and settings.registry_mode == "dynamic"
        async with running(_load_and_watch(registry, settings.resolved_workspace, hot=watched)):
            yield registry
    finally:
        await asyncio.to_thread(prober.close)
        await registry.close()


async def _load_and_watch(registry: LiveRegistry, workspace: Path, *, hot: bool) -> None:
    if not registry.loaded.is_set():
        await registry.start()
    if hot:
        await watch(registry, workspace)


def kept_types(settings: Settings) -> Callable[[str, str], DeferredType | None]:
    """Gives types that were in service once, by `type@version` and hash; see `nodes.loader.kept_type`."""
    return partial(kept_type, _store(settings))


def _store(settings: Settings) -> CodeStore:
    return CodeStore(settings.resolved_data_dir / code_store.FOLDER)


async def read_registry(settings: Settings) -> LiveRegistry:
    """What node types there are, without importing them here and without writing anything."""
    async with open_registry(settings, RegistryMetrics(), keep=False, hot=False) as registry:
        return registry
