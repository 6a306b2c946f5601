"""Metrics of caches: hits and misses, by the cache's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from concertmaster.domain.recent import Looks
from concertmaster.observability.histogram import PREFIX


class CacheMetrics(Collector):
    """What caches count themselves."""

    def __init__(self, caches: Mapping[str, Looks]) -> None:
        self._caches = caches

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        text = "Times that a cache was asked, by its name and whether it knew."
        looks = CounterMetricFamily(f"{PREFIX}_cache_lookups", text, labels=["cache", "result"])
        for name, counted in self._caches.items():
            looks.add_metric([name, "hit"], counted.hits)
            looks.add_metric([name, "miss"], counted.misses)
        yield looks
