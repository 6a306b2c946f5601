"""Operations on a draft: what changed in a document, place by place, so that edits of several people come together.

A place is a JSON pointer. A change tells what was there and what is there now; either is `MISSING` for a place that did
not or does not exist. It applies where the place still holds `before`, is done already where it holds `after`, and is a
conflict anywhere else. Objects are walked into; lists and scalars are one value. The edges of a graph are a set: each
is a place of its own (`/edges/<text of the edge>`) that holds true.

Trap: `web/src/model/ops.ts` is the same in the browser. What one of the two takes for a conflict, the other must too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from concertmaster.domain.draft_places import MISSING, Place, is_edge, is_edges, is_frame, tokens
from concertmaster.domain.errors import Conflict
from concertmaster.domain.problems import pointer

# Of what conflicts show: values and characters.
MAX_TOLD = 4_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """One place of a document.

    Attributes:
        path: RFC 6901 JSON pointer, "" for the whole document.
        before, after: plain JSON, or `MISSING`.
        id: given by who made it, so that it counts once however often it is sent.
    """

    path: str
    before: Any = MISSING
    after: Any = MISSING
    id: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form used by REST and stream."""
        return {"id": self.id, "path": self.path, **_given(before=self.before, after=self.after)}


@dataclass(frozen=True, slots=True)
class Collision:
    """A change that could not be applied; `theirs` is what its place holds."""

    change: Change
    theirs: Any = MISSING

    def as_json(self) -> dict[str, Any]:
        """The form used by REST."""
        change = self.change
        told = _given(before=change.before, mine=change.after, theirs=self.theirs)
        return {"id": change.id, "path": change.path, **told}


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of changes.

    Attributes:
        document: with all that could be applied; shares with the one it was made from.
        changed: those that changed something, in order.
        unneeded: those whose `after` was there already.
    """

    document: dict[str, Any]
    changed: tuple[Change, ...]
    unneeded: tuple[Change, ...]
    conflicts: tuple[Collision, ...]


def apply(document: Mapping[str, Any], changes: Iterable[Change]) -> Applied:
    """Apply changes one after the other; the document given stays as it is.

    Args:
        document: a completed one (`complete`).
        changes: valid ones (`draft_request.demand_changes`).
    Raises:
        Conflict: `draft.too_many_conflicts`, telling them all would take too much.
    """
    working, told = _Working(document), _Told(MAX_TOLD)
    changed: list[Change] = []
    unneeded: list[Change] = []
    conflicts: list[Collision] = []
    for change in changes:
        place = tokens(change.path)
        here = working.value(place)
        reachable = change.after is MISSING or working.has_room(place)
        if reachable and not _differences(place, here, change.after):
            unneeded.append(change)
        elif reachable and not _differences(place, here, change.before):
            working.put(place, change.after)
            changed.append(change)
        else:
            conflicts.append(Collision(change, told.copy(here)))
    return Applied(working.finished(), tuple(changed), tuple(unneeded), tuple(conflicts))


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What leads from one document to another, each place once; the order of edges is no difference."""
    return _differences((), old, new)


