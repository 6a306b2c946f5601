"""Probe: have candidates described in child processes that are killed when they take too long or too much memory.

A child describes one candidate after the other, because starting one costs more than most modules. Whoever fails in a
child that has described others is asked again in one of its own, so that nobody is blamed for what others did.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from concertmaster.executors.probe_process import ProbeProcess, ProbeSettings
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.description import Description, Failure

# One child is kept for the modules that it has loaded, as whoever writes nodes saves again and again; others are not.
IDLE_SECONDS, SURPLUS_SECONDS = 600.0, 5.0
# Old versions of described modules stay in its memory.
MOST_CANDIDATES = 250


class Prober:
    """Describes candidates; may be called from many threads at once."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings
        self._places = threading.Semaphore(max(2, settings.processes))
        self._lock = threading.Lock()
        self._idle: list[ProbeProcess] = []
        self._busy: set[ProbeProcess] = set()
        self._closed = False
        # A child dies with the thread that made it: this one lives as long as the prober.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="probe-maker")

    def describe(self, candidate: Candidate) -> Description | Failure:
        """Describe one; blocks until a child is free, and then for a little longer than the time limit at most.

        Raises:
            OSError: no child can be started.
        """
        with self._places:
            child, used = self._take()
            told = self._ask(child, candidate)
            if isinstance(told, Failure) and used:
                child.end()
                child = self._start()
                told = self._ask(child, candidate)
            self._give_back(child, keep=isinstance(told, Description) and child.clean)
            return told

    def _ask(self, child: ProbeProcess, candidate: Candidate) -> Description | Failure:
        with self._lock:
            self._busy.add(child)
        try:
            return child.describe(candidate, self._settings)
        finally:
            with self._lock:
                self._busy.discard(child)

    def close(self) -> None:
        """End all children."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for child in self._busy:
                # Whoever waits for it sees that, and ends it properly.
                child.kill()
        for child in idle:
            child.end()
        self._maker.shutdown(wait=True)

    def _take(self) -> tuple[ProbeProcess, bool]:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child, True
        return self._start(), False

    def _start(self) -> ProbeProcess:
        if self._closed:
            raise OSError("no child process is started any more")
        child = self._maker.submit(ProbeProcess, self._settings.memory_bytes).result()
        try:
            child.hello()
        except BaseException:
            child.end()
            raise
        return child

    def _give_back(self, child: ProbeProcess, *, keep: bool) -> None:
        with self._lock:
            if keep and not self._closed and child.alive and child.candidates < MOST_CANDIDATES:
                seconds = SURPLUS_SECONDS if self._idle else IDLE_SECONDS
                self._idle.append(child)
                timer = threading.Timer(seconds, self._expire, (child, child.candidates))
                timer.daemon = True
                timer.start()
                return
        child.end()

    def _expire(self, child: ProbeProcess, candidates: int) -> None:
        with self._lock:
            if child not in self._idle or child.candidates != candidates:
                return
            self._idle.remove(child)
        child.end()
