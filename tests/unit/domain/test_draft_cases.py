"""The browser and the server agree on what edits of two people come to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from concertmaster.domain.draft_ops import apply, complete, diff
from draft_changes import read_changes

CASES: list[dict[str, Any]] = json.loads(Path(__file__).parents[2].joinpath("data/draft_cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_browser_and_server_come_to_the_same_document_and_conflicts(case: dict[str, Any]) -> None:
    # `web/src/model/ops.test.ts` reads the same cases.
    done = apply(complete(case["document"]), read_changes(case["ops"]))
    assert diff(done.document, complete(case["after"])) == []
    told = [conflict.as_json() for conflict in done.conflicts]
    assert [{key: one[key] for key in ("id", "theirs") if key in one} for one in told] == case["conflicts"]