def complete(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the parts that changes need to be there; canonical documents leave out what is empty."""
    return {**document, "nodes": document.get("nodes", {}), "edges": document.get("edges", [])}


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same: order of keys is no difference, true and 1 are one."""
    if left is right:
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        mine, theirs = cast("dict[str, Any]", left), cast("dict[str, Any]", right)
        return len(mine) == len(theirs) and all(key in theirs and same(mine[key], theirs[key]) for key in mine)
    if isinstance(left, list) and isinstance(right, list):
        ours, others = cast("list[Any]", left), cast("list[Any]", right)
        return len(ours) == len(others) and all(same(one, other) for one, other in zip(ours, others, strict=True))
    # Python has True == 1.
    return isinstance(left, bool) == isinstance(right, bool) and left == right


class _Working:
    """A document under way: what is changed is copied first, along its path, and once."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._root: dict[str, Any] = dict(document)
        # By identity; holding them keeps their identities from being given to others.
        self._owned: dict[int, dict[str, Any]] = {id(self._root): self._root}
        # Edges by their place, as sets in order: a list would be searched from its start for each one.
        self._edges: dict[Place, dict[str, None]] = {}
        self._above_edges: set[Place] = set()
        self._touched: set[Place] = set()

    def value(self, place: Place) -> Any:
        """What is there."""
        if is_edge(place):
            return True if place[-1] in (self._edge_set(place[:-1]) or ()) else MISSING
        self._settle(place)
        return self._walk(place)

    def has_room(self, place: Place) -> bool:
        """Whether something can be put there: what surrounds it is there, or is made for it (`is_frame`)."""
        if is_edge(place):
            return self._edge_set(place[:-1]) is not None
        at: Any = self._root
        for length, part in enumerate(place):
            if at is MISSING:
                if not is_frame(place[:length]):
                    return False
            elif not isinstance(at, dict):
                return False
            at = cast("dict[str, Any]", at).get(part, MISSING) if isinstance(at, dict) else MISSING
        return True

    def put(self, place: Place, value: Any) -> None:
        """Put a value there, or nothing; there is room for it."""
        if not place:
            self._root = complete(value)
            self._owned[id(self._root)] = self._root
        elif is_edge(place):
            edges = self._edge_set(place[:-1])
            assert edges is not None
            self._touched.add(place[:-1])
            if value is MISSING:
                edges.pop(place[-1], None)
            else:
                edges[place[-1]] = None
        elif value is MISSING:
            self._own(place[:-1]).pop(place[-1], None)
        else:
            self._own(place[:-1])[place[-1]] = value

    def finished(self) -> dict[str, Any]:
        """The document."""
        for place in list(self._edges):
            self._write_edges(place)
        return self._root

    def _walk(self, place: Place) -> Any:
        at: Any = self._root
        for part in place:
            at = cast("dict[str, Any]", at).get(part, MISSING) if isinstance(at, dict) else MISSING
        return at

    def _own(self, place: Place) -> dict[str, Any]:
        at = self._root
        for part in place:
            known = at.get(part, {})
            if id(known) not in self._owned:
                known = dict(cast("dict[str, Any]", known))
                self._owned[id(known)] = known
                at[part] = known
            at = known
        return at

    def _edge_set(self, place: Place) -> dict[str, None] | None:
        """The edges of a graph; None where there is none, or something else stands in their place."""
        known = self._edges.get(place)
        if known is None:
            held = self._walk(place)
            if held is MISSING and self.has_room(place):
                held = []
            if not _is_texts(held):
                return None
            known = self._edges[place] = dict.fromkeys(cast("list[str]", held))
            self._above_edges.update(place[:length] for length in range(len(place) + 1))
        return known

    def _settle(self, place: Place) -> None:
        """Before something around edges is looked at: they stand in the document again."""
        if place in self._above_edges:
            for known in [one for one in self._edges if one[: len(place)] == place]:
                self._write_edges(known)

    def _write_edges(self, place: Place) -> None:
        edges = self._edges.pop(place)
        if place in self._touched:
            self._touched.discard(place)
            self._own(place[:-1])[place[-1]] = list(edges)


def _compare(here: Place, before: Any, after: Any, found: list[Change]) -> None:
    if before is after:
        return
    if is_edges(here) and (edges := _edge_sets(before, after)) is not None:
        gone, came = edges
        found += [Change(pointer(*here, edge), before=True) for edge in gone]
        found += [Change(pointer(*here, edge), after=True) for edge in came]
        return
    frame = is_frame(here)
    old, new = (cast("Any", {}) if value is MISSING and frame else value for value in (before, after))
    if isinstance(old, dict) and isinstance(new, dict):
        was, is_ = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for key in {**was, **is_}:
            _compare((*here, key), was.get(key, MISSING), is_.get(key, MISSING), found)
    elif not same(before, after):
        found.append(Change(pointer(*here), before, after))


def _edge_sets(before: Any, after: Any) -> tuple[list[str], list[str]] | None:
    """Edges that went and that came; None where one of the two is no list of edges."""
    texts: list[dict[str, None]] = []
    for edges in (before, after):
        items: Any = [] if edges is MISSING else edges
        if not _is_texts(items):
            return None
        texts.append(dict.fromkeys(cast("list[str]", items)))
    old, new = texts
    return [edge for edge in old if edge not in new], [edge for edge in new if edge not in old]


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[Any]", value))


def _differences(place: Place, old: Any, new: Any) -> list[Change]:
    found: list[Change] = []
    _compare(place, old, new, found)
    return found


class _Told:
    """What conflicts tell of the document: copies, as what is changed later must not change them, and not too many."""

    def __init__(self, most: int) -> None:
        self._left = most

    def copy(self, value: Any) -> Any:
        self._left -= len(value) if isinstance(value, str) else 1
        if self._left < 0:
            raise Conflict(
                "draft.too_many_conflicts",
                "Too much of the draft has changed since; fetch it again, and send what is still to be changed",
            )
        if isinstance(value, dict):
            return {self.copy(key): self.copy(item) for key, item in cast("dict[str, Any]", value).items()}
        if isinstance(value, list):
            return [self.copy(item) for item in cast("list[Any]", value)]
        return value


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not MISSING}
