"""Laws of draft operations over random documents: what is told leads there and back, and edits elsewhere commute."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from concertmaster.domain.draft_ops import MISSING, Change, apply, complete, diff, same
from concertmaster.domain.draft_places import tokens
from draft_changes import invert

NAMES = st.sampled_from(["a", "b", "a/b", "~", "edges", "body", ""])
SCALARS = st.none() | st.booleans() | st.sampled_from([0, 1, 1.5, -1]) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
EDGES = st.lists(st.sampled_from(["a -> b", "a -> c/d", "b.error -> a", "~ -> /"]), max_size=3, unique=True)


def _node(body: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"type": st.sampled_from(["data.set@1", "flow.for_each@1"])},
        optional={"config": st.dictionaries(NAMES, VALUES, max_size=3), "title": SCALARS, "body": body},
    )


def _graph(node: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional={"nodes": st.dictionaries(NAMES, node, max_size=3), "edges": EDGES})


BODIES = st.deferred(lambda: _graph(_node(_graph(_node(st.nothing())))))
DOCUMENTS = st.builds(
    lambda graph, more: complete({**more, **graph}),
    _graph(_node(BODIES)),
    st.fixed_dictionaries({"name": st.just("w")}, optional={"title": SCALARS, "vars": VALUES, "layout": VALUES}),
)


def _equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return not diff(one, other)


@given(DOCUMENTS, DOCUMENTS)
def test_a_difference_leads_from_one_to_the_other_and_back(one: dict[str, Any], other: dict[str, Any]) -> None:
    before = deepcopy((one, other))
    changes = diff(one, other)
    there = apply(one, changes)
    assert (there.conflicts, there.unneeded) == ((), ())
    assert _equal(there.document, other)
    back = apply(there.document, [invert(change) for change in reversed(changes)])
    assert (back.conflicts, back.unneeded) == ((), ())
    assert _equal(back.document, one)
    # Nothing that was given was changed.
    assert (one, other) == before


@given(DOCUMENTS)
def test_nothing_differs_from_itself(one: dict[str, Any]) -> None:
    assert diff(one, deepcopy(one)) == []


@given(DOCUMENTS, DOCUMENTS)
def test_a_whole_document_takes_the_place_of_another(one: dict[str, Any], other: dict[str, Any]) -> None:
    done = apply(one, [Change("", one, other)])
    assert done.conflicts == ()
    assert _equal(done.document, other)
    # Somebody who does not know what was there does not overwrite it.
    odd = {**one, "title": "somebody else's"}
    refused = apply(odd, [Change("", one, other)])
    if not _equal(odd, one) and not _equal(odd, other):
        assert [conflict.theirs for conflict in refused.conflicts] == [odd]
        assert refused.document == odd


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_edits_of_different_places_commute(one: dict[str, Any], left: dict[str, Any], right: dict[str, Any]) -> None:
    mine = diff(one, left)
    theirs = [change for change in diff(one, right) if not any(_touch(change, other) for other in mine)]
    forth = apply(apply(one, mine).document, theirs)
    back = apply(apply(one, theirs).document, mine)
    assert (forth.conflicts, back.conflicts) == ((), ())
    assert _equal(forth.document, back.document)


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_a_conflict_names_the_place_and_leaves_it_as_it_is(
    one: dict[str, Any], left: dict[str, Any], right: dict[str, Any]
) -> None:
    theirs = apply(one, diff(one, right)).document
    mine = diff(one, left)
    done = apply(theirs, mine)
    for conflict in done.conflicts:
        assert conflict.change in mine
        assert same(_at(theirs, tokens(conflict.change.path)), conflict.theirs)
        above = _at(theirs, tokens(conflict.change.path)[:-1])
        assert not same(conflict.theirs, conflict.change.before) or not isinstance(above, dict)
    kept = [change for change in mine if change not in [conflict.change for conflict in done.conflicts]]
    # Whatever did not collide is there, whoever came first.
    for change in kept:
        assert same(_filled(_at(done.document, tokens(change.path))), _filled(change.after))
    assert len(done.changed) + len(done.unneeded) + len(done.conflicts) == len(mine)


@given(DOCUMENTS, DOCUMENTS)
def test_what_is_done_already_is_not_needed_again(one: dict[str, Any], other: dict[str, Any]) -> None:
    changes = diff(one, other)
    again = apply(apply(one, changes).document, changes)
    assert (again.changed, again.conflicts) == ((), ())
    assert list(again.unneeded) == changes


def _filled(value: Any) -> Any:
    """What is empty is as if it was not there, where it stands around others."""
    return MISSING if value == {} else value


def _touch(one: Change, other: Change) -> bool:
    left, right = tokens(one.path), tokens(other.path)
    shorter = min(len(left), len(right))
    return left[:shorter] == right[:shorter]


def _at(document: Any, place: tuple[str, ...]) -> Any:
    for index, part in enumerate(place):
        if isinstance(document, list):
            is_set = index + 1 == len(place) and place[index - 1] == "edges"
            return (True if part in document else MISSING) if is_set else MISSING
        if part == "edges" and index + 2 == len(place) and isinstance(document, dict) and part not in document:
            return MISSING
        if not isinstance(document, dict) or part not in document:
            return MISSING
        document = document[part]
    return document
