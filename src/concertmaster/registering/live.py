"""LiveRegistry: the registry in service: loaded at the start, swapped as a whole when files change.

A candidate is probed beside the loop, and only what came through is in the next snapshot. Whoever holds a snapshot, a
plan above all, keeps it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.nodes.candidates import FOLDER, Candidate, find_candidates
from concertmaster.nodes.description import Description, Failure
from concertmaster.nodes.manifest import read_manifest
from concertmaster.nodes.registry import Registry, Source
from concertmaster.observability.registry_metrics import RegistryMetrics
from concertmaster.registering.book import Book
from concertmaster.registering.load_settings import LoadSettings, Mode
from concertmaster.registering.memory import Memory
from concertmaster.registering.notices import Notices
from concertmaster.registering.probing import Describe, Probed, all_files, is_stale, own_files, probe, unchanged
from concertmaster.registering.uses import Used, Uses

# Files that are saved together come into service together, if their probes end together.
_TOGETHER_SECONDS = 0.02
_log = logging.getLogger(__name__)


class LiveRegistry:
    """Belongs to one event loop.

    Attributes:
        listeners: called on the loop after a snapshot took the place of another.
        trouble: why the manifest is served although the setting says `dynamic`.
        loaded: each module that was there at the start was tried once.
    """

    def __init__(self, settings: LoadSettings, describe: Describe, metrics: RegistryMetrics) -> None:
        self._settings = settings
        self._describe = describe
        self._notices = Notices(metrics)
        self._book = Book(settings.programs)
        self._threads = ThreadPoolExecutor(max(2, settings.processes), thread_name_prefix="probe")
        self._memory = Memory(settings)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stamps: dict[str, object] = {}
        self._folder: object = None
        self._swapping: asyncio.TimerHandle | None = None
        self._uses = Uses(self._book)
        self.listeners: list[Callable[[], None]] = []
        self.current = self._book.snapshot()
        self.trouble: str | None = None
        self.loaded = asyncio.Event()

    @property
    def mode(self) -> Mode:
        """What is served at the moment: `static` while a fallback lasts."""
        return "static" if self.trouble is not None else self._settings.mode

    def sources(self) -> list[Source]:
        """Those of the snapshot; whatever is being probed says so."""
        return self._book.sources(self.current)

    def settled(self) -> Registry:
        """The snapshot, for whoever may not miss a type. Raises OperationalError `registry.loading`."""
        if not self.loaded.is_set():
            raise OperationalError("registry.loading", "The node types are being loaded; try again in a moment")
        return self.current

    async def start(self) -> None:
        """Load everything once.

        Raises:
            UserError: the mode is `static`, and there is no manifest that can be read.
        """
        if self._settings.mode == "static":
            await self._serve()
        else:
            await self._load()
        self.loaded.set()

    async def close(self) -> None:
        """Stop probing, and wait until what is in service is kept."""
        await self._stop()
        if self._swapping is not None:
            self._swapping.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._memory.close()

    async def ask(self, used: Used) -> None:
        """From now on take types that changed in place where nobody uses them; also those that were refused so far."""
        self._uses.used = used
        if self.loaded.is_set() and self.mode == "dynamic":
            await self._uses.look_again()
            self._swap()

    async def reload(self, *, accept: Collection[str] = ()) -> None:
        """Look at everything anew, and return to dynamic loading after a fallback.

        Args:
            accept: names of sources whose types may change in place, this once.
        Raises:
            UserError: `registry.no_source`, there is no source with that name; `registry.no_manifest`.
            OperationalError: `registry.fallback`, dynamic loading is in trouble still.
        """
        self.settled()
        known = {source.name for source in self.sources()}
        if unknown := [name for name in accept if name not in known]:
            told = f"There is no source {unknown[0]}; there are {', '.join(sorted(known))}"
            raise UserError("registry.no_source", told)
        if self._settings.mode == "static":
            await self._serve()
        elif self.trouble is not None:
            await self._load()
            if self.mode != "dynamic":
                raise OperationalError("registry.fallback", self.trouble)
        else:
            await self.refresh(everything=True)
            await asyncio.gather(*self._tasks.values())
            await self._uses.look_again()
            self._swap(accept=accept)

    async def refresh(self, *, everything: bool = False) -> None:
        """Probe what has changed; answers when that has begun.

        Args:
            everything: what failed too, and entry points.
        """
        try:
            found, folder = await asyncio.to_thread(self._look)
        except OSError as error:
            _log.error("the folder of node types cannot be read", extra={"error": str(error)})
            return
        if self.mode != "dynamic" or (folder == self._folder and not everything):
            return
        self._folder = folder
        before = self._book.keys()
        self._book.arrange(found)
        told = {candidate.key: self._book.told(candidate) for candidate in found}
        stamps = dict(self._stamps)

        def stale(candidate: Candidate) -> bool:
            latest = told[candidate.key]
            if everything and (candidate.folder is None or not isinstance(latest, Description)):
                return True
            return is_stale(candidate, latest, stamps.get(candidate.key))

        for candidate in await asyncio.to_thread(lambda: [one for one in found if stale(one)]):
            self._begin(candidate)
        if before - told.keys():
            # What is gone goes at once; whatever comes instead is being probed.
            self._swap_soon()

    async def freeze(self) -> Path:
        """Write what is in service as the frozen manifest. Raises UserError `registry.not_writable`."""
        self.settled()
        path, manifest = self._settings.manifest, self._book.manifest()
        try:
            await asyncio.to_thread(manifest.write, path, workspace=self._settings.workspace)
        except OSError as error:
            raise UserError("registry.not_writable", f"{path} cannot be written: {error.strerror}") from error
        return path

    def _look(self) -> tuple[list[Candidate], object]:
        root = self._settings.workspace
        return list(find_candidates(root)), all_files(root / FOLDER)

    async def _load(self) -> None:
        """All candidates, within the budget; else what a manifest has."""
        started = time.monotonic()
        allowed = self._settings.budget.total_seconds()
        try:
            async with asyncio.timeout(allowed):
                found, self._folder = await asyncio.to_thread(self._look)
                self._book.arrange(found)
                await asyncio.to_thread(self._remember)
                for candidate in found:
                    told = self._book.told(candidate)
                    # After a fallback it is what the manifest says, whatever the files say now.
                    if told is None or (self.trouble and await asyncio.to_thread(is_stale, candidate, told, None)):
                        self._begin(candidate)
                await asyncio.gather(*self._tasks.values())
                await self._uses.look_again()
        except TimeoutError:
            await self._fall_back(f"loading the node types took more than the {allowed:g} s of registry_budget")
        except Exception as error:
            _log.exception("node types could not be loaded")
            await self._fall_back(f"loading the node types failed: {type(error).__name__}: {error}")
        else:
            self.trouble = None
            self._notices.falls_back(False)
            self._swap()
            self._notices.loaded(time.monotonic() - started)

    def _remember(self) -> None:
        """Take what was in service before the restart: it is the last good version of each source."""
        manifest = self._memory.recall()
        if manifest is not None:
            current = manifest.current
            self._book.remember(manifest, as_told=lambda one: current and unchanged(one.candidate, one.digests))

    async def _fall_back(self, reason: str) -> None:
        await self._stop()
        served = "what was loaded so far is served"
        try:
            await self._serve()
            served = f"{self._settings.manifest} is served"
        except (UserError, OSError) as error:
            _log.warning("there is no frozen manifest to fall back to", extra={"error": str(error)})
        reason = f"{reason}; {served} until `concertmaster nodes reload` succeeds"
        _log.error("dynamic loading of node types is in trouble", extra={"reason": reason})
        self.trouble = reason
        self._notices.falls_back(True)
        self._swap()

    async def _serve(self) -> None:
        """Serve the frozen manifest."""
        started = time.monotonic()
        manifest = await asyncio.to_thread(read_manifest, self._settings.manifest, workspace=self._settings.workspace)
        await asyncio.to_thread(self._memory.keep_code, manifest)
        self._book.arrange([source.candidate for source in manifest.sources])
        self._book.remember(manifest, as_told=lambda _: True)
        self._swap()
        self._notices.loaded(time.monotonic() - started)

    async def _stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._book.probing.clear()

    def _begin(self, candidate: Candidate) -> None:
        """Probe a candidate; one that is being probed already is probed once more after that."""
        if candidate.key in self._tasks:
            self._again.add(candidate.key)
            return
        self._book.probing[candidate.key] = candidate
        self._tasks[candidate.key] = asyncio.create_task(self._probe(candidate), name=f"probe-{candidate.name}")

    async def _probe(self, candidate: Candidate) -> None:
        started, key = time.monotonic(), candidate.key
        try:
            while True:
                self._again.discard(key)
                self._stamps[key], probed = await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._work, candidate
                )
                unused = await self._uses.without(candidate, probed.latest)
                if key not in self._again:
                    break
            self._book.note(candidate, probed)
            self._book.allow(candidate, unused)
        except OSError as error:
            # At the start it means that nothing can be loaded at all.
            if not self.loaded.is_set():
                raise
            self._book.note(candidate, Probed(Failure("registry.no_process", f"It cannot be tried: {error}\n")))
        finally:
            self._tasks.pop(key, None)
            self._book.probing.pop(key, None)
        if self.loaded.is_set() and self.trouble is None:
            self._swap_soon()
            self._notices.loaded(time.monotonic() - started)

    def _work(self, candidate: Candidate) -> tuple[object, Probed]:
        """Probe a candidate, in a thread."""
        stamp = own_files(candidate)
        probed = probe(candidate, self._describe, load_seconds=self._settings.seconds if self._settings.load else None)
        if probed.files is not None:
            # Before anything can run it: a child finds its code there.
            self._memory.keep_files(probed.files, probed.described)
        return stamp, probed

    def _swap_soon(self) -> None:
        if self._swapping is None:
            self._swapping = asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._swap)

    def _swap(self, accept: Collection[str] = ()) -> None:
        """Put a new snapshot into service, and keep what is in it."""
        if self._swapping is not None:
            self._swapping.cancel()
            self._swapping = None
        before, fresh = self.current, self._book.snapshot(accept=accept)
        if fresh.sources == before.sources and fresh.specs() == before.specs():
            return
        self.current = fresh
        self._notices.swapped(before, fresh, reload=self.loaded.is_set())
        if self.mode == "dynamic":
            self._memory.keep(self._book.manifest())
        for listen in self.listeners:
            listen()
