"""Book: what every candidate has told and what is in service, and the snapshot that follows from it.

Belongs to one event loop, or to one thread where there is none; it never blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from concertmaster.nodes.assembly import Assembled, Served, Told, assemble, changed_in_place
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.description import Description, Failure
from concertmaster.nodes.loader import builtin_source, builtin_types, deferred
from concertmaster.nodes.manifest import Manifest, ManifestSource
from concertmaster.nodes.module_files import StoredFiles
from concertmaster.nodes.node_type import NodeType
from concertmaster.nodes.registry import DeferredType, Registry, Source, SourceStatus
from concertmaster.registering.probing import Probed

_COMMAND = "shell.command"


@dataclass(slots=True)
class _Page:
    """One candidate; `digests` and `hash` are those of what was accepted last."""

    told: Told
    digests: dict[str, str] = field(default_factory=lambda: {})
    hash: str = ""


class Book:
    """The candidates in order of precedence."""

    def __init__(self, programs: tuple[str, ...] = ()) -> None:
        """Args:
        programs: of the machine that nodes may run.
        """
        self._builtin = [_ruled(type_, programs) for type_ in builtin_types()]
        self._pages: dict[str, _Page] = {}
        self._code: dict[str, StoredFiles] = {}
        self._types: dict[tuple[str, str, str], DeferredType] = {}
        self.probing: dict[str, Candidate] = {}

    def told(self, candidate: Candidate) -> Description | Failure | None:
        """What it has told last."""
        page = self._pages.get(candidate.key)
        return None if page is None else page.told.latest

    def keys(self) -> set[str]:
        """The candidates that there are."""
        return set(self._pages)

    def arrange(self, candidates: Iterable[Candidate]) -> None:
        """These are the candidates now, in order of precedence; others are forgotten, and what they served is gone."""
        pages: dict[str, _Page] = {}
        for candidate in candidates:
            known = self._pages.get(candidate.key)
            # A file may have become a package of the same name.
            pages[candidate.key] = _Page(Told(candidate)) if known is None else known
            pages[candidate.key].told = replace(pages[candidate.key].told, candidate=candidate)
        self._pages = pages

    def remember(self, manifest: Manifest, *, as_told: Callable[[ManifestSource], bool]) -> None:
        """Take from a manifest what its sources served.

        Args:
            as_told: whether a source would tell the same now, and need not be asked.
        """
        for source in manifest.sources:
            page = self._pages.get(source.candidate.key)
            if page is None:
                continue
            served = tuple(one for one in source.served if source.candidate.folder is None or one.hash in manifest.code)
            now = tuple(one.type for one in served if not one.retained)
            latest = Description(now, source.digests) if as_told(source) else None
            page.told = replace(page.told, latest=latest, hash=source.hash, good=served)
            page.digests, page.hash = dict(source.digests), source.hash
        self._code |= manifest.code

    def breaking(self, candidate: Candidate, latest: Description | Failure) -> frozenset[str]:
        """`type@version` of what a candidate serves and would break for its users, once it has told this."""
        page = self._pages.get(candidate.key)
        return frozenset() if page is None else frozenset(changed_in_place(replace(page.told, latest=latest)))

    def refused(self) -> list[tuple[Candidate, Description]]:
        """Candidates that are quarantined because they would break others, and what they have told."""
        found: list[tuple[Candidate, Description]] = []
        for page in self._pages.values():
            if isinstance(page.told.latest, Description) and changed_in_place(page.told):
                found.append((page.told.candidate, page.told.latest))
        return found

    def allow(self, candidate: Candidate, unused: frozenset[str]) -> None:
        """Nobody uses these types of a candidate: for the next snapshot they may change in place."""
        page = self._pages.get(candidate.key)
        if page is not None:
            page.told = replace(page.told, unused=unused)

    def note(self, candidate: Candidate, probed: Probed) -> None:
        """What came out of probing a candidate; nothing when it is gone meanwhile."""
        page = self._pages.get(candidate.key)
        if page is None:
            return
        page.told = replace(page.told, latest=probed.latest, hash=probed.hash, unused=frozenset())
        if probed.files is not None:
            self._code[probed.hash] = probed.files
        for type_ in probed.types:
            self._types[candidate.key, type_.spec.reference, probed.hash] = type_

    def snapshot(self, *, accept: Collection[str] = ()) -> Registry:
        """A new snapshot; what was accepted for it is the last good version from now on.

        Args:
            accept: names of candidates whose types may change in place, this once.
        """
        references = [type_.spec.reference for type_ in self._builtin]
        assembled = assemble([page.told for page in self._pages.values()], builtin=references, accept=accept)
        types = [self._type(one.told.candidate, served) for one in assembled for served in one.served]
        sources = [builtin_source(self._builtin)]
        for one in assembled:
            page = self._pages[one.told.candidate.key]
            page.told = replace(page.told, good=one.served, unused=frozenset())
            if one.failure is None and isinstance(page.told.latest, Description):
                page.digests, page.hash = dict(page.told.latest.digests), page.told.hash
            sources.append(self._source(one, page))
        # What is refused now may be accepted later.
        used = {served.hash for one in assembled for served in one.served}
        used |= {page.told.hash for page in self._pages.values()}
        self._code = {hash_: files for hash_, files in self._code.items() if hash_ in used}
        self._types = {key: type_ for key, type_ in self._types.items() if key[2] in used}
        return Registry([*self._builtin, *types], sources)

    def sources(self, registry: Registry) -> list[Source]:
        """Those of a snapshot; whatever is being probed says so."""
        probing = {candidate.key: candidate for candidate in self.probing.values()}
        found: list[Source] = []
        for source in registry.sources:
            under_way = probing.pop(f"{source.kind}:{source.name}", None)
            found.append(source if under_way is None else replace(source, status="probing"))
        return [*found, *(Source(one.name, one.kind, one.place, status="probing") for one in probing.values())]

    def manifest(self) -> Manifest:
        """What is in service, to be read by `remember` one day."""
        sources = tuple(
            ManifestSource(page.told.candidate, page.told.good, page.hash, page.digests)
            for page in self._pages.values()
            if page.told.good
        )
        served = {one.hash for source in sources for one in source.served}
        return Manifest(sources, {hash_: files for hash_, files in self._code.items() if hash_ in served})

    def _type(self, candidate: Candidate, served: Served) -> DeferredType:
        key = (candidate.key, served.reference, served.hash)
        known = self._types.get(key)
        if known is None:
            files = self._code[served.hash] if candidate.folder is not None else None
            known = self._types[key] = deferred(served.type, files, served.hash)
        return known

    def _source(self, one: Assembled, page: _Page) -> Source:
        candidate, failure = one.told.candidate, one.failure
        status: SourceStatus = "active" if failure is None else "quarantined"
        if one.told.latest is None:
            status = "probing"
        return Source(
            name=candidate.name,
            kind=candidate.kind,
            module=candidate.place,
            types=tuple(sorted(served.reference for served in one.served)),
            status=status,
            code=failure.code if failure else None,
            error=failure.error if failure else None,
            file=failure.file if failure else None,
            line=failure.line if failure else None,
            retained=tuple(sorted(served.reference for served in one.served if served.retained)),
            hash=page.hash if one.served else "",
        )


def _ruled(type_: NodeType | DeferredType, programs: tuple[str, ...]) -> NodeType | DeferredType:
    """The type that runs programs, with those that it may run."""
    if type_.spec.id != _COMMAND:
        return type_
    spec = replace(type_.spec, programs=programs)
    if isinstance(type_, NodeType):
        return replace(type_, spec=spec)
    return DeferredType(spec, lambda: replace(type_.resolve(), spec=spec))
