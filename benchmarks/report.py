"""The table that `make bench` prints."""

from __future__ import annotations

import os
import platform


class Report:
    """Figures with units, and ratios between them."""

    def __init__(self) -> None:
        self._figures: dict[str, tuple[float, str]] = {}
        self._ratios: list[tuple[str, str]] = []

    def set(self, name: str, value: float, unit: str) -> None:
        """Note a figure and say so at once, because the whole run takes a while."""
        self._figures[name] = (value, unit)
        print(f"  {name}: {value:,.2f} {unit}", flush=True)

    def ratio(self, name: str, against: str) -> None:
        """Also print one figure divided by another."""
        self._ratios.append((name, against))

    def print(self) -> None:
        """The whole table, as Markdown."""
        print(f"\nPython {platform.python_version()}, {os.cpu_count()} cores\n")
        print("| what | figure |\n| --- | ---: |")
        for name, (value, unit) in self._figures.items():
            print(f"| {name} | {value:,.2f} {unit} |")
        print("\n| ratio | |\n| --- | ---: |")
        for name, against in self._ratios:
            print(f"| {name} / {against} | {self._figures[name][0] / self._figures[against][0]:.2f} |")
