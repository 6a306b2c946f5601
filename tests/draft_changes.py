"""Changes of a draft as tests need them: read from what was told, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from concertmaster.domain.draft_ops import Change
from concertmaster.domain.draft_places import MISSING


def invert(change: Change) -> Change:
    """The change that takes it back."""
    return replace(change, before=change.after, after=change.before, id="")


def read_changes(found: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Inverse of `Change.as_json`, for what was checked when it came in."""
    return [Change(one["path"], one.get("before", MISSING), one.get("after", MISSING), one["id"]) for one in found]
