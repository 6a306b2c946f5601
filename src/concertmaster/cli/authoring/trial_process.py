"""The trial as its parent sees it: watched, drained and killed, so that no node type can hold up or hurt the check."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import orjson

from concertmaster.cli.authoring.findings import Finding
from concertmaster.config import PREFIX
from concertmaster.domain.redaction import Redactor
from concertmaster.executors.frames import FRAME_LIMIT_BYTES, encode
from concertmaster.executors.process_tree import descendants, memory_bytes
from concertmaster.nodes.assembly import Served
from concertmaster.nodes.candidates import FOLDER, Candidate
from concertmaster.nodes.description import Description, TypeDescription
from concertmaster.nodes.manifest import Manifest, ManifestSource
from concertmaster.nodes.module_files import StoredFiles

MANIFEST = "concertmaster-nodes.json"
MEMORY_BYTES = 3 * 2**30
_LOOK_SECONDS = 0.1
_KEPT_BYTES = 256 * 1024
_SHOWN = 2_000
# Of a secret, escaped in whatever way, that was cut in two by the pipe.
_LONGEST_FORM = 512
_HEADER = struct.Struct("!I")
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
        self._channel, theirs = socket.socketpair()
        self._said, write = os.pipe()
        with theirs, open(write, "wb", closefd=True) as output:  # noqa: PTH123  (a descriptor)
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                [
                    *(sys.executable, "-P", "-m", "concertmaster.cli.authoring.trial"),
                    *(str(theirs.fileno()), str(os.getpid())),
                ],
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._buffer = bytearray()
        self._tail = bytearray()
        self._secrets: dict[str, str] = {}
        self._hidden: dict[str, Redactor] = {}
        self._printed: set[str] = set()
        self._stage: tuple[str, str] = ("", "start")

    def follow(self, types: Sequence[TypeDescription], job: Mapping[str, Any], found: list[Finding]) -> set[str]:
        """Let it try the types; gives the references of those that are done with."""
        by_name = {type_.spec.reference: type_ for type_ in types}
        self._stage = (types[0].spec.reference, "start")
        self._channel.sendall(encode(job))
        done: set[str] = set()
        deadline = time.monotonic() + 60.0
        while (message := self._next(deadline)) is not None:
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
        self._drain()
        self._report_printed(found, by_name)
        if not set(by_name) - done:
            return done
        at_fault = by_name.get(self._stage[0], types[0])
        found.append(self._trouble(at_fault, late=time.monotonic() >= deadline))
        # After a hang in the calls the workflows of all were not tried yet: only the one at fault is left out.
        return done | {at_fault.spec.reference}

    def end(self) -> None:
        """Kill it and everything that it has started."""
        for pid in descendants(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._said)
        self._channel.close()

    def _next(self, deadline: float) -> Mapping[str, Any] | None:
        """The next message; None when it has ended, takes too long, or too much memory."""
        while (message := self._message()) is None:
            left = deadline - time.monotonic()
            if left <= 0 or self._memory() > MEMORY_BYTES:
                return None
            ready, _, _ = select.select([self._channel, self._said], [], [], min(left, _LOOK_SECONDS))
            if self._said in ready:
                self._drain()
            if self._channel in ready:
                try:
                    data = self._channel.recv(1 << 20)
                except ConnectionError:
                    return None
                if not data:
                    return None
                self._buffer += data
        return message

    def _message(self) -> Mapping[str, Any] | None:
        if len(self._buffer) < _HEADER.size:
            return None
        end = _HEADER.size + _HEADER.unpack_from(self._buffer)[0]
        if end > FRAME_LIMIT_BYTES + _HEADER.size or len(self._buffer) < end:
            return None
        data = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        try:
            found: Any = orjson.loads(data)
        except ValueError:
            return {}
        return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}

    def _memory(self) -> int:
        return memory_bytes([self._process.pid, *descendants(self._process.pid)])

    def _drain(self) -> None:
        """Take what is printed, and keep the end of it."""
        for _ in range(64):
            if not select.select([self._said], [], [], 0)[0]:
                break
            data = os.read(self._said, 1 << 16)
            if not data:
                break
            self._tail += data
            del self._tail[:-_KEPT_BYTES]
            self._look_for_secrets(len(data) + _LONGEST_FORM)

    def _look_for_secrets(self, characters: int) -> None:
        """Note the secrets in the last characters that were printed."""
        text = self._tail[-characters:].decode(errors="backslashreplace")
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
        if self._process.poll() is None and self._memory() > MEMORY_BYTES:
            told = f"{what} takes more memory than {MEMORY_BYTES // 2**20:,} MiB"
            return _finding(type_, "example.memory", told, "let it do less")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.returncode
        how = f"exit code {code}" if code is not None and code >= 0 else f"signal {-(code or 0)}"
        tail = str(Redactor(self._secrets).redact(self._text()))[-_SHOWN:].strip()
        told = f"{what} ended the process ({how}){f':{chr(10)}{tail}' if tail else ''}"
        return _finding(type_, "example.crashed", told, "a node may not end the process that it runs in, nor crash it")

    def _text(self) -> str:
        return self._tail.decode(errors="backslashreplace")


def _finding(type_: TypeDescription, code: str, message: str, fix: str) -> Finding:
    return Finding(code, message, fix, type_.spec.reference, type_.file, type_.line)


def _environment() -> dict[str, str]:
    """Ours without settings: the trial has a workspace and a data folder of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(PREFIX) or name.upper() == f"{PREFIX}EGRESS_ALLOW"
    }
    return {**kept, "PYTHONPATH": os.pathsep.join(_paths())}


def _paths() -> Iterator[str]:
    for entry in sys.path:
        yield entry or str(Path.cwd())
