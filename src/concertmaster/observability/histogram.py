"""Histogram: counts by upper bound, cheap to add to, made into what Prometheus wants when it asks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prometheus_client.core import HistogramMetricFamily

PREFIX = "concertmaster"


@dataclass(slots=True)
class Histogram:
    """Counts by upper bound, in seconds or pieces."""

    bounds: Sequence[float]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """Count one."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative counts, as Prometheus wants them."""
        found: list[tuple[str, float]] = []
        so_far = 0
        for bound, count in zip([*map(str, self.bounds), "+Inf"], self.counts, strict=True):
            so_far += count
            found.append((bound, so_far))
        return found


def histogram_family(
    name: str, text: str, found: Iterable[tuple[Sequence[str], Histogram]], labels: Sequence[str] = ()
) -> HistogramMetricFamily:
    """Histograms by the values of labels, as many in each entry of `found` as there are labels."""
    family = HistogramMetricFamily(f"{PREFIX}_{name}", text, labels=labels)
    for values, histogram in found:
        family.add_metric(values, histogram.buckets(), histogram.total)
    return family


@dataclass(slots=True)
class Histograms:
    """One histogram for each value of labels, made with its first number."""

    bounds: Sequence[float]
    found: dict[tuple[str, ...], Histogram] = field(default_factory=lambda: dict[tuple[str, ...], Histogram]())

    def add(self, labels: tuple[str, ...], value: float) -> None:
        """Count one."""
        histogram = self.found.get(labels)
        if histogram is None:
            histogram = self.found[labels] = Histogram(self.bounds)
        histogram.add(value)
