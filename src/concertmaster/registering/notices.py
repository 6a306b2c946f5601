"""Notices: what operators are told of the registry: log lines and metrics."""

from __future__ import annotations

import logging

from concertmaster.nodes.registry import Registry
from concertmaster.observability.registry_metrics import RegistryMetrics

_log = logging.getLogger(__name__)


class Notices:
    """Compares snapshots, so that each thing is told once."""

    def __init__(self, metrics: RegistryMetrics) -> None:
        self._metrics = metrics

    def swapped(self, before: Registry, after: Registry, *, reload: bool) -> None:
        """A snapshot took the place of another."""
        known = {(spec.reference, spec.source_hash) for spec in before.specs()}
        fresh = [spec for spec in after.specs() if (spec.reference, spec.source_hash) not in known]
        self._metrics.registrations += len(fresh)
        self._metrics.reloads += reload
        self._metrics.types = len(after.specs())
        self._metrics.sources = {"active": 0, "quarantined": 0}
        told = {(source.kind, source.name, source.code, source.error) for source in before.sources}
        for source in after.sources:
            self._metrics.sources[source.status] = self._metrics.sources.get(source.status, 0) + 1
            if source.code is None or (source.kind, source.name, source.code, source.error) in told:
                continue
            self._metrics.failed(source.code)
            place = source.file or source.module
            _log.warning(
                "node types are quarantined",
                extra={
                    "source": source.name,
                    "code": source.code,
                    "place": place if source.line is None else f"{place}:{source.line}",
                    "error": (source.error or "").strip().rpartition("\n")[2],
                    "still_served": len(source.types),
                },
            )
        if reload and fresh:
            _log.info("node types reloaded", extra={"types": [spec.reference for spec in fresh][:20]})

    def loaded(self, seconds: float) -> None:
        """A load or reload has ended."""
        self._metrics.load_seconds.add(seconds)

    def falls_back(self, active: bool) -> None:
        """The manifest is served instead of what is there, or no longer."""
        self._metrics.fallback = active
