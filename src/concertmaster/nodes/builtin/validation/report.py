"""The report of a validation: the same facts for programs and, in Markdown, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from concertmaster.nodes.builtin.validation.checks import Check


@dataclass(frozen=True, slots=True)
class Finding:
    """What came out of a check.

    Attributes:
        missed: rows that miss it; 0 for a fault of the table.
        examples: some of these rows, in words.
    """

    check: Check
    rows: int
    missed: int = 0
    examples: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it holds, within its tolerance."""
        return not self.check.fault and self.missed <= self.check.tolerance * self.rows

    @property
    def told(self) -> str:
        """What is wrong, in words; "" where nothing is."""
        if self.check.fault or not self.missed:
            return self.check.fault
        word = "misses" if self.missed == 1 else "miss"
        text = f"{self.missed:,} of {self.rows:,} rows {word} it ({_percent(self.missed, self.rows)})"
        if self.examples:
            text += f": {'; '.join(self.examples)}"
        return f"{text} (tolerated)" if self.passed else text

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "expectation": self.check.label,
            "passed": self.passed,
            "severity": self.check.severity,
            "missed_rows": self.missed,
            "missed_percent": round(100 * self.missed / self.rows, 2) if self.rows else 0.0,
            "problem": self.told,
        }


def report_of(findings: Sequence[Finding], *, rows: int, invalid: int) -> dict[str, Any]:
    """The report.

    Args:
        rows: of the table.
        invalid: how many of them leave through `invalid`.
    """
    failed = [one for one in findings if not one.passed and one.check.severity == "error"]
    warned = [one for one in findings if not one.passed and one.check.severity == "warning"]
    summary = f"{len(findings) - len(failed) - len(warned)} of {len(findings)} expectations are met"
    if warned:
        summary += f", {len(warned)} with a warning"
    summary += f"; {invalid:,} of {rows:,} rows are invalid"
    return {
        "passed": not failed,
        "summary": summary,
        "rows": rows,
        "valid": rows - invalid,
        "invalid": invalid,
        "failed": len(failed),
        "warnings": len(warned),
        "expectations": [one.as_json() for one in findings],
        "markdown": _markdown(findings, summary, passed=not failed),
    }


def _markdown(findings: Sequence[Finding], summary: str, *, passed: bool) -> str:
    lines = [
        f"## {'Passed' if passed else 'Failed'}: {summary}",
        "",
        "| | expectation | problem |",
        "| --- | --- | --- |",
    ]
    for one in sorted(findings, key=lambda one: one.passed):
        word = "met" if one.passed else "**failed**" if one.check.severity == "error" else "warning"
        lines.append(f"| {word} | {_cell(one.check.label)} | {_cell(one.told)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.1f} %" if share >= 0.1 else "less than 0.1 %"
