"""The trial as its parent sees it: watched, drained and killed, so that no node type can hold up or hurt the check."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from concertmaster.cli.authoring.findings import Finding
from concertmaster.config import PREFIX
from concertmaster.domain.redaction import Redactor
from concertmaster.executors.watched_child import WatchedChild
from concertmaster.nodes.assembly import Served
from concertmaster.nodes.candidates import FOLDER, Candidate
from concertmaster.nodes.description import Description, TypeDescription
from concertmaster.nodes.manifest import Manifest, ManifestSource
from concertmaster.nodes.module_files import StoredFiles

_MODULE = "concertmaster.cli.authoring.trial"
MANIFEST = "concertmaster-nodes.json"
MEMORY_BYTES = 3 * 2**30
_KEPT_BYTES = 256 * 1024
_SHOWN = 2_000
# Of a secret, escaped in whatever way, that was cut in two by the pipe.
_LONGEST_FORM = 512
_WORDS = {
    "calls": "the calls of its docstring",
    "start": "starting a server with it",
    "run": "its example",
    "cancel": "its example, cancelled,",
}


def try_types(
    described: Sequence[tuple[Candidate, Description]], *, home: Path, cancel_seconds: float
) -> list[Finding]:
    """Try the examples of node types, each after the other; whoever ends the child is reported, and the others go on.

    Args:
        home: an empty folder, which becomes a workspace.
        cancel_seconds: that a node may take to end once it was cancelled.
    """
    folders = [str(home / FOLDER / str(number)) for number in range(len(described))]
    places = {
        type_.spec.reference: (type_, folder)
        for (_, told), folder in zip(described, folders, strict=True)
        for type_ in told.types
    }
    _equip(home, described, folders)
    left, found = dict(places), list[Finding]()
    while left:
        child = _Child(home)
        try:
            job = {
                "types": [type_.as_json() for type_, _ in left.values()],
                "folders": [folder for _, folder in left.values()],
                "cancel_seconds": cancel_seconds,
            }
            done = child.follow([type_ for type_, _ in left.values()], job, found)
        finally:
            child.end()
        # Whoever is at fault is not tried again.
        left = {reference: place for reference, place in left.items() if reference not in done}
        shutil.rmtree(home / ".concertmaster", ignore_errors=True)
    return list(dict.fromkeys(found))


def _equip(home: Path, described: Sequence[tuple[Candidate, Description]], folders: Sequence[str]) -> None:
    """Give the workspace the files, and a manifest, so that nothing has to be described again."""
    sources: list[ManifestSource] = []
    code: dict[str, StoredFiles] = {}
    for (candidate, told), folder in zip(described, folders, strict=True):
        texts = {name: Path(candidate.folder or "", name).read_bytes() for name in told.digests}
        for name, text in texts.items():
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
        files = StoredFiles(folder, texts)
        served = tuple(Served(type_, files.hash) for type_ in told.types)
        sources.append(ManifestSource(replace(candidate, folder=folder), served, files.hash, told.digests))
        # Equal files in two places are the same code.
        code.setdefault(files.hash, files)
    Manifest(tuple(sources), code).write(home / MANIFEST, workspace=home)


class _Child:
    """One child process."""

    def __init__(self, home: Path) -> None:
        self._child = WatchedChild(
            _MODULE, cwd=home, env=_environment(), kept_bytes=_KEPT_BYTES, on_printed=self._look_for_secrets
        )
        self._secrets: dict[str, str] = {}
        self._hidden: dict[str, Redactor] = {}
        self._printed: set[str] = set()
        self._stage: tuple[str, str] = ("", "start")

    def follow(self, types: Sequence[TypeDescription], job: Mapping[str, Any], found: list[Finding]) -> set[str]:
        """Let it try the types; gives the references of those that are done with."""
        by_name = {type_.spec.reference: type_ for type_ in types}
        self._stage = (types[0].spec.reference, "start")
        self._child.send(job)
        done: set[str] = set()
        deadline = time.monotonic() + 60.0
        while (left := deadline - time.monotonic()) > 0:
            message = self._child.next(left, self._too_large)
            if message is None:
                break
            if "stage" in message:
                self._stage = (str(message["node"]), str(message["stage"]))
                deadline = time.monotonic() + float(message["seconds"])
            elif "secrets" in message:
                fresh = cast("dict[str, str]", message["secrets"])
                self._secrets |= fresh
                self._hidden |= {secret: Redactor([secret]) for secret in fresh}
            elif "finding" in message:
                with contextlib.suppress(KeyError, TypeError, ValueError):
                    found.append(Finding.from_json(message["finding"]))
            elif "done" in message:
                done.add(str(message["done"]))
            self._report_printed(found, by_name)
        self._child.drain()
        self._report_printed(found, by_name)
        if not set(by_name) - done:
            return done
        at_fault = by_name.get(self._stage[0], types[0])
        found.append(self._trouble(at_fault, late=time.monotonic() >= deadline))
        # After a hang in the calls the workflows of all were not tried yet: only the one at fault is left out.
        return done | {at_fault.spec.reference}

    def end(self) -> None:
        """Kill it and everything that it has started."""
        self._child.end()

    def _too_large(self) -> bool:
        return self._child.memory() > MEMORY_BYTES

    def _look_for_secrets(self, data: bytes) -> None:
        """Note the secrets in what was printed, or that end in it."""
        text = self._child.tail[-(len(data) + _LONGEST_FORM) :].decode(errors="backslashreplace")
        self._printed |= {secret for secret, hidden in self._hidden.items() if hidden.redact(text) != text}

    def _report_printed(self, found: list[Finding], types: Mapping[str, TypeDescription]) -> None:
        """Report the secrets that were printed, each once."""
        for secret in sorted(self._printed & self._hidden.keys()):
            del self._hidden[secret]
            fix = "print nothing; `context.logger` is for what people shall see"
            type_ = types[self._stage[0]]
            found.append(_finding(type_, "secrets.shown", f"it prints {self._secrets[secret]}", fix))

    def _trouble(self, type_: TypeDescription, *, late: bool) -> Finding:
        what = _WORDS.get(self._stage[1], "trying it")
        if late:
            return _finding(type_, "example.hangs", f"{what} does not come to an end", "let it do less, or end")
        if self._child.alive and self._too_large():
            told = f"{what} takes more memory than {MEMORY_BYTES // 2**20:,} MiB"
            return _finding(type_, "example.memory", told, "let it do less")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.process.wait(1)
        code = self._child.process.returncode
        how = f"exit code {code}" if code is not None and code >= 0 else f"signal {-(code or 0)}"
        tail = str(Redactor(self._secrets).redact(self._child.text))[-_SHOWN:].strip()
        told = f"{what} ended the process ({how}){f':{chr(10)}{tail}' if tail else ''}"
        return _finding(type_, "example.crashed", told, "a node may not end the process that it runs in, nor crash it")


def _finding(type_: TypeDescription, code: str, message: str, fix: str) -> Finding:
    return Finding(code, message, fix, type_.spec.reference, type_.file, type_.line)


def _environment() -> dict[str, str]:
    """Ours without settings: the trial has a workspace and a data folder of its own."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(PREFIX) or name.upper() == f"{PREFIX}EGRESS_ALLOW"
    }
