"""A bounded memory: what is used stays, what is not goes."""

from __future__ import annotations

from concertmaster.domain.recent import Recent


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    recent = Recent[str, int](2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]


def test_a_value_put_again_is_replaced_and_counts_as_used() -> None:
    recent = Recent[str, int](2)
    recent.put("a", 1)
    recent.put("b", 2)
    recent.put("a", 10)
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [10, None, 3]
