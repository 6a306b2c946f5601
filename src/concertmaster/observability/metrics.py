"""Metrics: numbers for Prometheus, made of committed events and of what the writer and the loop tell.

The hot path adds to plain dicts; the families that Prometheus wants are made when it asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector, CollectorRegistry

from concertmaster.domain.events import NodeFailed, NodeRetrying, NodeSucceeded
from concertmaster.domain.execution import FINAL_EXECUTION, UNFINISHED
from concertmaster.domain.interfaces import Clock, Committed, OpenExecutions
from concertmaster.domain.recent import Recent
from concertmaster.observability.histogram import PREFIX, Histogram, Histograms, histogram_family
from concertmaster.observability.http_metrics import HttpMetrics
from concertmaster.observability.stream_metrics import StreamMetrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NODE_SECONDS = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0, 300.0, 1800.0)
COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
GROUP_SIZES = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0)
LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
LAG_INTERVAL_SECONDS = 0.5
TYPES_KEPT = 512
OTHER = "(unknown)"


class Metrics(Collector):
    """All metrics of this process.

    Attributes:
        http, stream: what their doors count.
    """

    def __init__(
        self, node_types: Callable[[str, int], Mapping[str, str] | None], clock: Clock, more: Iterable[Collector] = ()
    ) -> None:
        """Args:
        node_types: the type of each node of a workflow version, None when it is not at hand.
        more: what others count.
        """
        self._node_types = node_types
        self._clock = clock
        self._types = Recent[tuple[str, int], Mapping[str, str]](TYPES_KEPT)
        self._ended: dict[str, int] = dict.fromkeys(sorted(FINAL_EXECUTION), 0)
        self._attempts: dict[tuple[str, str], int] = {}
        self._node_seconds = Histograms(NODE_SECONDS)
        self._events = 0
        self._commit_seconds = Histogram(COMMIT_SECONDS)
        self._group_sizes = Histogram(GROUP_SIZES)
        self._lag = Histogram(LAG_SECONDS)
        self._open = OpenExecutions({}, None)
        self._here: Mapping[str, float] = {}
        self.http = HttpMetrics()
        self.stream = StreamMetrics()
        self._registry = CollectorRegistry(auto_describe=False)
        # The process's memory, CPU time and open files, under the names that Prometheus gives them everywhere.
        ProcessCollector(registry=self._registry)
        for collector in (self, self.http, self.stream, *more):
            self._registry.register(collector)

    def committed(self, committed: Sequence[Committed]) -> None:
        """Count what has become durable in this process."""
        for part in committed:
            row = part.row
            self._events += len(part.events)
            if row.status in FINAL_EXECUTION and not row.hidden:
                self._ended[row.status] += 1
            types: Mapping[str, str] | None = None
            for event in part.events:
                body = event.body
                if isinstance(body, NodeSucceeded | NodeFailed):
                    types = types or self._types_of(row.workflow, row.version)
                    type_, seconds = types.get(_name(body.node), OTHER), (event.at - body.started_at).total_seconds()
                    if isinstance(body, NodeFailed):
                        self._count(type_, "failed", seconds)
                    elif body.reused is None:
                        self._count(type_, "succeeded", seconds)
                    else:
                        self._count(type_, "reused", None)
                elif isinstance(body, NodeRetrying):
                    types = types or self._types_of(row.workflow, row.version)
                    self._count(types.get(_name(body.node), OTHER), "retrying", None)

    def group_committed(self, seconds: float, jobs: int) -> None:
        """Count a group commit; called in the writer's thread, the only one that does."""
        self._commit_seconds.add(seconds)
        self._group_sizes.add(jobs)

    async def watch_loop(self) -> None:
        """Measure how late the event loop wakes, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_INTERVAL_SECONDS
            await asyncio.sleep(LAG_INTERVAL_SECONDS)
            self._lag.add(max(0.0, loop.time() - due))

    def render(self, open_: OpenExecutions, here: Mapping[str, float]) -> bytes:
        """Everything in Prometheus' text format.

        Args:
            open_: in the whole instance, at this moment.
            here: what this process has at this moment, by name.
        """
        self._open, self._here = open_, here
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        yield from self._executions()
        attempts = CounterMetricFamily(f"{PREFIX}_node_attempts", "Attempts by node type.", labels=["type", "outcome"])
        for (type_, outcome), count in self._attempts.items():
            attempts.add_metric([type_, outcome], count)
        yield attempts
        text = "Seconds from a node's start to its end."
        yield histogram_family("node_seconds", text, self._node_seconds.found.items(), ["type"])
        yield CounterMetricFamily(f"{PREFIX}_journal_events", "Events committed by this process.", value=self._events)
        for name, text, found in (
            ("commit_seconds", "Seconds that a group commit took.", self._commit_seconds),
            ("commit_group_size", "Appends, starts and requests in a group commit.", self._group_sizes),
            ("event_loop_lag_seconds", "Seconds by which the event loop woke late.", self._lag),
        ):
            yield histogram_family(name, text, [((), found)])

    def _executions(self) -> Iterator[Metric]:
        ended = CounterMetricFamily(f"{PREFIX}_executions_ended", "Executions ended here.", labels=["status"])
        for status, count in self._ended.items():
            ended.add_metric([status], count)
        yield ended
        open_ = GaugeMetricFamily(f"{PREFIX}_executions", "Executions that are not final.", labels=["status"])
        for status in UNFINISHED:
            open_.add_metric([status], self._open.by_status.get(status, 0))
        yield open_
        age = "Seconds since the oldest execution that has not started was accepted."
        yield GaugeMetricFamily(f"{PREFIX}_queue_age_seconds", age, value=self._queue_age())
        here = GaugeMetricFamily(f"{PREFIX}_process", "What this process has, by kind.", labels=["what"])
        for what, value in self._here.items():
            here.add_metric([what], value)
        yield here

    def _queue_age(self) -> float:
        oldest = self._open.oldest_queued
        return 0.0 if oldest is None else max(0.0, (self._clock.now() - oldest).total_seconds())

    def _count(self, type_: str, outcome: str, seconds: float | None) -> None:
        key = (type_, outcome)
        self._attempts[key] = self._attempts.get(key, 0) + 1
        if seconds is not None:
            self._node_seconds.add((type_,), max(0.0, seconds))

    def _types_of(self, workflow: str, version: int) -> Mapping[str, str]:
        known = self._types.get((workflow, version))
        if known is None:
            known = self._node_types(workflow, version)
            if known is None:
                return {}
            self._types.put((workflow, version), known)
        return known


def _name(node: str) -> str:
    """The name of a node in its workflow, without the item of a loop."""
    return node.partition("[")[0]
