"""table.validate: whether a table is as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from concertmaster import Context, Table, UserError, node
from concertmaster.nodes.builtin.duck.query import Memory, Query
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB
from concertmaster.nodes.builtin.validation.checks import Check, checks_of_rows
from concertmaster.nodes.builtin.validation.expectations import Expectation
from concertmaster.nodes.builtin.validation.misses import Misses, find_misses
from concertmaster.nodes.builtin.validation.report import Finding, report_of
from concertmaster.nodes.builtin.validation.whole import checks_of_table

_SHOWN_FAILURES = 3


class Validated(TypedDict, total=False):
    """What leaves through each outlet."""

    valid: Table
    invalid: Table
    report: dict[str, Any]


@node(
    id="table.validate",
    category="tables",
    effect="read",
    outlets=("valid", "invalid", "report"),
    summary="expectations",
    icon="clipboard-check",
    title="Validate table",
)
def table_validate(
    table: Table,
    expectations: Annotated[Sequence[Expectation], Field(min_length=1)],
    decide: Literal["rows", "table"] = "rows",
    on_invalid: Literal["route", "fail"] = "route",
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
    **tables: Table,
) -> Validated:
    """Check a table against what is expected of it.

    Rows that meet every expectation leave through `valid`, the others through `invalid`, with a last column `problems`
    that says why. What is wrong with the table as a whole (columns, types, number of rows, freshness) makes all of its
    rows invalid. An outlet without rows is not taken, so `check.invalid -> alert` runs only when there is something to
    tell; an empty table that passes leaves through `valid`.

    Through `report` leaves, in any case, a report: `passed`, `summary`, `rows`, `valid`, `invalid`, `failed`,
    `warnings`, a list of the `expectations` with examples of the rows that miss them, and all of it as `markdown` for
    people. What is not met also stands in the node's log.

    A missing value meets every expectation but `not_null`, as in SQL: say both where both are meant. A column that is
    not there is a failed expectation, not an error. Wire tables for `referential` to ports of any name.

    Args:
        expectations: What has to be so.
        decide: What is valid or invalid: each of the `rows`, or only the `table` as a whole, which is also valid when
            rows miss an expectation within its tolerance.
        on_invalid: `route` through the outlets, or `fail` the node when an expectation is not met.
        memory_mb: Memory for checking; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: check-flights
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          airlines: {type: file.read, config: {path: airlines.csv}}
          check:
            type: table.validate
            config:
              expectations:
                - {expect: row_count, min: 1}
                - {expect: types, types: {month: integer}}
                - {expect: not_null, columns: [carrier, dep_delay]}
                - {expect: range, column: month, min: 1, max: 12}
                - {expect: regex, column: origin, pattern: "[A-Z]{3}"}
                - {expect: referential, columns: [carrier], table: airlines}
                - {expect: condition, condition: origin <> dest, severity: warning}
          bad: {type: file.write, config: {path: out/bad-flights.csv}}
        edges: [flights -> check, airlines -> check.airlines, check.invalid -> bad]
        outputs:
          valid: "{{ nodes.check.valid.rows }}"
          summary: "{{ nodes.check.report.summary }}"
        ```
    """
    query = Query(context, memory_mb=memory_mb, tables={"input": table, **tables})
    ((rows,),) = query.ask("SELECT count(*) FROM input")
    checks = [
        check
        for expectation in expectations
        for check in (*checks_of_table(expectation, query, rows), *checks_of_rows(expectation, query))
    ]
    misses = find_misses(query, checks, context=context, memory_mb=memory_mb, table=table)
    findings = _findings(checks, misses, rows)
    failed = [one for one in findings if not one.passed and one.check.severity == "error"]
    faults = [one.told for one in failed if one.check.holds is None]
    strict = [n for n, check in enumerate(misses.checks) if check.severity == "error"]
    whole = bool(faults) if decide == "rows" else bool(failed)
    invalid = rows if whole else misses.count_any(strict) if decide == "rows" else 0
    report = report_of(findings, rows=rows, invalid=invalid)
    _tell(findings, report["summary"], context)
    if failed and on_invalid == "fail":
        told = "; ".join(f"{one.check.label}: {one.told}" for one in failed[:_SHOWN_FAILURES])
        raise UserError("validate.failed", f"{report['summary']}. {told}", report=report)
    result = Validated(report=report)
    if invalid or whole:
        result["invalid"] = misses.with_problems(strict, faults, everything=whole)
    if not whole and (invalid < rows or not rows):
        result["valid"] = misses.others(strict) if invalid else table
    return result


def _findings(checks: Sequence[Check], misses: Misses, rows: int) -> list[Finding]:
    tried = iter(zip(misses.counts(), misses.examples(), strict=True))
    return [Finding(check, rows) if check.holds is None else Finding(check, rows, *next(tried)) for check in checks]


def _tell(findings: Sequence[Finding], summary: str, context: Context | None) -> None:
    if context is None:
        return
    for one in findings:
        if not one.passed:
            log = context.logger.error if one.check.severity == "error" else context.logger.warning
            log("%s: %s", one.check.label, one.told)
    context.logger.info("%s", summary)
