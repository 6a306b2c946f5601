"""The table that `make bench-peers` prints: every peer's figures, and how often ConcertMaster's they are."""

from __future__ import annotations

from benchmarks.peers.workload import Figures

HEAD = (
    "| peer | version | linear10 one at a time, median ms | linear10 at once, executions/s | N "
    "| fan-out 1 → 100 → 1, median ms | durable |\n| --- | --- | ---: | ---: | ---: | ---: | --- |"
)


def _number(value: float) -> str:
    """Two or three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _cell(value: float | None, own: float | None) -> str:
    if value is None:
        return "–"
    return _number(value) if own is None else f"{_number(value)} ({_number(value / own)}×)"


def _row(name: str, figures: Figures | str, own: Figures | None) -> str:
    if isinstance(figures, str):
        return f"| {name} | – | not available: {figures.replace('|', '/')} | – | – | – | – |"
    cells = (
        name,
        figures.version,
        _cell(figures.linear10_ms, own and own.linear10_ms),
        _cell(figures.at_once_per_second, own and own.at_once_per_second),
        f"{figures.n:,}",
        _cell(figures.fan_out_ms, own and own.fan_out_ms),
        figures.durability,
    )
    return f"| {' | '.join(cells)} |"


def markdown(rows: dict[str, Figures | str], against: str) -> str:
    """The whole table.

    Args:
        rows: figures by name, or why there are none.
        against: the row that the others are divided by.
    """
    own = rows.get(against)
    divisor = own if isinstance(own, Figures) else None
    lines = [_row(name, figures, None if name == against else divisor) for name, figures in rows.items()]
    return "\n".join([HEAD, *lines])
