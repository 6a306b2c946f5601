"""A bounded memory forgets what was not used for longest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from concertmaster.domain.recent import Recent

LIMIT = 10


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 12), st.booleans())))
def test_it_is_the_newest_entries_that_fit(steps: list[tuple[int, int, bool]]) -> None:
    recent, expected = Recent[int, str](LIMIT), list[tuple[int, str, int]]()
    for key, weight, look in steps:
        known = next((entry for entry in expected if entry[0] == key), None)
        if look:
            assert recent.get(key) == (None if known is None else known[1])
            entry = known
        else:
            entry = (key, f"{key}, {weight}", weight)
            recent.put(key, entry[1], weight)
        if entry is not None:
            expected = [other for other in expected if other[0] != key] + [entry]
        while len(expected) > 1 and sum(entry[2] for entry in expected) > LIMIT:
            del expected[0]
        assert recent.items() == [(key, value) for key, value, _ in expected]
