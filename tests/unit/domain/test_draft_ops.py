"""Draft operations, case by case: what counts as the same place, and what as a conflict."""

from __future__ import annotations

from typing import Any

import pytest

from concertmaster.domain import draft_ops
from concertmaster.domain.draft_ops import MISSING, Change, apply, diff
from concertmaster.domain.draft_request import MAX_CHANGES, demand_changes, demand_client
from concertmaster.domain.errors import Conflict, Invalid, UserError

DOCUMENT: dict[str, Any] = {
    "name": "w",
    "nodes": {
        "a": {"type": "data.set@1", "config": {"value": 1}},
        "each": {"type": "flow.for_each@1", "body": {"nodes": {"b": {"type": "data.set@1"}}, "edges": ["b -> c"]}},
    },
    "edges": ["a -> each"],
}


def _done(*changes: Change) -> draft_ops.Applied:
    return apply(DOCUMENT, changes)


@pytest.mark.parametrize(
    ("change", "there"),
    [
        (Change("/title", after="Hi"), ["title"]),
        (Change("/title", after=None), ["title"]),
        (Change("/nodes/a/config/value", 1, 2), ["nodes", "a", "config", "value"]),
        (Change("/nodes/c", after={"type": "x"}), ["nodes", "c"]),
        (Change("/nodes/each/body/nodes/b/title", after="B"), ["nodes", "each", "body", "nodes", "b", "title"]),
    ],
)
def test_a_place_is_set(change: Change, there: list[str]) -> None:
    done = _done(change)
    assert done.changed == (change,)
    found: Any = done.document
    for part in there:
        found = found[part]
    assert found == change.after


def test_edges_are_a_set() -> None:
    done = _done(
        Change("/edges/a -> each", before=True),
        Change("/edges/a.error -> each", after=True),
        Change("/edges/a.error -> each", after=True),
        Change("/nodes/each/body/edges/b -> c", before=True),
        Change("/nodes/gone/body/edges/x -> y", after=True),
    )
    assert done.document["edges"] == ["a.error -> each"]
    assert done.document["nodes"]["each"]["body"]["edges"] == []
    assert (len(done.changed), len(done.unneeded)) == (3, 1)
    # There is no node: nothing that edges could be in.
    assert [conflict.change.path for conflict in done.conflicts] == ["/nodes/gone/body/edges/x -> y"]


def test_a_graph_without_edges_takes_the_first_one() -> None:
    document = {"nodes": {"each": {"body": {}}}}
    done = apply(document, [Change("/nodes/each/body/edges/a -> b", after=True)])
    assert done.document == {"nodes": {"each": {"body": {"edges": ["a -> b"]}}}}


def test_edges_and_what_is_around_them_are_one_after_the_other() -> None:
    body = {"nodes": {"b": {"type": "data.set@1"}}, "edges": ["b -> c", "c -> d"]}
    each = {"type": "flow.for_each@1", "body": body}
    done = _done(
        Change("/nodes/each/body/edges/c -> d", after=True),
        Change("/nodes/each", before=each),
        Change("/nodes/each/body/edges/c -> d", before=True, after=MISSING),
    )
    assert (len(done.changed), len(done.unneeded)) == (2, 1)
    assert "each" not in done.document["nodes"]


@pytest.mark.parametrize(
    ("change", "theirs"),
    [
        (Change("/nodes/a/config/value", 7, 8), 1),
        (Change("/nodes/a/config/value", True, 8), 1),
        (Change("/nodes/a/config/value", after=2), 1),
        (Change("/nodes/gone/config/value", 1, 2), MISSING),
        (Change("/nodes/gone/title", after="x"), MISSING),
        (Change("/nodes/a/type/deeper", after="x"), MISSING),
        (Change("/edges/a -> each/deeper", after="x"), MISSING),
        (Change("/nodes/a", {"type": "data.set@1"}), {"type": "data.set@1", "config": {"value": 1}}),
    ],
)
def test_a_conflict_tells_what_is_there_and_the_others_apply(change: Change, theirs: Any) -> None:
    done = _done(change, Change("/title", after="Hi"))
    assert [conflict.theirs for conflict in done.conflicts] == [theirs]
    assert done.document == {**DOCUMENT, "title": "Hi"}


