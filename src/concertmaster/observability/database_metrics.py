"""Metrics of the database: how long its reads and writes take, by name, and how many wait for a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from concertmaster.observability.histogram import PREFIX, Histograms, histogram_family

QUERY_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class DatabaseMetrics(Collector):
    """Histograms since the process started, and the reading connections of now.

    Args:
        readers: the reading connections there are, and the reads that have one or wait for one.
    """

    def __init__(self, readers: Callable[[], tuple[int, int]]) -> None:
        self._readers = readers
        self._waited = Histograms(QUERY_SECONDS)
        self._took = Histograms(QUERY_SECONDS)
        self._lock = Lock()

    def read(self, name: str, waited_seconds: float, took_seconds: float) -> None:
        """A read is done; `name` is that of the method that asked. Called in the threads that read."""
        with self._lock:
            self._waited.add((), waited_seconds)
            self._took.add((name,), took_seconds)

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        with self._lock:
            text = "Seconds that a read of the database took once it had a connection."
            yield histogram_family("database_read_seconds", text, self._took.found.items(), ["name"])
            text = "Seconds that a read of the database waited for a connection."
            yield histogram_family("database_read_wait_seconds", text, self._waited.found.items())
        size, asking = self._readers()
        pool = GaugeMetricFamily(f"{PREFIX}_database_readers", "Reading connections, by state.", labels=["state"])
        pool.add_metric(["busy"], min(size, asking))
        pool.add_metric(["idle"], max(0, size - asking))
        yield pool
        text = "Reads that wait for a connection."
        yield GaugeMetricFamily(f"{PREFIX}_database_reads_waiting", text, value=max(0, asking - size))
