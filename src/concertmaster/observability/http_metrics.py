"""Metrics of requests: how many, how they ended, and how long they took, by route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from concertmaster.observability.histogram import PREFIX, Histograms, histogram_family

HTTP_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)
# What has no route of ours: pages, their files, and whatever somebody tries.
NO_ROUTE = "(none)"


@dataclass(slots=True, eq=False)
class HttpMetrics(Collector):
    """Counters since the process started.

    Attributes:
        open: requests that are being answered, streams and long polls among them.
    """

    open: int = 0
    requests: dict[tuple[str, str, str], int] = field(default_factory=lambda: dict[tuple[str, str, str], int]())
    seconds: Histograms = field(default_factory=lambda: Histograms(HTTP_SECONDS))

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """A request was answered.

        Args:
            route: its pattern, never the path: so there are as many as there are routes.
            seconds: until the answer had been sent; None where the client asked to be kept waiting.
        """
        key = (method, route, str(status))
        self.requests[key] = self.requests.get(key, 0) + 1
        if seconds is not None:
            self.seconds.add((method, route), seconds)

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        text = "Requests answered, by method, route and status."
        requests = CounterMetricFamily(f"{PREFIX}_http_requests", text, labels=["method", "route", "status"])
        for key, count in self.requests.items():
            requests.add_metric(key, count)
        yield requests
        text = "Seconds until a request was answered; without streams and those that asked to wait."
        yield histogram_family("http_request_seconds", text, self.seconds.found.items(), ["method", "route"])
        yield GaugeMetricFamily(f"{PREFIX}_http_requests_open", "Requests being answered.", value=self.open)