def test_what_a_conflict_told_does_not_change_afterwards() -> None:
    done = _done(Change("/nodes/a", after={}), Change("/nodes/a/config/value", 1, 2))
    assert done.conflicts[0].theirs["config"] == {"value": 1}
    node = {"type": "data.set@1", "config": {}}
    added = Change("/nodes/n", after=node)
    _done(added, Change("/nodes/n/config/x", after=1))
    assert node == {"type": "data.set@1", "config": {}}


def test_removing_what_is_gone_is_done_already() -> None:
    done = _done(Change("/nodes/gone/title", "x"), Change("/edges/x -> y", True))
    assert (len(done.unneeded), done.conflicts) == (2, ())


def test_conflicts_are_not_told_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_ops, "MAX_TOLD", 100)
    with pytest.raises(Conflict) as caught:
        _done(*(Change("/nodes", after=number) for number in range(30)))
    assert caught.value.code == "draft.too_many_conflicts"


def test_lists_and_odd_edges_are_one_value() -> None:
    assert diff({"edges": [1]}, {"edges": ["a -> b"]}) == [Change("/edges", [1], ["a -> b"])]
    assert diff({"vars": {"x": [1, 2]}}, {"vars": {"x": [1]}}) == [Change("/vars/x", [1, 2], [1])]


def _op(**parts: Any) -> dict[str, Any]:
    return {"id": "1", "path": "/title", **parts}


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    ("op", "pointer", "code"),
    [
        (_op(path="title"), "/ops/0/path", "draft.op"),
        (_op(path="/a~2"), "/ops/0/path", "draft.op"),
        (_op(path="/a~"), "/ops/0/path", "draft.op"),
        (_op(path="/" + "x" * 5_000), "/ops/0/path", "draft.op"),
        (_op(path="/\0"), "/ops/0/path", "draft.op"),
        (_op(id=""), "/ops/0/id", "draft.op"),
        (_op(id="x" * 101), "/ops/0/id", "draft.op"),
        (_op(path="", after=[]), "/ops/0/after", "draft.op"),
        (_op(path=""), "/ops/0/after", "draft.op"),
        (_op(path="/edges/a -> b", after="yes"), "/ops/0/after", "draft.op"),
        (_op(path="/edges/a -> b", before=False), "/ops/0/before", "draft.op"),
        (_op(after=_deep(128)), "/ops/0/after", "document.too_deep"),
        (_op(path="/x/y/z", after=_deep(126)), "/ops/0/after", "document.too_deep"),
        (_op(after=float("inf")), "/ops/0/after", "document.number"),
        (_op(after={"x": "\ud800"}), "/ops/0/after/x", "document.text"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(op: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        demand_changes([op])
    assert caught.value.code == "draft.op"
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [(pointer, code)]


def test_requests_are_bounded() -> None:
    assert len(demand_changes([_op()] * MAX_CHANGES)) == MAX_CHANGES
    with pytest.raises(UserError) as caught:
        demand_changes([_op()] * (MAX_CHANGES + 1))
    assert caught.value.code == "draft.too_many_ops"
    # Each would have to be compared with all there is.
    with pytest.raises(Invalid):
        demand_changes([_op(path="", after={}), _op(path="", after={})])


def test_numbers_get_their_one_form() -> None:
    (change,) = demand_changes([_op(before=1.0, after=2e0)])
    assert (change.before, change.after) == (1, 2)


@pytest.mark.parametrize("client", ["", "server", "x" * 101, "a\0"])
def test_client_ids_that_are_refused(client: str) -> None:
    with pytest.raises(UserError) as caught:
        demand_client(client)
    assert caught.value.code == "draft.client"
