"""Probing one candidate: described in a child, its text captured, and then imported here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from concertmaster.nodes.candidates import DECLARATIONS, Candidate
from concertmaster.nodes.description import Description, Failure, TypeDescription
from concertmaster.nodes.loader import deferred, load_all
from concertmaster.nodes.module_files import StoredFiles, digest, hash_of
from concertmaster.nodes.registry import DeferredType

Describe = Callable[[Candidate], Description | Failure]
_TRIES = 3
# What a module does when it is imported may well be different the next time: these are tried again with every change.
_RETRIED = (
    "registry.no_process",
    "registry.import_failed",
    "node.bad_description",
    "node.code_changed",
    "node.bad_module",
)


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of a candidate.

    Attributes:
        files: what `latest` was made of; None for an entry point, and for a failure.
        hash: of the files.
        types: in the order of `latest.types`.
    """

    latest: Description | Failure
    hash: str = ""
    files: StoredFiles | None = None
    types: tuple[DeferredType, ...] = ()

    @property
    def described(self) -> tuple[TypeDescription, ...]:
        """What it offers; nothing after a failure."""
        return self.latest.types if isinstance(self.latest, Description) else ()


def probe(candidate: Candidate, describe: Describe, *, load_seconds: float | None) -> Probed:
    """Describe a candidate, and import it in this process too. Blocks.

    Args:
        load_seconds: how long that import may take; None: leave it to whoever needs a type first.
    Raises:
        OSError: no child process can be started.
    """
    latest, files, tries = describe(candidate), None, 1
    while isinstance(latest, Description) and candidate.folder is not None:
        files = capture(candidate, latest)
        if files is not None:
            break
        if tries == _TRIES:
            told = f"{candidate.place}: it is written again and again while it is read; save it once more\n"
            return Probed(Failure("registry.import_failed", told, candidate.place))
        latest, tries = describe(candidate), tries + 1
    if isinstance(latest, Failure):
        return Probed(latest)
    hash_ = hash_of(latest.digests)
    types = tuple(deferred(type_, files, hash_) for type_ in latest.types)
    failure = None if load_seconds is None else load_all(types, candidate, seconds=load_seconds)
    return Probed(latest, hash_, files, types) if failure is None else Probed(failure)


def capture(candidate: Candidate, described: Description) -> StoredFiles | None:
    """The files that a description was made of; None when they have changed since, and for an entry point."""
    if candidate.folder is None:
        return None
    found: dict[str, bytes] = {}
    for name, hash_ in described.digests.items():
        text = _read(Path(candidate.folder, name))
        if text is None or digest(text) != hash_:
            return None
        found[name] = text
    return StoredFiles(candidate.folder, found)


def unchanged(candidate: Candidate, digests: Mapping[str, str]) -> bool:
    """Whether the files of a candidate of a folder are those with these hashes, and no more."""
    if candidate.folder is None or not digests or candidate.file not in digests:
        return False
    if candidate.file.endswith("/__init__.py"):
        below = Path(candidate.folder, candidate.module).rglob("*.py")
        if any(str(path.relative_to(candidate.folder)) not in digests for path in below):
            return False
    texts = {name: _read(Path(candidate.folder, name)) for name in digests}
    return all(text is not None and digest(text) == digests[name] for name, text in texts.items())


def own_files(candidate: Candidate) -> tuple[tuple[str, int, int], ...]:
    """Name, time of change (ns) and size of the files of a candidate of a folder: other ones, other result."""
    if candidate.folder is None:
        return ()
    root = Path(candidate.folder)
    package = candidate.file.endswith("/__init__.py")
    return _stamps(root, (root / candidate.module).rglob("*.py") if package else [root / candidate.file])


def all_files(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """The same of everything in a folder."""
    declarations = (path for suffix in DECLARATIONS for path in folder.glob(f"*{suffix}"))
    return _stamps(folder, [*folder.rglob("*.py"), *declarations])


def _stamps(root: Path, paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """See `own_files`."""
    found: list[tuple[str, int, int]] = []
    for path in paths:
        try:
            told = path.stat()
        except OSError:
            continue
        found.append((str(path.relative_to(root)), told.st_mtime_ns, told.st_size))
    return tuple(sorted(found))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def is_stale(candidate: Candidate, latest: Description | Failure | None, stamp: object) -> bool:
    """Whether a candidate may tell something else now."""
    if isinstance(latest, Description):
        return candidate.folder is not None and not unchanged(candidate, latest.digests)
    # A module that hangs or crashes is left alone until it changes; any other may have missed a file of others.
    return latest is None or latest.code in _RETRIED or own_files(candidate) != stamp
