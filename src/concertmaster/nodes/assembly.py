"""Assembly: one snapshot out of what all candidates have told; pure, so that a reload is the same as a start.

A type id belongs to whoever serves it already, then to whoever comes first. A source whose newest version cannot be
taken keeps serving its last good one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from concertmaster.domain.spec_changes import spec_changes
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.description import Description, Failure, TypeDescription

SCHEMA_CHANGED = "node.schema_changed"
ALREADY_DEFINED = "node.already_defined"
BUILT_IN = "builtin:built-in"


@dataclass(frozen=True, slots=True)
class Served:
    """A node type of a source, and the code that it comes from.

    Attributes:
        hash: of the files it was described with (`module_files.hash_of`).
        retained: the newest version of its source does not have it any more.
    """

    type: TypeDescription
    hash: str
    retained: bool = False

    @property
    def reference(self) -> str:
        """`type@version`."""
        return self.type.spec.reference


@dataclass(frozen=True, slots=True)
class Told:
    """What a candidate has told last, and what of it is in service.

    Attributes:
        latest: None as long as it has told nothing.
        hash: of the files of `latest`.
        good: what is in service of it.
        unused: `type@version` that nobody uses, so that they may change in place.
    """

    candidate: Candidate
    latest: Description | Failure | None = None
    hash: str = ""
    good: tuple[Served, ...] = ()
    unused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assembled:
    """A candidate in a snapshot; `failure` says why its newest version is not in it."""

    told: Told
    served: tuple[Served, ...] = ()
    failure: Failure | None = None


def assemble(told: Sequence[Told], *, builtin: Collection[str], accept: Collection[str] = ()) -> list[Assembled]:
    """Decide about every candidate.

    Args:
        told: in order of precedence.
        builtin: `type@version` of the built-ins.
        accept: names of candidates whose types may change in place, this once.
    """
    owners = dict.fromkeys(builtin, BUILT_IN)
    for one in told:
        for reference in _kept(one):
            owners.setdefault(reference, one.candidate.key)
    found: list[Assembled] = []
    for one in told:
        failure = _refusal(one, owners, accept)
        served = one.good if failure is not None else _accepted(one)
        mine = tuple(s for s in served if owners.setdefault(s.reference, one.candidate.key) == one.candidate.key)
        found.append(Assembled(one, mine, failure))
    return found


def _kept(one: Told) -> set[str]:
    """What a source serves and goes on serving."""
    before = {served.reference for served in one.good}
    if not isinstance(one.latest, Description):
        return before
    return before & {type_.spec.reference for type_ in one.latest.types}


def _accepted(one: Told) -> tuple[Served, ...]:
    """The types of the newest version, and older versions of the same ids that it has left out."""
    if not isinstance(one.latest, Description):
        return one.good
    now = [Served(type_, one.hash) for type_ in one.latest.types]
    references, ids = {served.reference for served in now}, {served.type.spec.id for served in now}
    newest = {id_: max(s.type.spec.version for s in now if s.type.spec.id == id_) for id_ in ids}
    left = [
        Served(served.type, served.hash, retained=True)
        for served in one.good
        if served.reference not in references and served.type.spec.version < newest.get(served.type.spec.id, 0)
    ]
    return (*now, *left)


def _refusal(one: Told, owners: Mapping[str, str], accept: Collection[str]) -> Failure | None:
    """Why the newest version of a candidate cannot be taken."""
    if not isinstance(one.latest, Description):
        return one.latest
    changed = None if one.candidate.name in accept else _changed(one, one.latest)
    return _doubled(one, one.latest, owners) or changed


def _doubled(one: Told, latest: Description, owners: Mapping[str, str]) -> Failure | None:
    seen: set[str] = set()
    for type_ in latest.types:
        reference = type_.spec.reference
        owner = owners.get(reference, one.candidate.key)
        if reference in seen or owner != one.candidate.key:
            who = "this source, twice" if reference in seen else f"'{owner.partition(':')[2]}'"
            return Failure(
                ALREADY_DEFINED,
                f"{type_.file}:{type_.line}: the node type {reference} is defined by {who}; give it an id of its own "
                "with @node(id=...)\n",
                type_.file,
                type_.line,
                latest.digests,
            )
        seen.add(reference)
    return None


def changed_in_place(one: Told) -> dict[str, list[str]]:
    """What would break for those who use a type: by `type@version`, where its newest description breaks something."""
    if not isinstance(one.latest, Description):
        return {}
    before: Mapping[str, Served] = {served.reference: served for served in one.good}
    found: dict[str, list[str]] = {}
    for type_ in one.latest.types:
        old = before.get(type_.spec.reference)
        changes = [] if old is None else spec_changes(old.type.spec, type_.spec)
        if breaking := [change.message for change in changes if change.breaking]:
            found[type_.spec.reference] = breaking
    return found


def _changed(one: Told, latest: Description) -> Failure | None:
    changes = {reference: told for reference, told in changed_in_place(one).items() if reference not in one.unused}
    type_ = next((type_ for type_ in latest.types if type_.spec.reference in changes), None)
    if type_ is None:
        return None
    newest = max(served.type.spec.version for served in one.good if served.type.spec.id == type_.spec.id)
    return Failure(
        SCHEMA_CHANGED,
        f"{type_.file}:{type_.line}: {type_.spec.reference} is in service and would change under the "
        f"workflows that use it: {'; '.join(changes[type_.spec.reference])}. Say @node(version={newest + 1}): the "
        "former version stays in service for those that have it. To change it in place all the same: "
        f"concertmaster nodes reload --accept {one.candidate.name}\n",
        type_.file,
        type_.line,
        latest.digests,
    )
