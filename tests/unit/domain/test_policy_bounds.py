"""Bounds of numbers and durations in policies: what no clock and no column can hold is a problem."""

from __future__ import annotations

import pytest

from concertmaster.domain.document import parse

NODE = "{concertmaster: 1, name: w, nodes: {n: {type: data.set, policy: {%s}}}}"
WORKFLOW = "{concertmaster: 1, name: w, policy: {%s}, nodes: {n: {type: data.set}}}"


@pytest.mark.parametrize(
    ("document", "policy", "pointer"),
    [
        (NODE, "timeout: 3000000d", "/nodes/n/policy/timeout"),
        (WORKFLOW, "timeout: 3661d", "/policy/timeout"),
        (NODE, "retry: {initial_interval: 4000d}", "/nodes/n/policy/retry/initial_interval"),
        (NODE, "retry: {maximum_interval: P500000000D}", "/nodes/n/policy/retry/maximum_interval"),
        (NODE, "retry: {backoff_coefficient: 1.0e+200}", "/nodes/n/policy/retry/backoff_coefficient"),
        (NODE, "retry: {backoff_coefficient: .inf}", "/nodes/n/policy/retry/backoff_coefficient"),
        (NODE, "retry: {backoff_coefficient: .nan}", "/nodes/n/policy/retry/backoff_coefficient"),
        (NODE, f"retry: {{maximum_attempts: 1{'0' * 400}}}", "/nodes/n/policy/retry/maximum_attempts"),
        (WORKFLOW, "priority: 2147483648", "/policy/priority"),
        (WORKFLOW, "priority: -2147483649", "/policy/priority"),
        (WORKFLOW, "concurrency: {limit: 9999999999}", "/policy/concurrency/limit"),
    ],
)
def test_what_is_out_of_bounds_is_a_problem(document: str, policy: str, pointer: str) -> None:
    assert pointer in [problem.pointer for problem in parse(document % policy).problems]


@pytest.mark.parametrize(
    ("document", "policy"),
    [
        (NODE, "timeout: 3660d"),
        (WORKFLOW, "priority: 2147483647"),
        (WORKFLOW, "priority: -2147483648"),
        (NODE, "retry: {backoff_coefficient: 1.5, maximum_attempts: 2147483647}"),
    ],
)
def test_the_bounds_themselves_are_fine(document: str, policy: str) -> None:
    assert not parse(document % policy).problems
