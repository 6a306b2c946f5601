"""Metrics of the registry: what was registered, what was not, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from concertmaster.observability.histogram import Histogram, histogram_family

PREFIX = "concertmaster_registry"
LOAD_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True, eq=False)
class RegistryMetrics(Collector):
    """Counters since the process started, and the state of now.

    Attributes:
        registrations: node types that came into service.
        failures: sources that could not be taken, by code.
        schema_errors: schemas that were refused at registration, and configs that did not fit theirs.
        timeouts: imports that took too long.
        reloads: snapshots that were swapped in after the start.
        fallback: the manifest is served although the setting says otherwise.
    """

    registrations: int = 0
    failures: dict[str, int] = field(default_factory=lambda: {})
    schema_errors: dict[str, int] = field(default_factory=lambda: {"registration": 0, "config": 0})
    timeouts: int = 0
    reloads: int = 0
    fallback: bool = False
    load_seconds: Histogram = field(default_factory=lambda: Histogram(LOAD_SECONDS))
    types: int = 0
    sources: dict[str, int] = field(default_factory=lambda: {})

    def failed(self, code: str) -> None:
        """A source could not be taken."""
        self.failures[code] = self.failures.get(code, 0) + 1
        if code == "registry.timed_out":
            self.timeouts += 1
        if code in ("node.schema_changed", "node.bad_signature", "node.bad_description"):
            self.schema_errors["registration"] += 1

    def config_refused(self) -> None:
        """A config did not fit its schema."""
        self.schema_errors["config"] += 1

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        text = "Node types that came into service."
        yield CounterMetricFamily(f"{PREFIX}_registrations", text, value=self.registrations)
        failures = CounterMetricFamily(
            f"{PREFIX}_registration_failures", "Sources of node types that could not be taken.", labels=["code"]
        )
        for code, count in self.failures.items():
            failures.add_metric([code], count)
        yield failures
        errors = CounterMetricFamily(
            f"{PREFIX}_schema_validation_errors",
            "Schemas refused at registration, and configs that did not fit theirs.",
            labels=["at"],
        )
        for at, count in self.schema_errors.items():
            errors.add_metric([at], count)
        yield errors
        yield CounterMetricFamily(f"{PREFIX}_load_timeouts", "Imports that took too long.", value=self.timeouts)
        yield CounterMetricFamily(f"{PREFIX}_reloads", "Snapshots swapped in after the start.", value=self.reloads)
        yield histogram_family(
            "registry_load_seconds", "Seconds that a load or reload took.", [((), self.load_seconds)]
        )
        yield GaugeMetricFamily(f"{PREFIX}_types", "Node types in service, each version.", value=self.types)
        sources = GaugeMetricFamily(f"{PREFIX}_sources", "Sources of node types.", labels=["status"])
        for status, count in self.sources.items():
            sources.add_metric([status], count)
        yield sources
        text = "1 while the manifest is served because dynamic loading was in trouble."
        yield GaugeMetricFamily(f"{PREFIX}_fallback", text, value=int(self.fallback))
