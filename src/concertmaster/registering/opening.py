"""Opening the registry: with what the settings say, for a server or for one look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from concertmaster.config import Settings
from concertmaster.executors.driving import running
from concertmaster.executors.probe import Prober
from concertmaster.executors.probe_process import ProbeSettings
from concertmaster.nodes import code_store
from concertmaster.nodes.code_store import CodeStore
from concertmaster.observability.registry_metrics import RegistryMetrics
from concertmaster.registering.live import LiveRegistry
from concertmaster.registering.load_settings import LoadSettings
from concertmaster.registering.watching import watch

MEMORY_FILE = "registry.json"
# More than most machines need, because modules that hang use no processor.
_PROCESSES = 4


@asynccontextmanager
async def open_registry(
    settings: Settings, metrics: RegistryMetrics, *, keep: bool, hot: bool
) -> AsyncGenerator[LiveRegistry]:
    """The registry, loaded.

    Args:
        keep: remember what is in service in the data folder; for whoever holds that.
        hot: look at files that change, as long as the block goes on.
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
        store=CodeStore(settings.resolved_data_dir / code_store.FOLDER),
        budget=settings.registry_budget,
        seconds=seconds,
        processes=_PROCESSES,
        programs=settings.shell_allow,
        load=keep,
    )
    registry = LiveRegistry(load, prober.describe, metrics)
    try:
        await registry.start()
        if hot:
            async with running(watch(registry, settings.resolved_workspace)):
                yield registry
        else:
            yield registry
    finally:
        await asyncio.to_thread(prober.close)
        await registry.close()


async def read_registry(settings: Settings) -> LiveRegistry:
    """What node types there are, without importing them here and without writing anything."""
    async with open_registry(settings, RegistryMetrics(), keep=False, hot=False) as registry:
        return registry
