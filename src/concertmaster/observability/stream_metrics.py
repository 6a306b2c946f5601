"""Metrics of the stream: who is connected, how soon an event reaches a socket, and who was too slow."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from concertmaster.observability.histogram import PREFIX, Histograms, histogram_family

DELIVERY_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)
DOORS = ("websocket", "sse", "poll")


@dataclass(slots=True, eq=False)
class StreamMetrics(Collector):
    """Counters since the process started, and connections of now, by door (`DOORS`)."""

    connections: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DOORS, 0))
    topics: int = 0
    events: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DOORS, 0))
    resyncs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DOORS, 0))
    delivery: Histograms = field(default_factory=lambda: Histograms(DELIVERY_SECONDS))

    @contextmanager
    def connected(self, door: str) -> Generator[None]:
        """Count a connection for as long as it is there."""
        self.connections[door] += 1
        try:
            yield
        finally:
            self.connections[door] -= 1

    @contextmanager
    def following(self) -> Generator[None]:
        """Count a topic that a connection follows."""
        self.topics += 1
        try:
            yield
        finally:
            self.topics -= 1

    def sent(self, door: str, events: int, committed_at: float | None, *, resync: bool = False) -> None:
        """Something was handed to a socket.

        Args:
            committed_at: when the oldest of the events was committed, as `time.monotonic` tells it; None when they
                were read from the journal.
        """
        self.events[door] += events
        self.resyncs[door] += resync
        if committed_at is not None:
            self.delivery.add((door,), time.monotonic() - committed_at)

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        connections = GaugeMetricFamily(f"{PREFIX}_stream_connections", "Connections of the stream.", labels=["door"])
        for door, count in self.connections.items():
            connections.add_metric([door], count)
        yield connections
        text = "Topics that connections follow."
        yield GaugeMetricFamily(f"{PREFIX}_stream_subscriptions", text, value=self.topics)
        for name, text, found in (
            ("events_sent", "Events handed to sockets.", self.events),
            ("resyncs", "Followers that were too slow and were told to catch up from the journal.", self.resyncs),
        ):
            family = CounterMetricFamily(f"{PREFIX}_stream_{name}", text, labels=["door"])
            for door, count in found.items():
                family.add_metric([door], count)
            yield family
        text = "Seconds from the commit of an event until it was handed to a socket, of the oldest in each frame."
        yield histogram_family("stream_delivery_seconds", text, self.delivery.found.items(), ["door"])
