"""The table of budgets: what was measured, what it may be, and whether it is."""

from __future__ import annotations

import statistics
from collections import defaultdict


class Verdicts:
    """Figures of several rounds, and the budgets that they are held against."""

    def __init__(self) -> None:
        self._rounds: defaultdict[str, list[float]] = defaultdict(list)
        self._units: dict[str, str] = {}
        self._lines: list[tuple[str, str, str, bool]] = []

    def note(self, name: str, value: float, unit: str) -> None:
        """A figure of one round; said at once, because the whole takes minutes."""
        self._rounds[name].append(value)
        self._units[name] = unit
        print(f"  {name}: {value:,.2f} {unit}", flush=True)

    def median(self, name: str) -> float:
        """Of all rounds."""
        return statistics.median(self._rounds[name])

    def below(self, name: str, most: float) -> None:
        """The figure is at most this."""
        value, unit = self.median(name), self._units[name]
        self._lines.append((name, f"{value:,.1f} {unit}", f"<= {most:,g} {unit}", value <= most))

    def ratio(self, name: str, against: str, most: float) -> None:
        """The figure is at most so many times the other."""
        value = self.median(name) / self.median(against)
        self._lines.append((f"{name} / {against}", f"{value:.2f}", f"<= {most:g}", value <= most))

    def print(self) -> bool:
        """The table, as Markdown; whether all budgets are kept."""
        print("\n| what | figure | budget | |\n| --- | ---: | ---: | --- |")
        for name, figure, budget, kept in self._lines:
            print(f"| {name} | {figure} | {budget} | {'pass' if kept else '**fail**'} |")
        return all(kept for *_, kept in self._lines)
