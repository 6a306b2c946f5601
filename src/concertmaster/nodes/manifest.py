"""Manifest: a whole registry as one file: what each source offers and the code behind it.

`concertmaster nodes freeze` writes one for the workspace; the server keeps one of its own, so that the last good
version of each source survives a restart and what has not changed is not probed again.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import orjson

from concertmaster.domain.errors import ConcertMasterError, UserError
from concertmaster.nodes.assembly import Served
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.description import TypeDescription
from concertmaster.nodes.module_files import StoredFiles

FORMAT = 1


@dataclass(frozen=True, slots=True)
class ManifestSource:
    """A source, what it serves, and the hashes of the files that its newest accepted version was made of."""

    candidate: Candidate
    served: tuple[Served, ...]
    hash: str
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Sources in order of precedence.

    Attributes:
        code: the files of folder sources by hash.
        made_with: versions that descriptions depend on.
    """

    sources: tuple[ManifestSource, ...] = ()
    code: Mapping[str, StoredFiles] = field(default_factory=lambda: {})
    made_with: Mapping[str, str] = field(default_factory=lambda: made_with())

    @property
    def current(self) -> bool:
        """Whether its descriptions are those that this release and this Python would make."""
        return self.made_with == made_with()

    def types_of(self, hash_: str) -> list[TypeDescription]:
        """What is served of the code with this hash."""
        return [one.type for source in self.sources for one in source.served if one.hash == hash_]

    def write(self, path: Path, *, workspace: Path) -> None:
        """Write it, whole or not at all; equal manifests give equal files, wherever the workspace is.

        Raises:
            OSError: it cannot be written.
        """
        data = {
            "concertmaster_nodes": FORMAT,
            "made_with": dict(self.made_with),
            "sources": [_source_json(_moved(source, partial(_relative, workspace))) for source in self.sources],
            "code": {
                hash_: StoredFiles(_relative(workspace, files.folder), files.files).as_json()
                for hash_, files in self.code.items()
            },
        }
        text = orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as unfinished:
            unfinished.write(text + b"\n")
            unfinished.flush()
            os.fsync(unfinished.fileno())
        Path(unfinished.name).chmod(0o644)
        Path(unfinished.name).replace(path)


def made_with() -> dict[str, str]:
    """The versions that a description depends on."""
    return {
        "concertmaster": version("concertmaster"),
        "pydantic": version("pydantic"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


def read_manifest(path: Path, *, workspace: Path) -> Manifest:
    """Read one.

    Raises:
        UserError: `registry.no_manifest`, `registry.bad_manifest`.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UserError(
            "registry.no_manifest",
            f"There is no manifest of node types at {path} ({error.strerror}); write it with `concertmaster nodes "
            "freeze`, or set registry_mode to dynamic",
        ) from error
    try:
        data = orjson.loads(text)
        if data["concertmaster_nodes"] != FORMAT:
            raise ValueError(f"format {data['concertmaster_nodes']} is not known here")
        return Manifest(
            tuple(_moved(_source_of(source), partial(_absolute, workspace)) for source in data["sources"]),
            _code(data["code"], workspace),
            {str(name): str(value) for name, value in data["made_with"].items()},
        )
    except (ConcertMasterError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            "registry.bad_manifest",
            f"{path} is no manifest of node types ({error}); write it anew with `concertmaster nodes freeze`",
        ) from error


def _code(data: Mapping[str, Any], workspace: Path) -> dict[str, StoredFiles]:
    found: dict[str, StoredFiles] = {}
    for hash_, files in data.items():
        stored = StoredFiles.from_json(cast("Mapping[str, object]", files))
        found[str(hash_)] = StoredFiles(_absolute(workspace, stored.folder), stored.files)
        if stored.hash != hash_:
            raise ValueError(f"the code {hash_[:12]} is not what it was")
    return found


def _relative(workspace: Path, path: str) -> str:
    return str(Path(path).relative_to(workspace)) if path and Path(path).is_relative_to(workspace) else path


def _absolute(workspace: Path, path: str) -> str:
    return str(workspace / path) if path else path


def _moved(source: ManifestSource, move: Callable[[str], str]) -> ManifestSource:
    """The source with other paths: a manifest is for every place that the workspace is at."""
    candidate, served = source.candidate, source.served
    if candidate.folder is None:
        return source
    return replace(
        source,
        candidate=replace(candidate, folder=move(candidate.folder)),
        served=tuple(replace(one, type=replace(one.type, file=move(one.type.file))) for one in served),
    )


def _source_json(source: ManifestSource) -> dict[str, Any]:
    return {
        "candidate": source.candidate.as_json(),
        "served": [{"type": one.type.as_json(), "hash": one.hash, "retained": one.retained} for one in source.served],
        "hash": source.hash,
        "digests": dict(source.digests),
    }


def _source_of(data: Mapping[str, Any]) -> ManifestSource:
    served = tuple(
        Served(TypeDescription.from_json(one["type"]), str(one["hash"]), bool(one["retained"]))
        for one in data["served"]
    )
    return ManifestSource(Candidate.from_json(data["candidate"]), served, str(data["hash"]), dict(data["digests"]))
